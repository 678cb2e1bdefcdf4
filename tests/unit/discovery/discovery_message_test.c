/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_shop.h"

enum { OBJECTS_MAX = 12 };

#define NO_AOF "has no AOF of the same replication ID and timestamp"

struct message_case {
    struct fake_object objects[OBJECTS_MAX]; /* up to the first without a key */
    const char *storage_classes[OBJECTS_MAX];
    size_t page_max;
    struct rr_backup_criteria criteria;
    const char *prefix;  /* NULL: redis-backups */
    const char *uploads; /* elements; NULL: refused */
    enum rr_reason reason;
    const char *message;
    size_t requests;
    const char *last; /* a part of the last request; NULL: any */
};

static int64_t unix_ms(void *context)
{
    (void)context;
    return INT64_C(1769868000000); /* 2026-01-31T14:00:00Z */
}

static void check_messages(const struct message_case *cases, size_t count)
{
    struct rr_clock clock = rr_clock_system;
    clock.unix_ms = unix_ms;
    for (size_t i = 0; i < count; i++) {
        struct shop shop = { .bucket = { .objects = cases[i].objects, .page_max = cases[i].page_max } };
        struct bench bench;
        while (shop.bucket.count < OBJECTS_MAX && cases[i].objects[shop.bucket.count].key != NULL)
            shop.bucket.count++;
        shop.bucket.storage_classes = cases[i].storage_classes;
        shop.uploads = cases[i].uploads;
        bench_start(&bench, shop_answer, &shop);
        bench.context.clock = &clock;
        bench.request.criteria = cases[i].criteria;
        bench.request.concurrency = 1;
        if (cases[i].prefix != NULL)
            bench.request.prefix = rr_slice_from(cases[i].prefix);

        assert_ok(bench_discover(&bench), bench.err);

        assert_message(&bench, cases[i].message);
        assert_int_equal(bench.result.reason, cases[i].reason);
        assert_int_equal(bench.result.has_backup, cases[i].reason == RR_REASON_BACKUP_DISCOVERED);
        size_t requests = fake_store_requests(&bench.store);
        assert_int_equal(requests, cases[i].requests);
        if (cases[i].last != NULL)
            assert_has(fake_store_head(&bench.store, requests - 1), cases[i].last);
        end(&bench, &shop);
    }
}

#define UPLOAD(key, time) "<Upload><Key>" key "</Key><Initiated>" time "</Initiated></Upload>"

static void s29_message_of_a_backup_is_exact(void **state)
{
    (void)state;
    struct message_case cases[] = {
        { .objects = { { RDB("a", "20260131-120000"), NOON, 100 } },
          .uploads = UPLOAD("redis-backups/a/appendonly-20260131-120000.aof", "2026-01-31T12:00:02Z")
              UPLOAD("redis-backups/a/appendonly-20260131-120000.aof.gz", "2026-01-31T12:00:01Z")
                  UPLOAD("redis-backups/a/appendonly-20260131-120000.aof.zst", "2026-01-31T12:00:03Z"),
          .message = "found " RDB(
              "a", "20260131-120000") "; it " NO_AOF
                                      ", so writes after the RDB are lost; the upload of " AOF(
                                          "a",
                                          "20260131-120000") ".gz began at 2026-01-31T12:00:01Z and is not finished",
          .requests = 2,
          .last = "prefix=redis-backups%2Fa%2Fappendonly-20260131-120000.aof&uploads=" },
        { .objects = { { AOF("a", "20260131-110000"), NOON, 100 },
                       { RDB("a", "20260131-110000"), NOON, 100 },
                       { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE },
          .message = "found " RDB("a", "20260131-110000") " and its AOF; newer ones have no AOF, and onMissingAOF is "
                                                          "PreviousComplete",
          .requests = 1 },
        { .objects = { { AOF("a", "20260131-110000"), NOON, 100 },
                       { AOF("a", "20260131-120000"), NOON, 100 },
                       { RDB("a", "20260131-110000"), NOON, 100 },
                       { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE },
          .message = "found " RDB("a", "20260131-120000") " and its AOF",
          .requests = 1 },
        /* The AOF was on the first page: nothing is left to look for. */
        { .objects = { { AOF("a", "20260131-120000"), NOON, 100 },
                       { RDB("a", "20260131-100000"), AT("10"), 100 },
                       { RDB("a", "20260131-120000"), NOON, 100 } },
          .page_max = 2,
          .message = "found " RDB("a", "20260131-120000") " and its AOF",
          .requests = 2 },
        /* Everything odd at once. */
        { .objects = { { AOF("a", "20260131-100000"), ONE, 100 },
                       { RDB("a", "20260131-090000"), AT("10"), 102400 },
                       { RDB("a", "20260131-093000"), AT("09"), 204800 },
                       { RDB("a", "20260131-100000"), ONE, 20 },
                       { RDB("b", "20260131-130000"), AT("08"), 100 } },
          .storage_classes = { "GLACIER", NULL, NULL, "DEEP_ARCHIVE" },
          .message = "found " RDB(
              "a", "20260131-100000") " and its AOF; SuddenlySmall: the RDB has 20 bytes, those "
                                      "before it have at least 100Ki: check that it is whole before you restore it; "
                                      "Archived: the RDB "
                                      "is in DEEP_ARCHIVE, the AOF is in GLACIER, restore what is archived in the "
                                      "store first, which "
                                      "takes hours; OrderContradiction: " RDB(
                                          "b", "20260131-130000") " is newer by the time in its name, but was stored "
                                                                  "earlier: if the bucket was copied, set orderBy "
                                                                  "to Timestamp; more than one replication ID has "
                                                                  "backups here (a, b), set replicationID to be sure "
                                                                  "which is taken; it was stored 3 h after the time in "
                                                                  "its name (a copied bucket? a zone?): see "
                                                                  "orderBy and timestampTimeZone",
          .requests = 1 },
        { .objects = { { AOF("a", "99999999-120000"), NOON, 100 }, { RDB("a", "99999999-120000"), NOON, 100 } },
          .message = "found " RDB("a", "99999999-120000") " and its AOF; the timestamp in its name is not a date",
          .requests = 1 },
    };
    check_messages(cases, RR_COUNT(cases));
}

static void s27_message_of_a_backup_that_is_refused_is_exact(void **state)
{
    (void)state;
    struct message_case cases[] = {
        { .objects = { { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .on_missing_aof = RR_BACKUP_FAIL_WITHOUT_AOF },
          .uploads = UPLOAD("redis-backups/a/appendonly-20260131-120000.aof", "2026-01-31T12:00:02Z"),
          .reason = RR_REASON_AOF_NOT_FOUND,
          .message = "the chosen backup, " RDB(
              "a", "20260131-120000") ", " NO_AOF ", and onMissingAOF is Fail; the "
                                      "upload of " AOF(
                                          "a", "20260131-120000") " began at 2026-01-31T12:00:02Z and is not finished; "
                                                                  "{place}",
          .requests = 2 },
        { .objects = { { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE },
          .reason = RR_REASON_AOF_NOT_FOUND,
          .message = "the chosen backup, " RDB(
              "a", "20260131-120000") ", " NO_AOF ", nor has an older one among the "
                                      "100 newest, and onMissingAOF is PreviousComplete; {place}",
          .requests = 2 },
        /* Too old: the uploads are not listed. */
        { .objects = { { RDB("a", "20260131-110000"), NOON, 100 } },
          .criteria = { .max_age_ms = 3600 * 1000 },
          .reason = RR_REASON_BACKUP_TOO_OLD,
          .message = "the chosen backup, " RDB("a", "20260131-110000") ", stored at 2026-01-31T12:00:00Z, is older by "
                                                                       "LastModified than maxAge allows; {place}",
          .requests = 1 },
        { .objects = { { RDB("a", "20260131-100000"), NOON, 100 } },
          .criteria = { .max_age_ms = 3600 * 1000, .order = RR_BACKUP_ORDER_TIMESTAMP },
          .reason = RR_REASON_BACKUP_TOO_OLD,
          .message =
              "the chosen backup, " RDB("a", "20260131-100000") ", stored at 2026-01-31T12:00:00Z, is older by "
                                                                "Timestamp than maxAge allows; it was stored 2 h after "
                                                                "the time in its name (a copied bucket? a "
                                                                "zone?): see orderBy and timestampTimeZone; {place}",
          .requests = 1 },
    };
    check_messages(cases, RR_COUNT(cases));
}

#define NO_FORM "none is {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb"

static void s29_message_of_nothing_below_the_prefix_is_exact(void **state)
{
    (void)state;
    struct message_case cases[] = {
        { .objects = { { "redis-backups/a/notes\x1b", NOON, 100 } },
          .uploads = UPLOAD("redis-backups/a/dump-20260131-120000.rdb", "2026-01-31T12:00:02Z"),
          .message =
              "no backup in {place}: of 1 key " NO_FORM "; 1 ignored, for example \"redis-backups/a/notes\\x1b\" "
              "(neither dump-{timestamp}.rdb nor appendonly-{timestamp}.aof); the upload of redis-backups/a/"
              "dump-20260131-120000.rdb began at 2026-01-31T12:00:02Z and is not finished",
          .requests = 2,
          .last = "prefix=redis-backups%2F&uploads=" },
        { .objects = { { AOF("a", "20260131-110000"), NOON, 100 }, { AOF("a", "20260131-120000"), NOON, 100 } },
          .message = "no backup in {place}: of 2 keys " NO_FORM "; 2 AOFs found, but an AOF alone cannot be restored",
          .requests = 2 },
        { .objects = { { AOF("a", "20260131-110000"), NOON, 100 }, { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .timestamp = RR_LIT("20260131-120001"), .replication_id = RR_LIT("a") },
          .message =
              "no backup of replication ID a of timestamp 20260131-120001 in {place}: none of 1 RDB is in scope; "
              "1 key is of another timestamp, for example \"" RDB("a", "20260131-120000") "\": correct timestamp",
          .requests = 2,
          .last = "prefix=redis-backups%2Fa%2F&uploads=" },
        { .objects = { { RDB("a", "20260131-110000"), NOON, 100 }, { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .has_not_after = true },
          .message = "no backup not newer than notAfter in {place}: none of 2 RDBs is in scope; 2 keys are newer than "
                     "notAfter, for example \"" RDB("a", "20260131-110000") "\": set a later notAfter",
          .requests = 2 },
        { .objects = { { RDB("a", "20260131-110000"), NOON, 100 } },
          .criteria = { .previous = 1 },
          .message = "no backup in {place}: there is 1, too few to step back by previous: 1",
          .requests = 1 },
        { .objects = { { RDB("a", "20260131-110000"), NOON, 100 }, { RDB("a", "20260131-120000"), NOON, 100 } },
          .criteria = { .previous = 2 },
          .message = "no backup in {place}: there are 2, too few to step back by previous: 2",
          .requests = 1 },
        { .objects = { { "redis-backups/a/dump-1.rdb", NOON, 100 } },
          .message = "no backup in {place}: of 1 key " NO_FORM "; 1 key is named like a backup, except for the "
                     "timestamp, for example \"redis-backups/a/dump-1.rdb\": correct the name",
          .requests = 2 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        cases[i].reason = RR_REASON_NO_BACKUP_FOUND;
    check_messages(cases, RR_COUNT(cases));
}

#define ELSEWHERE "named like a backup, but below another prefix, for example "

static void s29_message_of_no_key_names_what_is_elsewhere(void **state)
{
    (void)state;
    struct message_case cases[] = {
        { .prefix = "", .message = "no backup in {place}: there is no key at all", .requests = 2 },
        { .message = "no backup in {place}: the bucket is empty; check bucket and endpoint", .requests = 3 },
        { .objects = { { "elsewhere", NOON, 100 } },
          .message = "no backup in {place}: there is no key at all below the prefix; check bucket and prefix",
          .requests = 3 },
        /* Backups at the top, deeper, not one, and too small to be one. */
        { .objects = { { "a/appendonly-20260131-120000.aof", NOON, 100 },
                       { "a/dump-20260131-120000.rdb", NOON, 18 },
                       { "a/dump-20260131-120001.rdb", NOON, 17 },
                       { "x/y/b/dump-20260131-120000.rdb.gz", NOON, 28 } },
          .message = "no backup in {place}: there is no key at all below the prefix; check bucket and prefix; 2 keys "
                     "are " ELSEWHERE "\"a/dump-20260131-120000.rdb\": its prefix is \"\"",
          .requests = 3 },
        /* A page for each key: the first example is kept, and all are counted. */
        { .objects = { { "elsewhere", NOON, 100 },
                       { "x/b/dump-20260131-120000.rdb", NOON, 100 },
                       { "x/notes", NOON, 100 },
                       { "y/dump-20260131-120000.rdb", NOON, 100 } },
          .page_max = 1,
          .message = "no backup in {place}: there is no key at all below the prefix; check bucket and prefix; 2 keys "
                     "are " ELSEWHERE "\"x/b/dump-20260131-120000.rdb\": its prefix is \"x/\"",
          .requests = 6 },
        { .objects = { { "x/y/b/dump-20260131-120000.rdb", NOON, 100 } },
          .message = "no backup in {place}: there is no key at all below the prefix; check bucket and prefix; 1 key "
                     "is " ELSEWHERE "\"x/y/b/dump-20260131-120000.rdb\": its prefix is \"x/y/\"",
          .requests = 3 },
        { .objects = { { RDB("a", "20260131-120000"), NOON, 100 }, { RDB("b", "20260131-120000"), NOON, 100 } },
          .criteria = { .replication_id = RR_LIT("c") },
          .message = "no backup of replication ID c in {place}: there is no key at all in that folder; check "
                     "replicationID and prefix; below the prefix there are backups of a, b",
          .requests = 3 },
        { .objects = { { RDB("a", "20260131-120000"), NOON, 100 },
                       { RDB("b", "20260131-120000"), NOON, 100 },
                       { RDB("c", "20260131-120000"), NOON, 100 },
                       { RDB("d", "20260131-120000"), NOON, 100 },
                       { RDB("e", "20260131-120000"), NOON, 100 },
                       { RDB("f", "20260131-120000"), NOON, 100 } },
          .criteria = { .replication_id = RR_LIT("0") },
          .message = "no backup of replication ID 0 in {place}: there is no key at all in that folder; check "
                     "replicationID and prefix; below the prefix there are backups of a, b, c, d, e and others",
          .requests = 3 },
        { .objects = { { "redis-backups/dump-20260131-120000.rdb", NOON, 100 } },
          .criteria = { .replication_id = RR_LIT("0") },
          .message = "no backup of replication ID 0 in {place}: there is no key at all in that folder; check "
                     "replicationID and prefix; 1 key is named like a backup, but in no folder below the prefix, for "
                     "example \"redis-backups/dump-20260131-120000.rdb\": remove the last folder of prefix",
          .requests = 3 },
        /* Nothing below the prefix either: the whole bucket is looked at. */
        { .objects = { { "x/b/dump-20260131-120000.rdb", NOON, 100 } },
          .criteria = { .replication_id = RR_LIT("0") },
          .message = "no backup of replication ID 0 in {place}: there is no key at all in that folder; check "
                     "replicationID and prefix; 1 key is " ELSEWHERE "\"x/b/dump-20260131-120000.rdb\": its prefix is "
                     "\"x/\"",
          .requests = 4 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        cases[i].reason = RR_REASON_NO_BACKUP_FOUND;
    check_messages(cases, RR_COUNT(cases));
}

/* Credentials of one folder: every look beside it is refused. */
static void answer_one_folder(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    if (strstr(head, "prefix=redis-backups%2Fa%2F") != NULL && strstr(head, "uploads=") == NULL) {
        shop_answer(context, number, head, reply);
        return;
    }
    reply->status = 403;
    reply->body = "<Error><Code>AccessDenied</Code></Error>";
}

/* A store that fails: hints are tried once, and what they would have said is not known. */
static void answer_then_fail(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    if (number == 0) {
        shop_answer(context, number, head, reply);
        return;
    }
    reply->status = 500;
    reply->body = "<Error><Code>InternalError</Code></Error>";
}

static void s29_hint_that_fails_is_tried_once_and_says_nothing(void **state)
{
    (void)state;
    fake_answer *const answers[] = { answer_one_folder, answer_then_fail };
    for (size_t i = 0; i < RR_COUNT(answers); i++) {
        struct shop shop = { 0 };
        struct bench bench;
        bench_start(&bench, answers[i], &shop);
        bench.request.criteria.replication_id = RR_LIT("a");

        assert_ok(bench_discover(&bench), bench.err);

        assert_message(&bench, "no backup of replication ID a in {place}: there is no key at all in that folder; check "
                               "replicationID and prefix");
        assert_int_equal(fake_store_requests(&bench.store), 4);
        assert_int_equal(bench.result.pages, 1);
        end(&bench, &shop);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s29_message_of_a_backup_is_exact),
    cmocka_unit_test(s27_message_of_a_backup_that_is_refused_is_exact),
    cmocka_unit_test(s29_message_of_nothing_below_the_prefix_is_exact),
    cmocka_unit_test(s29_message_of_no_key_names_what_is_elsewhere),
    cmocka_unit_test(s29_hint_that_fails_is_tried_once_and_says_nothing),
};

RR_TEST_MAIN(tests)
