/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery.h>

#include "discovery_message.h"
#include "discovery_run.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/mem.h>

enum {
    PREFIX_MAX = 1024,        /* of the longest prefix and replication ID there is room */
    REPLICATION_ID_MAX = 256, /* as in the custom resource */
};

static void run_done(struct rr_discovery_run *run)
{
    size_t count = run->pairs == NULL ? 0 : rr_backup_selection_count(run->selection);
    for (size_t i = 0; i < count; i++)
        rr_discovery_object_done(&run->pairs[i].aof);
    rr_free(run->pairs);
    rr_backup_selection_free(run->selection);
    rr_backup_selection_free(run->hints.around);
    rr_buf_done(&run->hints.elsewhere_key);
    rr_buf_done(&run->hints.upload_key);
    rr_buf_done(&run->rdb_tier);
    rr_buf_done(&run->aof_tier);
    rr_s3_endpoint_done(&run->endpoint);
    rr_buf_done(&run->prefix);
    rr_buf_done(&run->list_prefix);
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

static bool check_criteria(const struct rr_backup_criteria *criteria, struct rr_error *err)
{
    struct rr_slice stamp = criteria->timestamp;
    if (stamp.len > 0 && !rr_backup_is_timestamp(stamp))
        return rr_fail(err, RR_E_BAD_INPUT, "timestamp: must be YYYYMMDD-HHMMSS");
    if (criteria->previous < 0 || criteria->previous > RR_DISCOVERY_PREVIOUS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "previous: must be 0 to %d", RR_DISCOVERY_PREVIOUS_MAX);
    if ((stamp.len > 0) + criteria->has_not_after + (criteria->previous > 0) > 1)
        return rr_fail(err, RR_E_BAD_INPUT, "timestamp, notAfter and previous exclude each other");
    return true;
}

/* Returns how many RDBs to keep: to step back, to show, and to find one with an AOF. */
static size_t keep_of(const struct rr_backup_criteria *criteria)
{
    size_t keep = RR_DISCOVERY_CANDIDATES_MAX;
    if (criteria->on_missing_aof == RR_BACKUP_PREVIOUS_COMPLETE)
        keep = RR_DISCOVERY_COMPLETE_MAX;
    return (size_t)criteria->previous + 1 > keep ? (size_t)criteria->previous + 1 : keep;
}

static struct rr_backup_scope scope_of(const struct rr_discovery_run *run)
{
    const struct rr_discovery_chooser *chooser = run->request->chooser;
    return (struct rr_backup_scope){
        .prefix = rr_buf_slice(&run->prefix),
        .criteria = run->request->criteria,
        .keep = keep_of(&run->request->criteria),
        .with_aofs = true,
        .has_moment = chooser != NULL,
        .moment_ms = chooser != NULL ? chooser->moment_ms : 0,
    };
}

struct rr_s3_client rr_discovery_client(const struct rr_discovery_context *context,
                                        const struct rr_discovery_request *request,
                                        const struct rr_s3_endpoint *endpoint)
{
    return (struct rr_s3_client){
        .loop = context->loop,
        .endpoint = endpoint,
        .credentials = request->credentials,
        .tls = request->tls,
        .addresses = request->addresses,
        .proxy = request->proxy,
        .clock = context->clock,
        .log = context->log,
        .observer = context->observer,
        .memory = context->memory,
        .attempts_max = context->attempts_max,
        .expected_bucket_owner = request->expected_bucket_owner,
        .requester_pays = request->requester_pays,
        .sse_customer_key = request->sse_customer_key,
    };
}

static bool prepare(struct rr_discovery_run *run, struct rr_error *err)
{
    const struct rr_discovery_request *request = run->request;
    const struct rr_backup_criteria *criteria = &request->criteria;
    run->prefix = run->list_prefix = (struct rr_buf)RR_BUF(PREFIX_MAX);
    if (!rr_s3_endpoint_resolve(&request->location, &run->endpoint, err) ||
        !rr_s3_prefix_normalize(request->prefix, &run->prefix, err) ||
        !check_replication_id(criteria->replication_id, err) || !check_criteria(criteria, err))
        return false;
    rr_buf_add(&run->list_prefix, rr_buf_slice(&run->prefix));
    if (criteria->replication_id.len > 0) {
        rr_buf_add(&run->list_prefix, criteria->replication_id);
        rr_buf_add_byte(&run->list_prefix, '/');
    }
    rr_assert(!run->list_prefix.overflow);

    run->scope = scope_of(run);
    run->selection = rr_backup_selection_new(&run->scope);
    run->client = rr_discovery_client(run->context, run->request, &run->endpoint);
    return true;
}

/* The request in progress at the timeout is random. The message has only facts that are the same in each run. */
static void say_timeout(const struct rr_discovery_run *run, struct rr_error *err)
{
    struct rr_error last = *err;
    rr_error_set(err, RR_E_TIMEOUT,
                 "the listing was not complete within %gs, and a part of it may name the wrong backup",
                 (double)run->request->timeout_ms / 1000);
    rr_detail(err, "%s; %s", last.message, last.detail);
}

/* Adds the location and facts that are the same in each run. Always returns false. */
static bool fail(const struct rr_discovery_run *run, struct rr_error *err)
{
    if (err->code == RR_E_CANCELLED)
        return false;
    if (err->code == RR_E_TIMEOUT)
        say_timeout(run, err);
    return rr_discovery_fail_at(err, run);
}

static bool conclude(struct rr_discovery_run *run, struct rr_discovery_result *out_result, struct rr_error *err)
{
    if (!rr_discovery_choose(run, err) || !rr_discovery_look_around(run, err) || !rr_discovery_judge(run, err))
        return fail(run, err);
    rr_discovery_fill(run, out_result);
    return true;
}

static void run_init(struct rr_discovery_run *run, const struct rr_discovery_context *context,
                     const struct rr_discovery_request *request, struct rr_stop *stop)
{
    *run = (struct rr_discovery_run){ .context = context, .request = request, .stop = stop };
    run->started_ms = rr_clock_monotonic_ms(context->clock);
    run->deadline_ms = rr_deadline_after(run->started_ms, request->timeout_ms);
}

void rr_discover_together(const struct rr_discovery_context *context, const struct rr_discovery_request *requests,
                          size_t count, struct rr_stop *stop, struct rr_discovery_answer *answers)
{
    rr_assert(count <= RR_DISCOVERY_TOGETHER_MAX);
    struct rr_discovery_run *all = rr_alloc_array(count, sizeof(*all)), *listed[RR_DISCOVERY_TOGETHER_MAX];
    struct rr_discovery_answer *answer_of[RR_DISCOVERY_TOGETHER_MAX];
    size_t listed_count = 0;
    for (size_t i = 0; i < count; i++) {
        run_init(&all[i], context, &requests[i], stop);
        if (!prepare(&all[i], &answers[i].err))
            continue;
        answer_of[listed_count] = &answers[i];
        listed[listed_count++] = &all[i];
    }
    struct rr_error err;
    bool whole = listed_count > 0 && rr_discovery_list(listed, listed_count, &err);
    for (size_t i = 0; i < listed_count; i++) {
        if (whole) {
            answer_of[i]->found = conclude(listed[i], &answer_of[i]->result, &answer_of[i]->err);
        } else {
            answer_of[i]->err = err;
            (void)!fail(listed[i], &answer_of[i]->err);
        }
    }
    for (size_t i = 0; i < count; i++)
        run_done(&all[i]);
    rr_free(all);
}

bool rr_discover(const struct rr_discovery_context *context, const struct rr_discovery_request *request,
                 struct rr_stop *stop, struct rr_discovery_result *out_result, struct rr_error *err)
{
    struct rr_discovery_answer answer = { 0 };
    rr_discover_together(context, request, 1, stop, &answer);
    *err = answer.err;
    *out_result = answer.result;
    return answer.found;
}
