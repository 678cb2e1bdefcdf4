#include <redisrestore/discovery/discovery.h>

#include "discovery_message.h"

#include <redisrestore/backup/backup_time.h>

enum {
    PREFIX_MAX = 1024,        /* a key's length in S3: a longer prefix cannot match */
    REPLICATION_ID_MAX = 256, /* as in the custom resource */
    KEY_MAX = 64 * 1024,
};

/* One run. Everything is the calling thread's. */
struct run {
    const struct rr_discovery_context *context;
    const struct rr_discovery_request *request;
    struct rr_stop *stop;
    int64_t started_ms, deadline_ms;
    struct rr_s3_endpoint endpoint;
    struct rr_buf prefix, list_prefix; /* list_prefix: with the replication ID's folder when one is asked for */
    struct rr_backup_selection *selection;
    struct rr_s3_client client;
    struct rr_s3_list_totals totals;
    struct rr_backup_object found_aof; /* when it had to be asked for */
    bool has_found_aof;
};

static void run_done(struct run *run)
{
    rr_backup_selection_free(run->selection);
    rr_backup_object_done(&run->found_aof);
    rr_s3_endpoint_done(&run->endpoint);
    rr_buf_done(&run->prefix);
    rr_buf_done(&run->list_prefix);
}

static void on_object(void *context, const struct rr_s3_object *object)
{
    struct run *run = context;
    rr_backup_selection_add(run->selection, object->key, object->etag, object->size, object->last_modified_ms);
}

static void on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct run *run = context;
    if (run->context->on_progress != NULL)
        run->context->on_progress(run->context->progress_context, pages, objects);
}

static void set_text(struct rr_buf *buf, struct rr_slice text)
{
    buf->max = text.len;
    rr_buf_clear(buf);
    rr_buf_add(buf, text);
}

static void on_aof(void *context, const struct rr_s3_object *object)
{
    struct run *run = context;
    set_text(&run->found_aof.key, object->key);
    set_text(&run->found_aof.etag, object->etag);
    run->found_aof.size = object->size;
    run->found_aof.last_modified_ms = object->last_modified_ms;
}

static bool check_replication_id(struct rr_slice id, struct rr_error *err)
{
    if (id.len > REPLICATION_ID_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "replicationID: at most %d bytes", REPLICATION_ID_MAX);
    if (rr_slice_contains_byte(id, '/'))
        return rr_fail(err, RR_E_BAD_INPUT, "replicationID: must not contain '/'");
    if (!rr_slice_is_utf8(id))
        return rr_fail(err, RR_E_BAD_INPUT, "replicationID: must be valid UTF-8");
    return true;
}

static bool prepare(struct run *run, struct rr_error *err)
{
    const struct rr_discovery_request *request = run->request;
    run->prefix = run->list_prefix = (struct rr_buf)RR_BUF(PREFIX_MAX);
    if (!rr_s3_endpoint_resolve(&request->location, &run->endpoint, err) ||
        !rr_s3_prefix_normalize(request->prefix, &run->prefix, err) ||
        !check_replication_id(request->replication_id, err))
        return false;
    rr_buf_add(&run->list_prefix, rr_buf_slice(&run->prefix));
    if (request->replication_id.len > 0) {
        rr_buf_add(&run->list_prefix, request->replication_id);
        rr_buf_add_byte(&run->list_prefix, '/');
    }
    if (!rr_buf_ok(&run->list_prefix, err))
        return rr_fail(err, RR_E_BAD_INPUT, "prefix and replicationID: together at most %d bytes", PREFIX_MAX);

    struct rr_backup_criteria criteria = {
        .prefix = rr_buf_slice(&run->prefix),
        .replication_id = request->replication_id,
        .order = request->order,
    };
    run->selection = rr_backup_selection_new(&criteria);
    run->client = (struct rr_s3_client){
        .loop = run->context->loop,
        .endpoint = &run->endpoint,
        .credentials = request->credentials,
        .tls = request->tls,
        .addresses = request->addresses,
        .clock = run->context->clock,
        .log = run->context->log,
        .observer = run->context->observer,
        .proxy = request->proxy,
        .memory = run->context->memory,
        .attempts_max = run->context->attempts_max,
        .expected_bucket_owner = request->expected_bucket_owner,
        .requester_pays = request->requester_pays,
        .sse_customer_key = request->sse_customer_key,
    };
    return true;
}

/* Lists, and asks for the one AOF that the selection could not keep in mind. */
static bool look(struct run *run, struct rr_error *err)
{
    struct rr_s3_list_sink sink = { run, on_object, on_page };
    if (!rr_s3_list(&run->client, rr_buf_slice(&run->list_prefix), &sink, run->deadline_ms, run->stop, &run->totals,
                    err))
        return false;
    struct rr_backup_choice choice = rr_backup_selection_choice(run->selection);
    if (!choice.aof_unknown)
        return true;
    rr_auto(buf) key = RR_BUF(KEY_MAX);
    rr_backup_aof_key(&key, rr_buf_slice(&run->prefix), choice.replication_id, choice.timestamp);
    if (!rr_buf_ok(&key, err))
        return false;
    struct rr_s3_list_sink aof_sink = { run, on_aof, NULL };
    if (!rr_s3_find(&run->client, rr_buf_slice(&key), &aof_sink, run->deadline_ms, run->stop, &run->has_found_aof, err))
        return false;
    run->totals.pages++;
    return true;
}

static void copy_object(struct rr_discovery_object *to, const struct rr_backup_object *from)
{
    rr_assert(from != NULL);
    set_text(&to->key, rr_buf_slice(&from->key));
    set_text(&to->etag, rr_buf_slice(&from->etag));
    to->size = from->size;
    to->last_modified_ms = from->last_modified_ms;
}

static void fill_numbers(struct rr_discovery_result *result, const struct run *run,
                         const struct rr_backup_choice *choice)
{
    result->has_numbers = true;
    result->pages = run->totals.pages;
    result->objects = choice->counts->objects;
    result->rdb_files = choice->counts->rdb_files;
    result->aof_files = choice->counts->aof_files;
    result->ignored = choice->counts->ignored;
    result->duration_ms = rr_clock_monotonic_ms(run->context->clock) - run->started_ms;
    result->ignored_sample_count = choice->ignored_count;
    for (size_t i = 0; i < choice->ignored_count; i++) {
        set_text(&result->ignored_sample[i].key, rr_buf_slice(&choice->ignored[i].key));
        result->ignored_sample[i].reason = rr_backup_oddity_text(choice->ignored[i].oddity);
    }
    /* The store may have named another region than was configured: what answered is what is told. */
    rr_auto(s3_endpoint) in_use = { 0 };
    struct rr_error never;
    const struct rr_s3_endpoint *endpoint =
        rr_s3_endpoint_in_use(&run->client, &in_use, &never) ? &in_use : &run->endpoint;
    set_text(&result->endpoint, rr_buf_slice(&endpoint->display));
    set_text(&result->region, rr_buf_slice(&endpoint->region));
    result->addressing_style = rr_s3_addressing_name(run->endpoint.addressing);
    result->credential_source = run->request->credentials->source;
}

static struct rr_discovery_place place_of(const struct run *run)
{
    return (struct rr_discovery_place){
        .bucket = rr_buf_slice(&run->endpoint.bucket),
        .prefix = rr_buf_slice(&run->prefix),
        .endpoint = rr_buf_slice(&run->endpoint.display),
        .replication_id = run->request->replication_id,
    };
}

/* By what `order` names. A timestamp that is no date proves no age: then the backup counts as too old. */
static bool is_too_old(const struct run *run, const struct rr_backup_choice *choice)
{
    const struct rr_discovery_request *request = run->request;
    if (request->max_age_ms == 0)
        return false;
    int64_t made_ms = choice->rdb->last_modified_ms;
    if (request->order == RR_BACKUP_ORDER_TIMESTAMP &&
        !rr_backup_time_of(choice->timestamp, request->zone_offset_s, &made_ms))
        return true;
    return rr_clock_unix_ms(run->context->clock) - made_ms > request->max_age_ms;
}

static void fill(struct rr_discovery_result *result, const struct run *run)
{
    struct rr_backup_choice choice = rr_backup_selection_choice(run->selection);
    const struct rr_backup_object *aof = run->has_found_aof ? &run->found_aof : choice.aof;
    fill_numbers(result, run, &choice);
    result->several_ids = choice.several_ids;
    result->reason = RR_REASON_BACKUP_DISCOVERED;
    if (choice.rdb == NULL)
        result->reason = RR_REASON_NO_BACKUP_FOUND;
    else if (aof == NULL && run->request->on_missing_aof == RR_BACKUP_FAIL_WITHOUT_AOF)
        result->reason = RR_REASON_AOF_NOT_FOUND;
    else if (is_too_old(run, &choice))
        result->reason = RR_REASON_BACKUP_TOO_OLD;

    result->message.max = RR_DISCOVERY_MESSAGE_MAX;
    struct rr_discovery_place place = place_of(run);
    rr_discovery_say(&result->message, result->reason, &choice, aof != NULL, &place);
    if (result->reason != RR_REASON_BACKUP_DISCOVERED)
        return;
    result->has_backup = true;
    set_text(&result->replication_id, choice.replication_id);
    set_text(&result->timestamp, choice.timestamp);
    copy_object(&result->rdb, choice.rdb);
    result->has_aof = aof != NULL;
    if (aof != NULL)
        copy_object(&result->aof, aof);
}

/* Which request was under way when the time was over is chance: the message says only what does not change from run to
 * run. */
static void say_timeout(const struct run *run, struct rr_error *err)
{
    struct rr_error last = *err;
    rr_error_set(err, RR_E_TIMEOUT, "no whole answer within %gs, and a part of a listing may name the wrong backup",
                 (double)run->request->timeout_ms / 1000);
    rr_detail(err, "%s; %s", last.message, last.detail);
}

static bool discover(struct run *run, struct rr_discovery_result *out_result, struct rr_error *err)
{
    if (!prepare(run, err))
        return false;
    if (look(run, err)) {
        fill(out_result, run);
        return true;
    }
    if (err->code == RR_E_CANCELLED)
        return false;
    if (err->code == RR_E_TIMEOUT)
        say_timeout(run, err);
    struct rr_discovery_place place = place_of(run);
    return rr_discovery_fail_at(err, &place);
}

bool rr_discover(const struct rr_discovery_context *context, const struct rr_discovery_request *request,
                 struct rr_stop *stop, struct rr_discovery_result *out_result, struct rr_error *err)
{
    struct run run = { .context = context, .request = request, .stop = stop };
    run.started_ms = rr_clock_monotonic_ms(context->clock);
    run.deadline_ms = rr_deadline_after(run.started_ms, request->timeout_ms);
    bool found = discover(&run, out_result, err);
    run_done(&run);
    return found;
}
