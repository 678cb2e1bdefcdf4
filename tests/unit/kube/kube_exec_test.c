/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_fixture.h"

#include "fakes/fake_clock.h"
#include "support/test_pem.h"

#include <redisrestore/base/thread.h>

#include <sys/mman.h>

struct fixture {
    struct test_folder folder;
    struct rr_kube_config config;
    struct fake_clock fake;
    struct rr_clock clock;
    struct rr_log log;
    struct rr_kube_exec *exec;
};

static void begin(struct fixture *fixture, const char *script)
{
    struct rr_error err;
    *fixture = (struct fixture){ .folder = test_folder_make(), .fake = { 1000000, 1000000 } };
    plugin_write(&fixture->folder, script);
    assert_ok(load_one(&fixture->folder, "server: 'https://h'", PLUGIN_USER, &fixture->config, &err), err);
    fixture->clock = fake_clock(&fixture->fake);
    fixture->log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &fixture->clock };
    fixture->exec = rr_kube_exec_new(fixture->config.plugin, &fixture->clock, &fixture->log);
}

static void end(struct fixture *fixture)
{
    rr_kube_exec_free(fixture->exec);
    rr_kube_config_done(&fixture->config);
    (void)close(fixture->log.fd);
    test_folder_remove(&fixture->folder);
}

static int64_t in_20_s(void)
{
    return rr_clock_monotonic_ms(&rr_clock_system) + 20000;
}

static void expect_token(struct fixture *fixture, uint64_t refused, const char *token, uint64_t generation)
{
    struct rr_kube_credential credential = { 0 };
    struct rr_error err;
    uint64_t got = 0;
    assert_ok(rr_kube_exec_get(fixture->exec, refused, in_20_s(), NULL, &credential, &got, &err), err);
    assert_slice(rr_secret_reveal(&credential.token), token);
    assert_int_equal(got, generation);
    rr_kube_credential_done(&credential);
}

static void expect_failure(struct fixture *fixture, const char *words)
{
    struct rr_kube_credential credential = { 0 };
    struct rr_error err;
    uint64_t generation;
    assert_false(rr_kube_exec_get(fixture->exec, 0, in_20_s(), NULL, &credential, &generation, &err));
    assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_non_null(strstr(err.message, test_folder_path(&fixture->folder, "config")));
    assert_non_null(strstr(err.message, "install it by hand"));
    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.detail, "canary"));
    assert_null(strstr(err.message, "secret-word"));
}

static void k11_credential_is_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, PLUGIN_SAYS("{\"token\":\"abc\"}"));

    expect_token(&fixture, 0, "abc", 1);
    fake_clock_advance(&fixture.fake, 86400000);
    expect_token(&fixture, 0, "abc", 1);

    assert_int_equal(plugin_runs(&fixture.folder), 1);
    end(&fixture);
}

static void k10_plugin_gets_its_environment_and_no_input(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "if read -r line; then exit 1; fi\n"
                    "echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"interactive\":false' || exit 2\n"
                    "[ \"$WORD\" = secret-word ] || exit 3\n" PLUGIN_SAYS("{\"token\":\"abc\"}"));

    expect_token(&fixture, 0, "abc", 1);

    end(&fixture);
}

/* Prints an ExecCredential of the files "cert" and "key". */
static const char says_files[] =
    "j() { sed 's/$/\\\\n/' \"$D/$1\" | tr -d '\\n'; }\n"
    "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":"
    "{\"clientCertificateData\":\"%s\",\"clientKeyData\":\"%s\"}}' \"$(j cert)\" \"$(j key)\"";

static void k10_certificate_of_a_plugin_is_taken(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rr_kube_credential credential = { 0 };
    struct rr_error err;
    uint64_t generation;
    begin(&fixture, says_files);
    (void)test_folder_write(&fixture.folder, "cert", TEST_CERT_ONE);
    (void)test_folder_write(&fixture.folder, "key", TEST_KEY_ONE);

    assert_ok(rr_kube_exec_get(fixture.exec, 0, in_20_s(), NULL, &credential, &generation, &err), err);

    assert_slice(rr_secret_reveal(&credential.cert_pem), TEST_CERT_ONE);
    assert_slice(rr_secret_reveal(&credential.key_pem), TEST_KEY_ONE);
    assert_false(rr_secret_is_set(&credential.token));
    rr_kube_credential_done(&credential);
    end(&fixture);
}

static void r22_refused_certificate_that_is_renewed_is_another_credential(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rr_kube_credential credential = { 0 };
    struct rr_error err;
    uint64_t first, second;
    begin(&fixture, says_files);
    (void)test_folder_write(&fixture.folder, "cert", TEST_CERT_ONE);
    (void)test_folder_write(&fixture.folder, "key", TEST_KEY_ONE);
    assert_ok(rr_kube_exec_get(fixture.exec, 0, in_20_s(), NULL, &credential, &first, &err), err);
    (void)test_folder_write(&fixture.folder, "cert", TEST_CERT_ONE "\n"); /* of the same key */

    assert_ok(rr_kube_exec_get(fixture.exec, first, in_20_s(), NULL, &credential, &second, &err), err);

    assert_int_not_equal(first, second);
    assert_slice(rr_secret_reveal(&credential.cert_pem), TEST_CERT_ONE "\n");
    rr_kube_credential_done(&credential);
    end(&fixture);
}

static void r22_refused_credential_runs_the_plugin_once_more(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "n=$(wc -l <\"$D/runs\" | tr -d ' ')\n"
                    "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
                    "\"status\":{\"token\":\"t'$n'\"}}'");
    expect_token(&fixture, 0, "t1", 1);

    expect_token(&fixture, 1, "t2", 2);
    expect_token(&fixture, 1, "t2", 2); /* refused before the second was known */
    expect_token(&fixture, 2, "t2", 2); /* too soon */

    assert_int_equal(plugin_runs(&fixture.folder), 2);
    end(&fixture);
}

static void f35_plugins_that_fail_are_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "echo canary; exit 7", "failed with exit code 7" },
        { "echo canary; kill -9 $$", "was ended by signal 9" },
        { "echo canary", "its output is not JSON" },
        { PLUGIN_SAYS("{}"), "neither a token nor a client certificate" },
        { "exec yes canary", "printed more than 1048576 bytes" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fixture fixture;
        begin(&fixture, rows[i][0]);
        expect_failure(&fixture, rows[i][1]);
        end(&fixture);
    }
}

static void f35_plugin_that_is_missing_is_named(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "");
    assert_int_equal(unlink(test_folder_path(&fixture.folder, "plugin")), 0);

    expect_failure(&fixture, "not found");

    end(&fixture);
}

static void k11_plugin_runs_again_after_a_failure(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, "exit 1");
    expect_failure(&fixture, "exit code 1");
    plugin_write(&fixture.folder, PLUGIN_SAYS("{\"token\":\"abc\"}"));

    expect_failure(&fixture, "exit code 1");
    fake_clock_advance(&fixture.fake, 1000);
    expect_token(&fixture, 0, "abc", 1);

    assert_int_equal(plugin_runs(&fixture.folder), 2);
    end(&fixture);
}

/* It waits until the test lets it continue: at the test's end at the latest. */
#define HANG "while [ ! -e \"$D/go\" ]; do sleep 0.05; done\n"

struct asker {
    struct fixture *fixture;
    struct rr_stop *stop;
    bool good;
    struct rr_error err;
};

static void ask(void *context)
{
    struct asker *asker = context;
    struct rr_kube_credential credential = { 0 };
    uint64_t generation;
    asker->good =
        rr_kube_exec_get(asker->fixture->exec, 0, in_20_s(), asker->stop, &credential, &generation, &asker->err);
    rr_kube_credential_done(&credential);
}

static void k11_concurrent_callers_share_one_run(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rr_thread threads[8] = { 0 };
    struct asker askers[8];
    begin(&fixture, HANG PLUGIN_SAYS("{\"token\":\"abc\"}"));

    for (size_t i = 0; i < RR_COUNT(threads); i++) {
        askers[i] = (struct asker){ .fixture = &fixture };
        rr_thread_start(&threads[i], "asker", ask, &askers[i]);
    }
    (void)test_folder_write(&fixture.folder, "go", "");
    for (size_t i = 0; i < RR_COUNT(threads); i++) {
        rr_thread_join(&threads[i]);
        assert_true(askers[i].good);
    }

    assert_int_equal(plugin_runs(&fixture.folder), 1);
    end(&fixture);
}

static void k14_caller_waits_for_a_plugin_until_its_deadline_or_stop(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rr_stop stop;
    struct rr_kube_credential credential = { 0 };
    struct rr_error err;
    uint64_t generation;
    begin(&fixture, HANG);
    rr_stop_init(&stop, NULL);
    struct asker asker = { .fixture = &fixture, .stop = &stop };
    struct rr_thread thread = { 0 };

    int64_t soon = rr_clock_monotonic_ms(&rr_clock_system) + 1;
    assert_false(rr_kube_exec_get(fixture.exec, 0, soon, NULL, &credential, &generation, &err));
    assert_int_equal(err.code, RR_E_TIMEOUT);
    assert_non_null(strstr(err.message, "has not answered yet"));
    rr_thread_start(&thread, "asker", ask, &asker);
    rr_stop_set(&stop);
    rr_thread_join(&thread);
    assert_false(asker.good);
    assert_int_equal(asker.err.code, RR_E_CANCELLED);

    rr_stop_done(&stop);
    end(&fixture); /* kills the plugin */
}

/* No request waits for the refresh, so the log shows its end. */
static void k11_failed_refresh_is_logged_and_the_credential_stays_in_use(void **state)
{
    (void)state;
    struct fixture fixture;
    int ends[2];
    char record[4096] = "";
    begin(&fixture, "[ -e \"$D/bad\" ] && exit 5\n" PLUGIN_SAYS(
                        "{\"token\":\"abc\",\"expirationTimestamp\":\"1970-01-01T00:20:00Z\"}"));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], fixture.log.fd), fixture.log.fd);
    expect_token(&fixture, 0, "abc", 1);
    (void)test_folder_write(&fixture.folder, "bad", "");

    fake_clock_advance(&fixture.fake, 180000); /* 20 s before the end */
    expect_token(&fixture, 0, "abc", 1);

    assert_true(read(ends[0], record, sizeof(record) - 1) > 0);
    assert_non_null(strstr(record, "exit code 5"));
    assert_null(strstr(record, "abc"));
    expect_token(&fixture, 0, "abc", 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k11_credential_is_kept),
    cmocka_unit_test(k10_plugin_gets_its_environment_and_no_input),
    cmocka_unit_test(k10_certificate_of_a_plugin_is_taken),
    cmocka_unit_test(r22_refused_certificate_that_is_renewed_is_another_credential),
    cmocka_unit_test(r22_refused_credential_runs_the_plugin_once_more),
    cmocka_unit_test(f35_plugins_that_fail_are_named),
    cmocka_unit_test(f35_plugin_that_is_missing_is_named),
    cmocka_unit_test(k11_plugin_runs_again_after_a_failure),
    cmocka_unit_test(k11_concurrent_callers_share_one_run),
    cmocka_unit_test(k14_caller_waits_for_a_plugin_until_its_deadline_or_stop),
    cmocka_unit_test(k11_failed_refresh_is_logged_and_the_credential_stays_in_use),
};
RR_TEST_MAIN(tests)
