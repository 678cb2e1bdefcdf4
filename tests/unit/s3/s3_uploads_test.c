/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_uploads.h>

#include "s3_bench.h"

#define UPLOAD(key)                                                                                                    \
    "<Upload><Key>" key "</Key><UploadId>1</UploadId><Initiated>2026-01-31T12:00:01.000Z</Initiated></Upload>"
#define UPLOADS(text) "<ListMultipartUploadsResult>" text "</ListMultipartUploadsResult>"

struct seen {
    char *keys[RR_S3_UPLOADS_MAX];
    int64_t began_ms;
    size_t count;
};

static void on_upload(void *context, const struct rr_s3_upload *upload)
{
    struct seen *seen = context;
    assert_in_range(seen->count, 0, RR_S3_UPLOADS_MAX - 1);
    seen->keys[seen->count++] = rr_strdup(upload->key);
    seen->began_ms = upload->began_ms;
}

static void forget(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        rr_free(seen->keys[i]);
}

static bool uploads(struct bench *bench, struct seen *seen)
{
    struct rr_s3_upload_sink sink = { seen, on_upload };
    bench->err = (struct rr_error){ 0 };
    return rr_s3_uploads(&bench->client, RR_LIT("p/"), &sink, bench->deadline_ms, &bench->stop, &bench->err);
}

static void uploads_give_keys_and_when_they_began(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .body = UPLOADS("<Bucket>b</Bucket>" UPLOAD("p/a%20b") UPLOAD("p/c") "<EncodingType>url</EncodingType>") },
        { .body = UPLOADS(UPLOAD("p/a%20b")) },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct seen encoded = { 0 }, plain = { 0 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(uploads(&bench, &encoded), bench.err);
    assert_ok(uploads(&bench, &plain), bench.err);

    assert_int_equal(encoded.count, 2);
    assert_string_equal(encoded.keys[0], "p/a b");
    assert_string_equal(encoded.keys[1], "p/c");
    assert_int_equal(encoded.began_ms, 1769860801000);
    assert_string_equal(plain.keys[0], "p/a%20b");
    assert_non_null(
        strstr(fake_store_head(&bench.store, 0), "encoding-type=url&max-uploads=100&prefix=p%2F&uploads= "));
    forget(&encoded);
    forget(&plain);
    bench_stop(&bench);
}

static void s29_upload_without_a_key_or_a_time_is_not_counted(void **state)
{
    (void)state;
    static const struct fake_reply reply = {
        .body = UPLOADS(UPLOAD("p/a") "<Upload><Key>p/b</Key></Upload>"
                                      "<Upload><Initiated>2026-01-31T12:00:01.000Z</Initiated></Upload>")
    };
    struct fake_script script = { &reply, 1 };
    struct seen seen = { 0 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(uploads(&bench, &seen), bench.err);

    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.keys[0], "p/a");
    forget(&seen);
    bench_stop(&bench);
}

static void malformed_list_of_uploads_gives_nothing(void **state)
{
    (void)state;
    static char many[RR_S3_UPLOADS_MAX * 200 + 400];
    size_t len = (size_t)snprintf(many, sizeof many, "<ListMultipartUploadsResult>");
    for (int i = 0; i <= RR_S3_UPLOADS_MAX; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "%s", UPLOAD("p/x"));
    (void)snprintf(many + len, sizeof many - len, "</ListMultipartUploadsResult>");
    const struct {
        struct fake_reply reply;
        enum rr_code code;
    } cases[] = {
        { { .status = 403, .body = S3_ERROR("AccessDenied") }, RR_E_DENIED },
        { { .body = S3_ERROR("AccessDenied") }, RR_E_DENIED },
        { { .body = WHOLE }, RR_E_BAD_REPLY },
        { { .body = "<ListMultipartUploadsResult>" UPLOAD("p/a") }, RR_E_BAD_REPLY },
        { { .body = UPLOADS("<Upload><Key>p/a</Key><Initiated>soon</Initiated></Upload>") }, RR_E_BAD_REPLY },
        { { .body = UPLOADS(UPLOAD("p/a") UPLOAD("p/%zz") "<EncodingType>url</EncodingType>") }, RR_E_BAD_REPLY },
        { { .body = many }, RR_E_BAD_REPLY },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_script script = { &cases[i].reply, 1 };
        struct seen seen = { 0 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.attempts_max = 1;

        assert_false(uploads(&bench, &seen));

        assert_int_equal(bench.err.code, cases[i].code);
        assert_int_equal(seen.count, 0);
        assert_null(strstr(bench.err.message, "CANARY"));
        bench_stop(&bench);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uploads_give_keys_and_when_they_began),
    cmocka_unit_test(s29_upload_without_a_key_or_a_time_is_not_counted),
    cmocka_unit_test(malformed_list_of_uploads_gives_nothing),
};

RR_TEST_MAIN(tests)
