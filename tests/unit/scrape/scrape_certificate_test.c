/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_certificate.h"

#include "support/folder.h"
#include "support/test.h"

static struct test_folder folder;
static struct rr_metrics *metrics;
static struct rr_scrape_certificate watched;
static struct rr_certificate one, other;
static struct rr_error err;
static int serves;
static enum rr_code refusal; /* OK: what is given is served */
static char last[RR_CERTIFICATE_PEM_MAX_BYTES];

static bool serve(void *context, const struct rr_server_tls *tls, struct rr_error *out_err)
{
    (void)context;
    serves++;
    (void)snprintf(last, sizeof(last), "%.*s", RR_ARG(tls->certificate));
    return refusal == RR_E_OK || rr_fail(out_err, refusal, "refused");
}

static void write_files(const struct rr_certificate *chain, const struct rr_certificate *key)
{
    (void)test_folder_write(&folder, "tls.crt", rr_buf_text(&chain->chain));
    (void)test_folder_write(&folder, "tls.key", rr_secret_reveal(&key->key).ptr);
}

static int setup(void **state)
{
    (void)state;
    folder = test_folder_make();
    metrics = rr_metrics_new();
    serves = 0;
    refusal = RR_E_OK;
    assert_ok(rr_certificate_make_self_signed(RR_LIT("one"), 1700000000, &one, &err), err);
    assert_ok(rr_certificate_make_self_signed(RR_LIT("other"), 1700000000, &other, &err), err);
    rr_scrape_certificate_init(&watched, folder.path, NULL, metrics);
    watched.serve = serve;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_scrape_certificate_done(&watched);
    rr_metrics_free(metrics);
    rr_certificate_done(&one);
    rr_certificate_done(&other);
    test_folder_remove(&folder);
    return 0;
}

static void read_first(void)
{
    rr_auto(certificate) pair = { 0 };
    write_files(&one, &one);
    assert_ok(rr_scrape_certificate_read(&watched, &pair, &err), err);
    assert_slice(rr_buf_slice(&pair.chain), rr_buf_text(&one.chain));
}

static void expect_counts(const char *reads, const char *errors)
{
    rr_auto(buf) page = RR_BUF(65536);
    rr_metrics_expose(metrics, &page);
    assert_non_null(strstr(rr_buf_text(&page), reads));
    assert_non_null(strstr(rr_buf_text(&page), errors));
}

static void w11_folder_without_a_pair_is_an_error_of_its_flag(void **state)
{
    (void)state;
    rr_auto(certificate) pair = { 0 };

    assert_false(rr_scrape_certificate_read(&watched, &pair, &err));
    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_memory_equal(err.message, "--metrics-cert-dir: ", 20);
    assert_non_null(strstr(err.message, "tls.crt"));

    write_files(&one, &other);
    assert_false(rr_scrape_certificate_read(&watched, &pair, &err));
    assert_memory_equal(err.message, "--metrics-cert-dir: ", 20);
    expect_counts("certwatcher_read_certificate_total 2\n", "certwatcher_read_certificate_errors_total 2\n");
}

static void w11_same_pair_is_not_served_again(void **state)
{
    (void)state;
    read_first();
    rr_scrape_certificate_look(&watched);
    write_files(&one, &one);
    rr_scrape_certificate_look(&watched);

    assert_int_equal(serves, 0);
    expect_counts("certwatcher_read_certificate_total 3\n", "certwatcher_read_certificate_errors_total 0\n");
}

static void w11_changed_pair_is_served_once(void **state)
{
    (void)state;
    read_first();
    write_files(&other, &other);

    rr_scrape_certificate_look(&watched);
    rr_scrape_certificate_look(&watched);

    assert_int_equal(serves, 1);
    assert_string_equal(last, rr_buf_text(&other.chain));
}

static void w11_half_written_pair_waits_for_its_other_half(void **state)
{
    (void)state;
    read_first();
    write_files(&other, &one);
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 0);
    expect_counts("certwatcher_read_certificate_total 2\n", "certwatcher_read_certificate_errors_total 1\n");

    write_files(&other, &other);
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 1);
}

static void w11_certificate_that_is_cut_off_never_reaches_the_server(void **state)
{
    (void)state;
    read_first();
    write_files(&other, &other);
    other.chain.ptr[200] = '\0';
    (void)test_folder_write(&folder, "tls.crt", other.chain.ptr);

    rr_scrape_certificate_look(&watched);

    assert_int_equal(serves, 0);
    expect_counts("certwatcher_read_certificate_total 2\n", "certwatcher_read_certificate_errors_total 1\n");
}

static void w11_pair_that_is_gone_leaves_the_old_one(void **state)
{
    (void)state;
    read_first();
    (void)unlink(test_folder_path(&folder, "tls.key"));
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 0);

    write_files(&one, &one);
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 0);
}

static void w11_pair_that_the_server_refuses_is_not_retried(void **state)
{
    (void)state;
    read_first();
    write_files(&other, &other);
    refusal = RR_E_TLS;
    rr_scrape_certificate_look(&watched);
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 1);
}

static void w11_pair_is_retried_while_the_server_is_busy_with_the_previous_one(void **state)
{
    (void)state;
    read_first();
    write_files(&other, &other);
    refusal = RR_E_CONFLICT;
    rr_scrape_certificate_look(&watched);
    refusal = RR_E_OK;
    rr_scrape_certificate_look(&watched);
    rr_scrape_certificate_look(&watched);
    assert_int_equal(serves, 2);
    expect_counts("certwatcher_read_certificate_total 4\n", "certwatcher_read_certificate_errors_total 0\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w11_folder_without_a_pair_is_an_error_of_its_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_same_pair_is_not_served_again, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_changed_pair_is_served_once, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_half_written_pair_waits_for_its_other_half, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_certificate_that_is_cut_off_never_reaches_the_server, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_pair_that_is_gone_leaves_the_old_one, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_pair_that_the_server_refuses_is_not_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_pair_is_retried_while_the_server_is_busy_with_the_previous_one, setup,
                                    teardown),
};
RR_TEST_MAIN(tests)
