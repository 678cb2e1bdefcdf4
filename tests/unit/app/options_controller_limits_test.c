/* SPDX-License-Identifier: Apache-2.0 */
#include "options_controller.h"

#include "support/test.h"

enum { ARGUMENT_MAX = 4096 };

/* Parses up to two flags. `message` NULL: accepted. */
static void check(const char *first, const char *second, const char *message)
{
    static char name[] = "controller", one[ARGUMENT_MAX], two[ARGUMENT_MAX];
    char *argv[] = { name, one, second != NULL ? two : NULL, NULL };
    struct rr_controller_options options = { 0 };
    struct rr_error err;
    (void)snprintf(one, sizeof one, "%s", first);
    (void)snprintf(two, sizeof two, "%s", second != NULL ? second : "");

    bool good = rr_controller_options_parse(second != NULL ? 3 : 2, argv, &options, &err);

    if (message == NULL) {
        assert_ok(good, err);
        rr_controller_options_done(&options);
        return;
    }
    assert_false(good);
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void numbers_of_the_controller_have_these_limits(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *with;
        int min, max;
    } cases[] = {
        { "workers", NULL, 1, 64 },
        { "discovery-concurrency", NULL, 1, 256 },
        { "kube-api-qps", NULL, 0, 100000 },
        { "kube-api-burst", "--kube-api-qps=1", 0, 100000 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const int values[] = { cases[i].min, cases[i].max, cases[i].min - 1, cases[i].max + 1 };
        for (size_t v = 0; v < RR_COUNT(values); v++) {
            char argument[64], message[128];
            (void)snprintf(argument, sizeof argument, "--%s=%d", cases[i].flag, values[v]);
            (void)snprintf(message, sizeof message, "--%s: must be a number from %d to %d", cases[i].flag, cases[i].min,
                           cases[i].max);
            check(argument, cases[i].with, v < 2 ? NULL : message);
        }
    }
}

static void selector_has_at_most_2048_bytes(void **state)
{
    (void)state;
    for (int len = 2047; len <= 2049; len++) {
        char argument[ARGUMENT_MAX];
        int head = snprintf(argument, sizeof argument, "--selector=");
        memset(argument + head, 'a', (size_t)len);
        argument[head + len] = '\0';

        check(argument, NULL,
              len <= 2048 ? NULL : "--selector: must be a selector of labels, such as shard=a, of at most 2048 bytes");
    }
}

static void namespaces_are_at_most_64(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *message;
    } cases[] = {
        { "namespace", "--namespace: at most 64 namespaces; without the flag all are watched" },
        { "ambient-credentials-namespace", "--ambient-credentials-namespace: at most 64 namespaces; * stands for all" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        static char texts[66][64];
        for (int count = 64; count <= 65; count++) {
            char name[] = "controller", *argv[68] = { name };
            struct rr_controller_options options = { 0 };
            struct rr_error err;
            for (int n = 0; n < count; n++) {
                (void)snprintf(texts[n], sizeof texts[n], "--%s=n%d", cases[i].flag, n);
                argv[1 + n] = texts[n];
            }
            (void)snprintf(texts[count], sizeof texts[count], "--%s=n0", cases[i].flag); /* once more: no new one */
            argv[1 + count] = texts[count];

            bool good = rr_controller_options_parse(2 + count, argv, &options, &err);

            assert_int_equal(good, count == 64);
            if (good)
                rr_controller_options_done(&options);
            else
                assert_string_equal(err.message, cases[i].message);
        }
    }
}

static void flags_that_contradict_each_other_are_named(void **state)
{
    (void)state;
    static const char same[] = "--metrics-bind-address and --health-probe-bind-address: must not be the same address";
    static const struct {
        const char *first, *second, *message;
    } cases[] = {
        { "--metrics-bind-address=:9", "--health-probe-bind-address=:9", same },
        { "--metrics-bind-address=:9", "--health-probe-bind-address=:10", NULL },
        { "--metrics-bind-address=0", "--health-probe-bind-address=0", NULL },
        { "--metrics-bind-address=:0", "--health-probe-bind-address=:0", NULL },
        { "--kube-api-burst=1", "--kube-api-qps=0", "--kube-api-burst: needs --kube-api-qps" },
        { "--kube-api-burst=0", "--kube-api-qps=0", NULL },
        { "--kube-api-burst=1", "--kube-api-qps=1", NULL },
        { "--leader-elect=false", "--leader-elect-id=a", "--leader-elect-id: needs --leader-elect" },
        { "--leader-elect-namespace=a", NULL, "--leader-elect-namespace: needs --leader-elect" },
        { "--leader-elect-namespace=a", "--leader-elect-id=b", "--leader-elect-id: needs --leader-elect" },
        { "--leader-elect", "--leader-elect-id=b", NULL },
        { "--metrics-cert-dir=/tls", "--metrics-secure=false", "--metrics-cert-dir: needs --metrics-secure" },
        { "--metrics-cert-dir=/tls", "--metrics-secure", NULL },
        { "--metrics-secure", "--metrics-bind-address=0",
          "--metrics-secure: --metrics-bind-address=0 serves no metrics" },
        { "--metrics-secure", "--metrics-bind-address=:9", NULL },
        { "--leader-elect-id=A", NULL,
          "--leader-elect-id: must be the name of a Lease: a-z, 0-9, '-' and '.', at most 253 characters" },
        { "--namespace=a.b", NULL,
          "--namespace: must be the name of a namespace: a-z, 0-9 and '-', at most 63 characters" },
        { "--ambient-credentials-namespace=**", NULL,
          "--ambient-credentials-namespace: must be the name of a namespace: a-z, 0-9 and '-', at most 63 characters" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        check(cases[i].first, cases[i].second, cases[i].message);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_of_the_controller_have_these_limits),
    cmocka_unit_test(selector_has_at_most_2048_bytes),
    cmocka_unit_test(namespaces_are_at_most_64),
    cmocka_unit_test(flags_that_contradict_each_other_are_named),
};

RR_TEST_MAIN(tests)
