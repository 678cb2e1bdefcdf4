/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_bench.h"

static const struct fake_object two_ids[] = {
    { AOF("a", "20260131-120000"), NOON, 100 },           { AOF("a", "20260131-120001"), NOON, 100 },
    { RDB("a", "20260131-120000"), ONE, 1000 },           { RDB("b", "20260131-130000"), NOON, 2000 },
    { "redis-backups/b/notes.txt", NOON, 100 },           { "redis-backups/x", NOON, 100 },
    { "somewhere/a/dump-20270131-130000.rdb", ONE, 100 },
};

static void discovery_names_the_newest_pair(void **state)
{
    (void)state;
    struct fake_bucket bucket = BUCKET(two_ids);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    const struct rr_discovery_result *result = &bench.result;
    assert_int_equal(result->reason, RR_REASON_BACKUP_DISCOVERED);
    assert_string_equal(
        rr_buf_text(&result->message),
        "found " RDB("a", "20260131-120000") " and its AOF; more than one replication ID has "
                                             "backups here (a, b), set replicationID to be sure which is taken");
    assert_string_equal(rr_buf_text(&result->rdb.key), RDB("a", "20260131-120000"));
    assert_string_equal(rr_buf_text(&result->aof.key), AOF("a", "20260131-120000"));
    assert_string_equal(rr_buf_text(&result->replication_id), "a");
    assert_string_equal(rr_buf_text(&result->timestamp), "20260131-120000");
    assert_true(result->has_backup && result->has_aof && result->several_ids && result->has_numbers);
    assert_int_equal(result->rdb.size, 1000);
    assert_int_equal(result->objects, 6);
    assert_int_equal(result->rdb_files, 2);
    assert_int_equal(result->aof_files, 2);
    assert_int_equal(result->ignored, 2);
    assert_int_equal(result->ignored_sample_count, 2);
    assert_int_equal(result->pages, 1);
    assert_string_equal(rr_buf_text(&result->endpoint), bench.url);
    assert_string_equal(rr_buf_text(&result->region), "us-east-1");
    assert_string_equal(result->addressing_style, "Path");
    assert_string_equal(result->credential_source, "Test");
    assert_int_equal(fake_store_requests(&bench.store), 1);
    assert_int_equal(bench.progress_pages, 1);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void order_timestamp_takes_the_name(void **state)
{
    (void)state;
    struct fake_bucket bucket = BUCKET(two_ids);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("b", "20260131-130000"));
    assert_false(bench.result.has_aof);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void replication_id_lists_only_its_folder(void **state)
{
    (void)state;
    struct fake_bucket bucket = BUCKET(two_ids);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.criteria.replication_id = RR_LIT("b");

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("b", "20260131-130000"));
    assert_false(bench.result.several_ids);
    assert_int_equal(bench.result.objects, 2);
    assert_non_null(strstr(fake_store_head(&bench.store, 0), "prefix=redis-backups%2Fb%2F "));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void missing_aof_is_reported(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { AOF("a", "20260131-120001"), NOON, 100 },
                                                  { RDB("a", "20260131-120000"), NOON, 100 } };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_true(bench.result.has_backup);
    assert_false(bench.result.has_aof);
    assert_non_null(strstr(rr_buf_text(&bench.result.message), "it has no AOF"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void missing_aof_can_be_a_failure(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", "20260131-120000"), NOON, 100 } };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.criteria.on_missing_aof = RR_BACKUP_FAIL_WITHOUT_AOF;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_AOF_NOT_FOUND);
    assert_false(bench.result.has_backup);
    assert_non_null(strstr(rr_buf_text(&bench.result.message), RDB("a", "20260131-120000")));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void nothing_found_says_where_and_what_is_near(void **state)
{
    (void)state;
    static const struct fake_object odd[] = { { AOF("a", "20260131-120000"), NOON, 100 },
                                              { "redis-backups/a/dump-1.rdb", NOON, 100 } };
    struct fake_bucket bucket = BUCKET(odd);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    const char *message = rr_buf_text(&bench.result.message);
    assert_non_null(strstr(message, "bucket bkt, prefix \"redis-backups/\", endpoint http://127.0.0.1:"));
    assert_non_null(strstr(message, ": of 2 keys none is {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb; 1 AOF found"));
    assert_non_null(strstr(message, "an AOF alone cannot be restored"));
    assert_non_null(strstr(message, "; 1 key is named like a backup, except for the timestamp, for example "
                                    "\"redis-backups/a/dump-1.rdb\": correct the name"));

    bench.request.prefix = RR_LIT("elsewhere");
    assert_ok(bench_discover(&bench), bench.err);
    assert_non_null(strstr(rr_buf_text(&bench.result.message), "there is no key at all below the prefix"));
    assert_true(bench.result.has_numbers);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void check_empty_bucket(struct rr_slice replication_id)
{
    struct fake_bucket bucket = { 0 };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.criteria.replication_id = replication_id;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    assert_non_null(strstr(rr_buf_text(&bench.result.message), ": the bucket is empty; check bucket and endpoint"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void nothing_found_in_an_empty_bucket_says_that_it_is_empty(void **state)
{
    (void)state;
    check_empty_bucket(RR_LIT(""));
    check_empty_bucket(RR_LIT("a"));
}

/* Credentials of one prefix. */
static void answer_below_the_prefix(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    if (strstr(head, "prefix=redis-backups") != NULL) {
        fake_bucket_answer(context, number, head, reply);
        return;
    }
    reply->status = 403;
    reply->body = "<Error><Code>AccessDenied</Code></Error>";
}

static void s29_bucket_that_may_not_be_listed_is_not_called_empty(void **state)
{
    (void)state;
    struct fake_bucket bucket = { 0 };
    struct bench bench;
    bench_start(&bench, answer_below_the_prefix, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_has(rr_buf_text(&bench.result.message), ": there is no key at all below the prefix");
    assert_lacks(rr_buf_text(&bench.result.message), "bucket is empty");
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* 3,000 AOFs of one ID: the oldest RDB is the newest by time, and its AOF is no longer remembered when the RDB
 * comes. */
static void aof_that_was_passed_over_is_asked_for(void **state)
{
    (void)state;
    enum { AOFS = 3000 };
    static char keys[AOFS][64];
    static struct fake_object objects[AOFS + 1];
    for (size_t i = 0; i < AOFS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "redis-backups/a/appendonly-20260131-%06zu.aof", i);
        objects[i] = (struct fake_object){ keys[i], NOON, i };
    }
    objects[AOFS] = (struct fake_object){ RDB("a", "20260131-002999"), NOON, 100 };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_true(bench.result.has_aof);
    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-002999"));
    assert_int_equal(bench.result.aof.size, 2999);
    size_t requests = fake_store_requests(&bench.store);
    assert_in_range(requests, 3, 2 * 4 + 64);
    assert_int_equal(bench.result.pages, requests);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* The AOF may lie behind the keys that were looked at. */
static void s27_aof_among_too_many_names_is_not_called_missing(void **state)
{
    (void)state;
    enum { OTHERS = 1001 };
    static char keys[OTHERS][80];
    static struct fake_object objects[OTHERS + 2];
    for (size_t i = 0; i < OTHERS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], AOF("a", "20260131-120000") ".a%04zu", i);
        objects[i] = (struct fake_object){ keys[i], NOON, 100 };
    }
    objects[OTHERS] = (struct fake_object){ AOF("a", "20260131-120000") ".gz", NOON, 100 };
    objects[OTHERS + 1] = (struct fake_object){ RDB("a", "20260131-120000"), NOON, 100 };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, RR_E_TOO_BIG);
    assert_has(bench.err.message, "more than 1000 keys begin with the name of one AOF");
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void check_failure(const struct fake_reply *reply, enum rr_code code, const char *words)
{
    struct fake_script script = { reply, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, code);
    char place[160];
    (void)snprintf(place, sizeof place, "bucket bkt, prefix \"redis-backups/\", endpoint %s: ", bench.url);
    assert_memory_equal(bench.err.message, place, strlen(place));
    assert_non_null(strstr(bench.err.message, words));
    assert_false(bench.result.has_numbers);
    bench_stop(&bench);
}

static void s09_region_that_the_store_named_is_in_the_answer(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 400, .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>" },
        { .body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>" },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.context.memory = rr_s3_memory_new(&rr_clock_system);

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.region), "eu-west-1");
    assert_string_equal(rr_buf_text(&bench.result.endpoint), bench.url);
    rr_s3_memory_free(bench.context.memory);
    bench_stop(&bench);
}

static void failures_say_where_and_what(void **state)
{
    (void)state;
    static const struct fake_reply denied = { .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>" };
    static const struct fake_reply missing = { .status = 404, .body = "<Error><Code>NoSuchBucket</Code></Error>" };
    static const struct fake_reply page = { .body = "<html></html>" };
    static const struct fake_reply loop = {
        .body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"
    };
    check_failure(&denied, RR_E_DENIED, "HTTP 403 AccessDenied");
    check_failure(&missing, RR_E_BUCKET_NOT_FOUND, "HTTP 404 NoSuchBucket");
    check_failure(&page, RR_E_BAD_REPLY, "not an S3 listing");
    check_failure(&loop, RR_E_LISTING_LOOP, "NextContinuationToken");
}

static void failure_at_a_place_with_long_names_still_says_what(void **state)
{
    (void)state;
    static const struct fake_reply denied = { .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>" };
    struct fake_script script = { &denied, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    char prefix[513], url[500];
    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    (void)snprintf(url, sizeof url, "%s/%0400d", bench.url, 0);
    bench.request.prefix = rr_slice_from(prefix);
    bench.request.location.endpoint = rr_slice_from(url);
    bench.request.location.bucket = RR_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    assert_false(bench_discover(&bench));

    assert_non_null(strstr(bench.err.message, "access refused (HTTP 403 AccessDenied)"));
    bench_stop(&bench);
}

static void f44_deadline_is_a_timeout_with_a_stable_message(void **state)
{
    (void)state;
    static const struct fake_reply silent = { .no_reply = true, .end = FAKE_HANG };
    struct fake_script script = { &silent, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.request.timeout_ms = 100;

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, RR_E_TIMEOUT);
    assert_non_null(strstr(bench.err.message, "the listing was not complete within 0.1s"));
    assert_has(bench.err.detail, "; "); /* the request that was under way, and its own detail */
    bench_stop(&bench);
}

static void cancelled_discovery_is_reported_as_cancelled(void **state)
{
    (void)state;
    static const struct fake_reply silent = { .no_reply = true, .end = FAKE_HANG };
    struct fake_script script = { &silent, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_stop_set(&bench.stop);

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    bench_stop(&bench);
}

static void bad_input_needs_no_request(void **state)
{
    (void)state;
    static const struct fake_reply silent = { .no_reply = true, .end = FAKE_HANG };
    struct fake_script script = { &silent, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_discovery_request good = bench.request;

    bench.request.criteria.replication_id = RR_LIT("a/b");
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(bench.err.message, "replicationID"));
    bench.request = good;
    bench.request.prefix = RR_LIT("a\nx");
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_BAD_INPUT);
    bench.request = good;
    bench.request.location.bucket = RR_LIT("A");
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_BAD_INPUT);

    assert_int_equal(fake_store_requests(&bench.store), 0);
    bench_stop(&bench);
}

/* The store gives its one page in no order, so that it is listed once more. */
static void s27_aofs_are_known_of_a_store_that_lists_in_no_order(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { RDB("a", "20260131-120000"), ONE, 1000 },
        { RDB("a", "20260131-100000"), NOON, 1000 },
        { AOF("a", "20260131-100000"), NOON, 100 },
    };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.candidate_count, 2);
    assert_int_equal(bench.result.candidates[0].has_aof, RR_DISCOVERY_NO);
    assert_int_equal(bench.result.candidates[1].has_aof, RR_DISCOVERY_YES);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* Answers the second request with the beginning of its page. The first page is not used before it is whole. */
static void cut_the_second(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    enum { TAIL_BYTES = 100 }; /* less than an object */
    fake_bucket_answer(context, number, head, reply);
    if (number != 1)
        return;
    reply->has_cut = true;
    reply->cut = (reply->body_len > 0 ? reply->body_len : strlen(reply->body)) - TAIL_BYTES;
    reply->end = FAKE_CLOSE;
}

static void f23_page_that_was_cut_counts_no_key(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { RDB("a", "20260131-100000"), NOON, 1000 }, { RDB("a", "20260131-110000"), NOON, 1000 },
        { RDB("a", "20260131-120000"), NOON, 1000 }, { RDB("a", "20260131-130000"), NOON, 1000 },
        { RDB("a", "20260131-140000"), NOON, 1000 }, { RDB("a", "20260131-150000"), ONE, 1000 },
    };
    struct fake_bucket bucket = BUCKET(objects);
    bucket.page_max = 3;
    struct bench bench;
    bench_start(&bench, cut_the_second, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.objects, RR_COUNT(objects));
    assert_int_equal(bench.result.rdb_files, RR_COUNT(objects));
    assert_int_equal(bench.result.candidate_count, RR_COUNT(objects));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* The store answers start-after with its beginning, so that it is listed once more, by tokens. */
static void s27_keys_seen_before_a_listing_starts_again_count_once(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { AOF("a", "20260131-100000"), NOON, 100 },  { AOF("a", "20260131-120000"), ONE, 100 },
        { RDB("a", "20260131-100000"), NOON, 1000 }, { RDB("a", "20260131-120000"), ONE, 1000 },
        { AOF("b", "20260131-100000"), NOON, 100 },  { AOF("b", "20260131-110000"), NOON, 100 },
        { RDB("b", "20260131-100000"), NOON, 1000 }, { RDB("b", "20260131-110000"), NOON, 1000 },
    };
    struct fake_bucket bucket = BUCKET(objects);
    bucket.page_max = 3;
    bucket.ignores_start_after = true;
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.objects, RR_COUNT(objects));
    assert_int_equal(bench.result.rdb_files, 4);
    assert_int_equal(bench.result.candidate_count, 4);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* Ten candidates are kept in the order of the names, and an ID that is not among them counts all the same. */
static void s27_id_behind_the_candidates_is_reported_in_the_order_of_names(void **state)
{
    (void)state;
    static char names[RR_DISCOVERY_CANDIDATES_MAX + 1][64];
    struct fake_object objects[RR_COUNT(names) + 1] = { { 0 } };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        (void)snprintf(names[i], sizeof names[i], RDB("a", "20260131-1200%02zu"), i);
        objects[i] = (struct fake_object){ names[i], NOON, 1000 };
    }
    objects[RR_COUNT(names)] = (struct fake_object){ RDB("b", "20260101-120000"), NOON, 1000 };
    struct fake_bucket bucket = BUCKET(objects);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.candidate_count, RR_DISCOVERY_CANDIDATES_MAX);
    assert_true(bench.result.several_ids);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(discovery_names_the_newest_pair),
    cmocka_unit_test(order_timestamp_takes_the_name),
    cmocka_unit_test(replication_id_lists_only_its_folder),
    cmocka_unit_test(missing_aof_is_reported),
    cmocka_unit_test(missing_aof_can_be_a_failure),
    cmocka_unit_test(nothing_found_says_where_and_what_is_near),
    cmocka_unit_test(s29_bucket_that_may_not_be_listed_is_not_called_empty),
    cmocka_unit_test(nothing_found_in_an_empty_bucket_says_that_it_is_empty),
    cmocka_unit_test(aof_that_was_passed_over_is_asked_for),
    cmocka_unit_test(s27_aof_among_too_many_names_is_not_called_missing),
    cmocka_unit_test(s09_region_that_the_store_named_is_in_the_answer),
    cmocka_unit_test(failures_say_where_and_what),
    cmocka_unit_test(failure_at_a_place_with_long_names_still_says_what),
    cmocka_unit_test(f44_deadline_is_a_timeout_with_a_stable_message),
    cmocka_unit_test(cancelled_discovery_is_reported_as_cancelled),
    cmocka_unit_test(bad_input_needs_no_request),
    cmocka_unit_test(s27_aofs_are_known_of_a_store_that_lists_in_no_order),
    cmocka_unit_test(f23_page_that_was_cut_counts_no_key),
    cmocka_unit_test(s27_keys_seen_before_a_listing_starts_again_count_once),
    cmocka_unit_test(s27_id_behind_the_candidates_is_reported_in_the_order_of_names),
};

RR_TEST_MAIN(tests)
