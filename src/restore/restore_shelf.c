#include "restore_shelf.h"

#include <redisrestore/base/mem.h>

struct rr_restore_shelved rr_restore_shelved_make(struct rr_slice uid, const struct rr_restore_status *status)
{
    struct rr_restore_shelved shelved = { .uid = rr_strdup(uid), .text = RR_BUF(2 * RR_STATUS_MAX_BYTES) };
    rr_restore_status_write(&shelved.text, status);
    return shelved;
}

void rr_restore_shelved_done(struct rr_restore_shelved *shelved)
{
    rr_free(shelved->uid);
    rr_buf_done(&shelved->text);
}

bool rr_restore_shelved_open(struct rr_slice text, struct rr_restore_status *out_status)
{
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    if (!rr_json_parse(text, &json, &ignored))
        return false;
    rr_restore_status_done(out_status);
    rr_restore_status_init(out_status);
    rr_restore_status_decode(json.root, out_status);
    return true;
}

bool rr_restore_shelf_put(struct rr_restore_shelf *shelf, struct rr_slice key, struct rr_restore_shelved *item)
{
    struct rr_error ignored;
    if (!rr_buf_ok(&item->text, &ignored) || shelf->bytes + item->text.cap > RR_RESTORE_SHELF_MAX_BYTES)
        return false;
    shelf->bytes += item->text.cap;
    (void)rr_map_put(&shelf->items, key, item); /* nothing stands there */
    return true;
}

void *rr_restore_shelf_remove(struct rr_restore_shelf *shelf, struct rr_slice key)
{
    struct rr_restore_shelved *item = rr_map_remove(&shelf->items, key);
    if (item != NULL)
        shelf->bytes -= item->text.cap;
    return item;
}
