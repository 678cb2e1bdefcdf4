/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_object_headers.h"

#include "support/test.h"

static struct rr_error err;

static bool agree(const char *headers)
{
    struct rr_http_reply reply = { .status = 206, .headers = RR_BUF(4096) };
    err = (struct rr_error){ 0 };
    rr_buf_add(&reply.headers, rr_slice_from(headers));
    bool is_good = rr_s3_object_headers_agree(&reply, &err);
    rr_buf_done(&reply.headers);
    return is_good;
}

static void d02_header_with_two_values_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Content-Length",
        "Content-Range",
        "ETag",
        "x-amz-version-id",
        "x-amz-checksum-type",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-crc32",
        "x-amz-checksum-sha256",
        "x-amz-checksum-sha1",
        "x-amz-storage-class",
        "x-amz-restore",
        "x-amz-archive-status",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-meta-replication-offset",
        "x-goog-stored-content-encoding",
    };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        rr_auto(buf) headers = RR_BUF(4096);
        rr_buf_addf(&headers, "Date: x\n%s: 12\nServer: y\n%s:CANARY\n", names[i], names[i]);

        if (agree(rr_buf_text(&headers)))
            fail_msg("accepted: %s", names[i]);

        assert_int_equal(err.code, RR_E_BAD_REPLY);
        assert_has(err.message, names[i]);
        assert_lacks(err.message, "CANARY");
    }
    assert_false(agree("ETag: \"a\"\netag: \"b\"\n"));
    assert_false(agree("ETag: \"a\"\nETag: \"a\"\nETag:\n"));
}

static void d02_header_that_a_proxy_repeats_is_accepted(void **state)
{
    (void)state;

    assert_true(agree("ETag: \"a\"\nEtag:\"a\" \nContent-Range: bytes 0-1/2\nContent-Range: bytes 0-1/2\n"));
}

/* Lists, and what is not read here. */
static void d02_header_of_many_values_is_accepted(void **state)
{
    (void)state;

    assert_true(agree(""));
    assert_true(agree("Content-Encoding: aws-chunked\nContent-Encoding: gzip\nVary: a\nVary: b\nSet-Cookie: a\n"
                      "Set-Cookie: b\nx-amz-meta-note: a\nx-amz-meta-note: b\n"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(d02_header_with_two_values_is_refused),
    cmocka_unit_test(d02_header_that_a_proxy_repeats_is_accepted),
    cmocka_unit_test(d02_header_of_many_values_is_accepted),
};

RR_TEST_MAIN(tests)
