/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/proxy.h>

#include "fakes/fake_environment.h"
#include "support/test.h"

static void k06_parsed_proxy_has_scheme_host_and_port(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://proxy", "http://proxy:80" },
        { "http://proxy:80/", "http://proxy:80" },
        { "HTTPS://proxy", "https://proxy:443" },
        { "https://proxy:80", "https://proxy:80" },
        { "http://proxy:443", "http://proxy:443" },
        { "socks5://proxy", "socks5h://proxy:1080" },
        { "http://[::1]:3128", "http://[::1]:3128" },
        { "http://[fd00::80]", "http://[fd00::80]:80" },
        { "http://me:p%40ss@proxy:1", "http://me:p%40ss@proxy:1" },
        { "http://me:p@s s@proxy:1", "http://me:p%40s%20s@proxy:1" },
        { "http://\xc3\xa4@proxy", "http://%C3%A4@proxy:80" },
        { "http://@proxy", "http://@proxy:80" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        rr_auto(secret) proxy = { 0 };
        struct rr_error err = { 0 };
        assert_ok(rr_proxy_normalise(rr_slice_from(rows[i][0]), &proxy, &err), err);
        assert_slice(rr_secret_reveal(&proxy), rows[i][1]);
    }
}

static void k06_invalid_proxy_is_refused_without_quoting_it(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "canary",           "canary:3128",       "ftp://canary",        "socks4://canary",
        "http://",          "http://canary@",    "http://canary:0",     "http://a b",
        "http://canary:1x", "http://canary\n:1", "http://a?q=canary:1", "socks5h://canary"
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        rr_auto(secret) proxy = { 0 };
        struct rr_error err = { 0 };
        assert_false(rr_proxy_normalise(rr_slice_from(rows[i]), &proxy, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_null(strstr(err.message, "canary"));
    }
}

static const char *variable_for(const char *server, const char *no_proxy)
{
    struct fake_variable variables[] = {
        { "HTTPS_PROXY", "p" }, { "http_proxy", "p" }, { "NO_PROXY", no_proxy }, { 0 }
    };
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    return rr_proxy_variable(rr_slice_from(server), &environment);
}

static void k06_variable_of_the_scheme_is_read_in_either_case(void **state)
{
    (void)state;
    assert_string_equal(variable_for("https://api.example", ""), "HTTPS_PROXY");
    assert_string_equal(variable_for("http://api.example", ""), "http_proxy");

    struct fake_variable both[] = { { "https_proxy", "a" }, { "HTTPS_PROXY", "b" }, { 0 } };
    struct fake_environment fake = { both };
    struct rr_environment environment = fake_environment(&fake);
    assert_string_equal(rr_proxy_variable(RR_LIT("https://api.example"), &environment), "HTTPS_PROXY");
    fake.variables = NULL;
    assert_null(rr_proxy_variable(RR_LIT("https://api.example"), &environment));
}

static void k06_loopback_never_has_a_proxy(void **state)
{
    (void)state;
    static const char *const servers[] = { "https://localhost:6443", "https://127.0.0.1", "https://127.9.9.9:1",
                                           "https://[::1]:6443", "https://LOCALHOST" };
    for (size_t i = 0; i < RR_COUNT(servers); i++)
        assert_null(variable_for(servers[i], ""));
    assert_non_null(variable_for("https://localhost.example", ""));
}

/* The examples of Go's httpproxy, which client-go asks. */
static void k06_exempt_servers_have_no_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *server, *no_proxy;
        bool exempt;
    } rows[] = {
        { "https://api.example", "*", true },
        { "https://api.example", "example", true },
        { "https://api.example", "api.example", true },
        { "https://api.example", " other , API.example ", true },
        { "https://api.example", ".example", true },
        { "https://api.example", "*.example", true },
        { "https://example", ".example", false },
        { "https://example", "*.example", false },
        { "https://myexample", "example", false },
        { "https://api.example", "api", false },
        { "https://api.example", "", false },
        { "https://api.example", ",,", false },
        { "https://api.example:6443", "api.example:6443", true },
        { "https://api.example:6443", "api.example:443", false },
        { "https://api.example", "api.example:443", true },
        { "https://api.example", "api.example:x", false },
        { "https://10.96.0.1:443", "10.96.0.0/12", true },
        { "https://10.112.0.1:443", "10.96.0.0/12", false },
        { "https://10.96.0.1:443", "10.96.0.1", true },
        { "https://10.96.0.1:443", "10.96.0.1:443", true },
        { "https://10.96.0.1:443", "10.96.0.1:80", false },
        { "https://10.96.0.1:443", "10.96.0", false },
        { "https://10.96.0.1:443", "0.0.0.0/0", true },
        { "https://10.96.0.1:443", "10.96.0.0/33", false },
        { "https://10.96.0.1:443", "::/0", false },
        { "https://[fd00::1]:443", "fd00::/8", true },
        { "https://[fd00::1]:443", "fd00::1", true },
        { "https://[fd00::1]:443", "[fd00::1]:443", true },
        { "https://[fd00::1]:443", "[fd00::1]:80", false },
        { "https://[fe00::1]:443", "fd00::/8", false },
        { "https://api.example", "10.0.0.0/8", false },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++)
        if ((variable_for(rows[i].server, rows[i].no_proxy) == NULL) != rows[i].exempt)
            fail_msg("%s with NO_PROXY=%s", rows[i].server, rows[i].no_proxy);
}

static void proxy_of_a_variable_may_lack_its_scheme(void **state)
{
    (void)state;
    static const struct {
        const char *value, *proxy;
    } rows[] = { { "proxy:3128", "http://proxy:3128" },
                 { "https://proxy", "https://proxy:443" },
                 { "me:canary@proxy", "http://me:canary@proxy:80" },
                 { "ftp://canary", NULL },
                 { "canary\n", NULL } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        const struct fake_variable variables[] = { { "HTTPS_PROXY", rows[i].value }, { 0 } };
        struct fake_environment fake = { variables };
        struct rr_environment environment = fake_environment(&fake);
        rr_auto(secret) proxy = { 0 };
        const char *variable = NULL;
        struct rr_error err = { 0 };

        bool good = rr_proxy_from_environment(RR_LIT("https://s3.example"), &environment, &proxy, &variable, &err);

        assert_string_equal(variable, "HTTPS_PROXY");
        assert_int_equal(good, rows[i].proxy != NULL);
        if (good)
            assert_slice(rr_secret_reveal(&proxy), rows[i].proxy);
        assert_null(strstr(err.message, "canary"));
        if (!good)
            assert_memory_equal(err.message, "HTTPS_PROXY ", 12);
    }
}

static void without_a_variable_there_is_no_proxy(void **state)
{
    (void)state;
    struct fake_environment fake = { NULL };
    struct rr_environment environment = fake_environment(&fake);
    rr_auto(secret) proxy = { 0 };
    const char *variable = "x";
    struct rr_error err = { 0 };

    assert_ok(rr_proxy_from_environment(RR_LIT("https://s3.example"), &environment, &proxy, &variable, &err), err);

    assert_null(variable);
    assert_false(rr_secret_is_set(&proxy));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(proxy_of_a_variable_may_lack_its_scheme),
    cmocka_unit_test(without_a_variable_there_is_no_proxy),
    cmocka_unit_test(k06_parsed_proxy_has_scheme_host_and_port),
    cmocka_unit_test(k06_invalid_proxy_is_refused_without_quoting_it),
    cmocka_unit_test(k06_variable_of_the_scheme_is_read_in_either_case),
    cmocka_unit_test(k06_loopback_never_has_a_proxy),
    cmocka_unit_test(k06_exempt_servers_have_no_proxy),
};
RR_TEST_MAIN(tests)
