#include "restore_object.h"

#include "restore_names.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/json_canonical.h>

static void *decode(void *context, const struct rr_json_node *root)
{
    (void)context;
    struct rr_restore *restore = RR_NEW(struct rr_restore);
    rr_restore_spec_decode(rr_json_member(root, "spec"), &restore->spec);
    rr_auto(buf) status = RR_BUF(RR_STATUS_MAX_BYTES);
    rr_json_canonical(&status, rr_json_member(root, "status"));
    /* A status too long to be ours is as none: it will be written anew. */
    if (status.len > 0 && !status.overflow)
        restore->status_json = rr_strdup(rr_buf_slice(&status));
    return restore;
}

static void release(void *context, void *payload)
{
    struct rr_restore *restore = payload;
    (void)context;
    rr_restore_spec_done(&restore->spec);
    rr_free(restore->status_json);
    rr_free(restore);
}

const struct rr_object_type rr_restore_object_type = { .kind = RR_RESTORE_KIND, .decode = decode, .free = release };

const struct rr_restore *rr_restore_of(const struct rr_object *object)
{
    return object->payload;
}

void rr_restore_read_status(const struct rr_restore *restore, struct rr_restore_status *out_status)
{
    rr_restore_status_init(out_status);
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    if (restore->status_json != NULL && rr_json_parse(rr_slice_from(restore->status_json), &json, &ignored))
        rr_restore_status_decode(json.root, out_status);
}
