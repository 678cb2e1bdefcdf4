/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_clock.h"
#include "support/folder.h"
#include "support/test.h"

#include <sys/mman.h>

struct fixture {
    struct test_folder folder;
    struct rr_kube_config config;
    struct fake_clock fake;
    struct rr_clock clock;
    struct rr_log log;
    struct rr_kube_token token;
};

/* `text` NULL: there is no file yet. */
static void begin(struct fixture *fixture, const char *text, const char *fixed)
{
    *fixture = (struct fixture){ .folder = test_folder_make(), .fake = { .monotonic_ms = 1000000 } };
    fixture->config.token_file = (struct rr_buf)RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    rr_buf_add(&fixture->config.token_file, rr_slice_from(test_folder_path(&fixture->folder, "token")));
    if (text != NULL)
        (void)test_folder_write(&fixture->folder, "token", text);
    if (fixed != NULL)
        rr_secret_set(&fixture->config.token, rr_slice_from(fixed));
    fixture->clock = fake_clock(&fixture->fake);
    fixture->log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &fixture->clock };
    rr_kube_token_init(&fixture->token, &fixture->config, &fixture->clock, &fixture->log);
}

static void end(struct fixture *fixture)
{
    rr_kube_token_done(&fixture->token);
    rr_kube_config_done(&fixture->config);
    (void)close(fixture->log.fd);
    test_folder_remove(&fixture->folder);
}

static void expect_token(struct fixture *fixture, bool again, const char *expected)
{
    rr_auto(secret) value = { 0 };
    rr_kube_token_get(&fixture->token, again, &value);
    assert_slice(rr_secret_reveal(&value), expected);
}

static int count_lines(const struct fixture *fixture)
{
    char text[8192];
    int lines = 0;
    ssize_t got = pread(fixture->log.fd, text, sizeof(text), 0);
    for (ssize_t i = 0; i < got; i++)
        lines += text[i] == '\n';
    return lines;
}

static void r21_file_is_trimmed(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, " \tone\r\n\n", NULL);

    expect_token(&fixture, false, "one");

    end(&fixture);
}

static void r21_file_is_read_again_after_50_s(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "one", NULL);
    expect_token(&fixture, false, "one");
    (void)test_folder_write(&fixture.folder, "token", "two");

    fake_clock_advance(&fixture.fake, 50000);
    expect_token(&fixture, false, "one");
    fake_clock_advance(&fixture.fake, 1);
    expect_token(&fixture, false, "two");

    end(&fixture);
}

static void r21_file_behind_a_swapped_link_is_found(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, NULL, NULL);
    assert_int_equal(
        symlink(test_folder_write(&fixture.folder, "a", "one"), test_folder_path(&fixture.folder, "token")), 0);
    expect_token(&fixture, false, "one");
    assert_int_equal(symlink(test_folder_write(&fixture.folder, "b", "two"), test_folder_path(&fixture.folder, "new")),
                     0);
    assert_int_equal(rename(test_folder_path(&fixture.folder, "new"), test_folder_path(&fixture.folder, "token")), 0);

    expect_token(&fixture, true, "two");

    end(&fixture);
}

static void r21_last_good_token_stays_in_use_when_the_file_is_bad_and_this_is_logged_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "one", NULL);
    expect_token(&fixture, false, "one");

    (void)test_folder_write(&fixture.folder, "token", "\n");
    expect_token(&fixture, true, "one");
    assert_int_equal(unlink(test_folder_path(&fixture.folder, "token")), 0);
    expect_token(&fixture, true, "one");
    assert_int_equal(count_lines(&fixture), 1);

    (void)test_folder_write(&fixture.folder, "token", "two");
    expect_token(&fixture, true, "two");
    (void)test_folder_write(&fixture.folder, "token", "");
    expect_token(&fixture, true, "two");
    assert_int_equal(count_lines(&fixture), 2);

    end(&fixture);
}

static void r21_token_over_its_limit_is_not_cut(void **state)
{
    (void)state;
    struct fixture fixture;
    char *text = test_malloc(RR_KUBE_TOKEN_MAX_BYTES + 2);
    memset(text, 'x', RR_KUBE_TOKEN_MAX_BYTES + 1);
    text[RR_KUBE_TOKEN_MAX_BYTES + 1] = '\0';
    begin(&fixture, text, NULL);

    expect_token(&fixture, false, "");

    end(&fixture);
    test_free(text);
}

static void r22_refused_token_is_read_again_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "one", NULL);
    expect_token(&fixture, false, "one");
    (void)test_folder_write(&fixture.folder, "token", "two");

    expect_token(&fixture, false, "one");
    expect_token(&fixture, true, "two");

    end(&fixture);
}

static void k08_fixed_token_is_used_until_the_file_can_be_read(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, NULL, "fixed");

    expect_token(&fixture, false, "fixed");
    (void)test_folder_write(&fixture.folder, "token", "one");
    expect_token(&fixture, true, "one");

    end(&fixture);
}

static void no_token_and_no_file_is_none(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, NULL, NULL);
    rr_buf_clear(&fixture.config.token_file);
    rr_auto(secret) value = { 0 };

    rr_kube_token_get(&fixture.token, true, &value);

    assert_false(rr_secret_is_set(&value));
    assert_int_equal(count_lines(&fixture), 0);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r21_file_is_trimmed),
    cmocka_unit_test(r21_file_is_read_again_after_50_s),
    cmocka_unit_test(r21_file_behind_a_swapped_link_is_found),
    cmocka_unit_test(r21_last_good_token_stays_in_use_when_the_file_is_bad_and_this_is_logged_once),
    cmocka_unit_test(r21_token_over_its_limit_is_not_cut),
    cmocka_unit_test(r22_refused_token_is_read_again_at_once),
    cmocka_unit_test(k08_fixed_token_is_used_until_the_file_can_be_read),
    cmocka_unit_test(no_token_and_no_file_is_none),
};
RR_TEST_MAIN(tests)
