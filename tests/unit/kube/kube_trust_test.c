/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_clock.h"
#include "support/folder.h"
#include "support/test.h"
#include "support/test_pem.h"

#include <sys/mman.h>
#include <sys/stat.h>

struct fixture {
    struct test_folder folder;
    struct rr_kube_config config;
    struct fake_clock fake;
    struct rr_clock clock;
    struct rr_log log;
    struct rr_metrics *metrics;
    struct rr_kube_trust trust;
};

/* A CA of the first certificate, and the first pair, all in files. */
static void begin(struct fixture *fixture)
{
    static const char *const labels[] = { "result", "reason", NULL };
    *fixture = (struct fixture){ .folder = test_folder_make(), .fake = { .monotonic_ms = 1000000 } };
    struct rr_kube_config *config = &fixture->config;
    struct rr_buf *const files[] = { &config->ca_file, &config->client_cert_file, &config->client_key_file };
    static const char *const names[] = { "ca", "cert", "key" };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        *files[i] = (struct rr_buf)RR_BUF(RR_KUBE_PATH_MAX_BYTES);
        rr_buf_add(files[i],
                   rr_slice_from(test_folder_write(&fixture->folder, names[i], i == 2 ? TEST_KEY_ONE : TEST_CERT_ONE)));
    }
    config->ca_pem = (struct rr_buf)RR_BUF(RR_KUBE_PEM_MAX_BYTES);
    rr_buf_add(&config->ca_pem, RR_LIT(TEST_CERT_ONE));
    rr_secret_set(&config->client_cert_pem, RR_LIT(TEST_CERT_ONE));
    rr_secret_set(&config->client_key_pem, RR_LIT(TEST_KEY_ONE));
    fixture->clock = fake_clock(&fixture->fake);
    fixture->log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &fixture->clock };
    fixture->metrics = rr_metrics_new();
    rr_kube_trust_init(&fixture->trust, config, &fixture->clock, &fixture->log,
                       rr_metrics_counter(fixture->metrics, "reloads", "Reloads.", labels));
}

static void end(struct fixture *fixture)
{
    rr_kube_trust_done(&fixture->trust);
    rr_kube_config_done(&fixture->config);
    rr_metrics_free(fixture->metrics);
    (void)close(fixture->log.fd);
    test_folder_remove(&fixture->folder);
}

static void expect(struct fixture *fixture, const char *ca, const char *cert, const char *key)
{
    struct rr_kube_pems *pems = rr_kube_trust_get(&fixture->trust);
    assert_string_equal(rr_buf_text(&pems->ca), ca);
    assert_slice(rr_secret_reveal(&pems->client_cert), cert);
    assert_slice(rr_secret_reveal(&pems->client_key), key);
    rr_kube_pems_unref(pems);
}

static void expect_old(struct fixture *fixture)
{
    expect(fixture, TEST_CERT_ONE, TEST_CERT_ONE, TEST_KEY_ONE);
}

static void expect_counted(struct fixture *fixture, const char *line)
{
    rr_auto(buf) page = RR_BUF(65536);
    rr_metrics_expose(fixture->metrics, &page);
    if (strstr(rr_buf_text(&page), line) == NULL)
        fail_msg("no \"%s\" in %s", line, rr_buf_text(&page));
}

static int records(const struct fixture *fixture)
{
    char text[8192];
    int lines = 0;
    ssize_t got = pread(fixture->log.fd, text, sizeof(text), 0);
    for (ssize_t i = 0; i < got; i++)
        lines += text[i] == '\n';
    return lines;
}

static void pass(struct fixture *fixture, int64_t ms)
{
    fake_clock_advance(&fixture->fake, ms);
}

static void r23_changed_ca_is_taken_after_a_minute(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)test_folder_write(&fixture.folder, "ca", TEST_CERT_TWO);

    pass(&fixture, 59999);
    expect_old(&fixture);
    pass(&fixture, 1);
    expect(&fixture, TEST_CERT_TWO, TEST_CERT_ONE, TEST_KEY_ONE);

    expect_counted(&fixture, "reloads{result=\"success\",reason=\"changed\"} 1\n");
    expect_counted(&fixture, "reloads{result=\"success\",reason=\"unchanged\"} 1\n"); /* the pair */
    end(&fixture);
}

static void r23_files_are_read_once_a_minute(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    pass(&fixture, 60000);

    expect_old(&fixture);
    (void)test_folder_write(&fixture.folder, "ca", TEST_CERT_TWO);
    pass(&fixture, 59999);
    expect_old(&fixture);

    expect_counted(&fixture, "reloads{result=\"success\",reason=\"unchanged\"} 2\n"); /* the CA and the pair */
    pass(&fixture, 1);
    expect(&fixture, TEST_CERT_TWO, TEST_CERT_ONE, TEST_KEY_ONE);
    end(&fixture);
}

static void r23_ca_of_the_same_length_and_date_is_noticed(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    const char *path = test_folder_path(&fixture.folder, "ca");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    pass(&fixture, 60000);
    expect_old(&fixture);

    char other[sizeof(TEST_CERT_ONE)] = TEST_CERT_TWO;
    for (size_t i = strlen(other); i < sizeof(other) - 1; i++)
        other[i] = '\n';
    (void)test_folder_write(&fixture.folder, "ca", other);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    pass(&fixture, 60000);

    expect(&fixture, other, TEST_CERT_ONE, TEST_KEY_ONE);
    end(&fixture);
}

static void r23_bad_ca_keeps_the_old_one_and_is_logged_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    char cut[] = TEST_CERT_TWO;
    cut[sizeof(cut) - 60] = '\0';
    const char *const bad[] = { "", " \n", "no pem", cut, TEST_KEY_TWO };

    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        (void)test_folder_write(&fixture.folder, "ca", bad[i]);
        pass(&fixture, 60000);
        expect_old(&fixture);
    }
    assert_int_equal(unlink(test_folder_path(&fixture.folder, "ca")), 0);
    pass(&fixture, 60000);
    expect_old(&fixture);

    assert_int_equal(records(&fixture), 1);
    expect_counted(&fixture, "reloads{result=\"failure\",reason=\"empty\"} 2\n");
    expect_counted(&fixture, "reloads{result=\"failure\",reason=\"malformed\"} 3\n");
    expect_counted(&fixture, "reloads{result=\"failure\",reason=\"read_error\"} 1\n");
    (void)test_folder_write(&fixture.folder, "ca", TEST_CERT_TWO);
    pass(&fixture, 60000);
    expect(&fixture, TEST_CERT_TWO, TEST_CERT_ONE, TEST_KEY_ONE);
    end(&fixture);
}

static void r23_bad_ca_that_comes_back_is_logged_again(void **state)
{
    (void)state;
    static const char *const texts[] = { "no pem", TEST_CERT_ONE, "no pem" };
    struct fixture fixture;
    begin(&fixture);

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        (void)test_folder_write(&fixture.folder, "ca", texts[i]);
        pass(&fixture, 60000);
        expect_old(&fixture);
    }

    assert_int_equal(records(&fixture), 2);
    end(&fixture);
}

static void r23_half_written_pair_is_not_taken(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    (void)test_folder_write(&fixture.folder, "cert", TEST_CERT_TWO);
    pass(&fixture, 60000);
    expect_old(&fixture);
    expect_counted(&fixture, "reloads{result=\"failure\",reason=\"mismatch\"} 1\n");
    (void)test_folder_write(&fixture.folder, "key", TEST_KEY_TWO);
    pass(&fixture, 60000);
    expect(&fixture, TEST_CERT_ONE, TEST_CERT_TWO, TEST_KEY_TWO);

    end(&fixture);
}

static void r23_certificates_of_a_request_outlive_a_change(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct rr_kube_pems *held = rr_kube_trust_get(&fixture.trust);

    (void)test_folder_write(&fixture.folder, "ca", TEST_CERT_TWO);
    pass(&fixture, 60000);
    expect(&fixture, TEST_CERT_TWO, TEST_CERT_ONE, TEST_KEY_ONE);

    assert_string_equal(rr_buf_text(&held->ca), TEST_CERT_ONE);
    rr_kube_pems_unref(held);
    end(&fixture);
}

static void k07_data_is_never_read_again(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    rr_buf_clear(&fixture.config.ca_file);
    rr_buf_clear(&fixture.config.client_cert_file);
    (void)test_folder_write(&fixture.folder, "ca", TEST_CERT_TWO);
    (void)test_folder_write(&fixture.folder, "cert", "bad");

    pass(&fixture, 60000);
    expect_old(&fixture);

    assert_int_equal(records(&fixture), 0);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r23_changed_ca_is_taken_after_a_minute),
    cmocka_unit_test(r23_files_are_read_once_a_minute),
    cmocka_unit_test(r23_ca_of_the_same_length_and_date_is_noticed),
    cmocka_unit_test(r23_bad_ca_keeps_the_old_one_and_is_logged_once),
    cmocka_unit_test(r23_bad_ca_that_comes_back_is_logged_again),
    cmocka_unit_test(r23_half_written_pair_is_not_taken),
    cmocka_unit_test(r23_certificates_of_a_request_outlive_a_change),
    cmocka_unit_test(k07_data_is_never_read_again),
};
RR_TEST_MAIN(tests)
