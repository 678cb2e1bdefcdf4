/* SPDX-License-Identifier: Apache-2.0 */
#include "discover.h"

#include "support/folder.h"
#include "support/test.h"
#include "support/test_pem.h"

static struct test_folder folder;

static int setup(void **state)
{
    (void)state;
    folder = test_folder_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    return 0;
}

/* A field that is forgotten here is a flag without effect. */
static void request_has_every_flag_of_discover(void **state)
{
    (void)state;
    struct rr_backup_criteria criteria = { .replication_id = RR_LIT("id"),
                                           .timestamp = RR_LIT("20260131-120000"),
                                           .order = RR_BACKUP_ORDER_TIMESTAMP,
                                           .has_not_after = true,
                                           .not_after_ms = 7,
                                           .previous = 3,
                                           .max_age_ms = 5,
                                           .zone_offset_s = 3600,
                                           .pairing = RR_BACKUP_PAIRING_SESSION,
                                           .on_missing_aof = RR_BACKUP_FAIL_WITHOUT_AOF };
    struct rr_discover_options options = {
        .bucket = RR_LIT("bkt"),
        .prefix = RR_LIT("p/"),
        .region = RR_LIT("eu-1"),
        .endpoint = RR_LIT("https://minio"),
        .addressing = RR_S3_ADDRESSING_VIRTUAL_HOSTED,
        .criteria = criteria,
        .timeout_ms = 9000,
        .concurrency = 7,
        .expected_bucket_owner = RR_LIT("012345678901"),
        .requester_pays = true,
        .ca_file = rr_slice_from(test_folder_write(&folder, "ca", TEST_CERT_ONE)),
        .ca_file_name = "AWS_CA_BUNDLE",
        .sse_customer_key_file = rr_slice_from(test_folder_write(&folder, "key", "01234567890123456789012345678901")),
    };
    rr_auto(discover_setup) setup = { 0 };
    struct rr_error err;

    assert_ok(rr_discover_setup(&options, &setup, &err), err);

    const struct rr_discovery_request *request = &setup.request;
    assert_slice(request->location.bucket, "bkt");
    assert_slice(request->location.region, "eu-1");
    assert_slice(request->location.endpoint, "https://minio");
    assert_int_equal(request->location.addressing, RR_S3_ADDRESSING_VIRTUAL_HOSTED);
    assert_slice(request->prefix, "p/");
    assert_true(rr_backup_criteria_equal(&request->criteria, &criteria));
    assert_int_equal(request->timeout_ms, 9000);
    assert_int_equal(request->concurrency, 7);
    assert_slice(request->expected_bucket_owner, "012345678901");
    assert_true(request->requester_pays);
    assert_slice(request->tls->ca_pem, TEST_CERT_ONE);
    assert_string_equal(request->tls->ca_setting, "AWS_CA_BUNDLE");
    assert_false(request->tls->insecure);
    assert_slice(rr_secret_reveal(request->sse_customer_key), "01234567890123456789012345678901");
}

static void request_without_files_has_the_system_roots_and_no_key(void **state)
{
    (void)state;
    struct rr_discover_options options = { .bucket = RR_LIT("bkt"), .ca_file_name = "AWS_CA_BUNDLE" };
    rr_auto(discover_setup) setup = { 0 };
    struct rr_error err;

    assert_ok(rr_discover_setup(&options, &setup, &err), err);

    assert_int_equal(setup.request.tls->ca_pem.len, 0);
    assert_string_equal(setup.request.tls->ca_setting, "--ca-file"); /* the advice, and no variable that is not set */
    assert_false(rr_secret_is_set(setup.request.sse_customer_key));
    assert_false(setup.request.requester_pays);
}

static void file_that_cannot_be_used_is_bad_input(void **state)
{
    (void)state;
    const char *text = test_folder_write(&folder, "text", "hello");
    for (int i = 0; i < 2; i++) {
        struct rr_discover_options options = { .bucket = RR_LIT("bkt"), .ca_file_name = "--ca-file" };
        rr_auto(discover_setup) setup = { 0 };
        struct rr_error err;
        char message[256];
        *(i == 0 ? &options.ca_file : &options.sse_customer_key_file) = rr_slice_from(text);
        (void)snprintf(message, sizeof message,
                       i == 0 ? "--ca-file: %s: there is no certificate in PEM"
                              : "SSE-C key: %s must hold 32 bytes or their base64",
                       text);

        assert_false(rr_discover_setup(&options, &setup, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_string_equal(err.message, message);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(request_has_every_flag_of_discover, setup, teardown),
    cmocka_unit_test_setup_teardown(request_without_files_has_the_system_roots_and_no_key, setup, teardown),
    cmocka_unit_test_setup_teardown(file_that_cannot_be_used_is_bad_input, setup, teardown),
};

RR_TEST_MAIN(tests)
