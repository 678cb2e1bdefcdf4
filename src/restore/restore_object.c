#include "restore_object.h"

#include "restore_names.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_canonical.h>

/* The size of a file of the backup; 0: there is none, or nothing that one can read. */
static uint64_t read_size(const struct rr_json_node *file)
{
    int64_t bytes;
    return rr_json_int64(rr_json_member(file, "size"), &bytes) && bytes > 0 ? (uint64_t)bytes : 0;
}

static bool is_ready(const struct rr_json_node *status)
{
    bool ready = false;
    const struct rr_json_node *conditions = rr_json_member(status, "conditions");
    for (const struct rr_json_node *at = rr_json_first(conditions); at != NULL; at = rr_json_next(at))
        if (rr_slice_equals(rr_json_text(rr_json_member(at, "type")), RR_LIT("Ready")))
            ready = rr_slice_equals(rr_json_text(rr_json_member(at, "status")), RR_LIT("True"));
    return ready;
}

static void read_gauges(const struct rr_json_node *status, struct rr_restore *restore)
{
    const struct rr_json_node *backup = rr_json_member(status, "backup"), *rdb = rr_json_member(backup, "rdb");
    restore->ready = is_ready(status);
    restore->has_backup =
        rr_time_parse_rfc3339_ms(rr_json_text(rr_json_member(rdb, "lastModified")), &restore->backup_modified_unix_ms);
    restore->backup_bytes = read_size(rdb) + read_size(rr_json_member(backup, "aof"));
}

static void *decode(void *context, const struct rr_json_node *root)
{
    (void)context;
    struct rr_restore *restore = RR_NEW(struct rr_restore);
    rr_restore_spec_decode(rr_json_member(root, "spec"), &restore->spec);
    rr_auto(buf) status = RR_BUF(RR_STATUS_MAX_BYTES);
    rr_json_canonical(&status, rr_json_member(root, "status"));
    read_gauges(rr_json_member(root, "status"), restore);
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
