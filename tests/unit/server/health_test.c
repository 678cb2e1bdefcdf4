/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include <redisrestore/server/health.h>

static struct rr_health health;
static struct rr_server_reply reply;
static int calls;

static bool is_fine(void *context, struct rr_buf *out_why)
{
    (void)context;
    (void)out_why;
    calls++;
    return true;
}

static bool is_broken(void *context, struct rr_buf *out_why)
{
    rr_buf_add(out_why, rr_slice_from(context));
    calls++;
    return false;
}

static bool is_broken_and_silent(void *context, struct rr_buf *out_why)
{
    (void)context;
    (void)out_why;
    return false;
}

static struct rr_health_check fine(const char *name)
{
    return (struct rr_health_check){ .name = name, .is_ok = is_fine };
}

static struct rr_health_check broken(const char *name)
{
    static char why[] = "the loop at 10.0.0.1 is blocked";
    return (struct rr_health_check){ .name = name, .context = why, .is_ok = is_broken };
}

static int setup(void **state)
{
    (void)state;
    health = (struct rr_health){ 0 };
    calls = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_buf_done(&reply.body);
    return 0;
}

/* "name=value&name", not encoded. */
static size_t split(struct rr_slice query, struct rr_server_argument *out_arguments)
{
    size_t count = 0;
    while (query.len > 0) {
        struct rr_slice value = rr_slice_cut(&query, '&');
        struct rr_slice name = rr_slice_cut(&value, '=');
        out_arguments[count++] = (struct rr_server_argument){ name, value };
    }
    return count;
}

static void expect(const char *path, const char *query, int status, const char *body)
{
    struct rr_server_argument arguments[8];
    struct rr_server_request request = { .method = "GET",
                                         .path = rr_slice_from(path),
                                         .arguments = arguments,
                                         .argument_count = split(rr_slice_from(query), arguments) };
    rr_buf_done(&reply.body);
    reply = (struct rr_server_reply){ .status = 404, .content_type = "text/plain", .body = RR_BUF(4096) };
    rr_health_on_get(&health, &request, &reply);
    assert_int_equal(reply.status, status);
    assert_slice(rr_buf_slice(&reply.body), body);
}

static void w10_all_well_is_200_and_ok(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    rr_health_add_ready(&health, fine("sync"));

    expect("/healthz", "", 200, "ok");
    expect("/healthz/", "", 200, "ok");
    expect("/readyz", "", 200, "ok");
}

static void w10_verbose_lists_the_checks(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    rr_health_add_live(&health, fine("lease"));

    expect("/healthz", "verbose", 200, "[+]lease ok\n[+]loop ok\nhealthz check passed\n");
    expect("/healthz", "verbose=1", 200, "[+]lease ok\n[+]loop ok\nhealthz check passed\n");
    expect("/healthz", "verbosely", 200, "ok");
}

static void w10_failure_is_500_always_verbose_and_without_its_reason(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    rr_health_add_live(&health, broken("lease"));
    rr_health_add_live(&health, fine("last"));

    expect("/healthz", "", 500, "[+]last ok\n[-]lease failed: reason withheld\n[+]loop ok\nhealthz check failed\n");
}

static void w10_readyz_and_healthz_have_checks_of_their_own(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    rr_health_add_ready(&health, broken("sync"));

    expect("/healthz", "", 200, "ok");
    expect("/readyz", "", 500, "[-]sync failed: reason withheld\nhealthz check failed\n");
    expect("/healthz/sync", "", 404, "");
    expect("/readyz/loop", "", 404, "");
}

static void w10_excluded_check_is_not_run(void **state)
{
    (void)state;
    rr_health_add_live(&health, broken("lease"));
    rr_health_add_live(&health, broken("loop"));

    expect("/healthz", "exclude=lease&exclude=loop", 200, "ok");
    assert_int_equal(calls, 0);
    expect("/healthz", "verbose&exclude=lease&exclude=loop", 200,
           "[+]lease excluded: ok\n[+]loop excluded: ok\nhealthz check passed\n");
    expect("/healthz", "exclude=lease", 500,
           "[+]lease excluded: ok\n[-]loop failed: reason withheld\nhealthz check failed\n");
}

static void w10_name_that_cannot_be_excluded_is_warned_of(void **state)
{
    (void)state;
    rr_health_add_live(&health, broken("lease"));

    expect("/healthz", "exclude=leas&exclude=lease2&exclude=leas&exclude", 500,
           "[-]lease failed: reason withheld\n"
           "warn: some health checks cannot be excluded: no matches for \"leas\",\"lease2\",\"\"\n"
           "healthz check failed\n");
    expect("/healthz", "exclude=lease&exclude=a\"\x01\n", 200, "ok");
    expect("/healthz", "verbose&exclude=lease&exclude=a\"\x01\n", 200,
           "[+]lease excluded: ok\n"
           "warn: some health checks cannot be excluded: no matches for \"a\\\"\\x01\\n\"\n"
           "healthz check passed\n");
}

static void w10_single_check_says_why(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    rr_health_add_live(&health, broken("lease"));
    rr_health_add_live(&health, (struct rr_health_check){ .name = "mute", .is_ok = is_broken_and_silent });

    expect("/healthz/loop", "", 200, "ok");
    expect("/healthz/loop/", "", 200, "ok");
    expect("/healthz/lease", "", 500, "internal server error: the loop at 10.0.0.1 is blocked\n");
    expect("/healthz/mute", "", 500, "internal server error: failed\n");
}

static void w10_without_checks_there_is_ping(void **state)
{
    (void)state;
    expect("/healthz", "", 200, "ok");
    expect("/healthz", "verbose", 200, "[+]ping ok\nhealthz check passed\n");
    expect("/healthz/ping", "", 200, "ok");

    rr_health_add_live(&health, fine("loop"));
    expect("/healthz/ping", "", 404, "");
}

static void w10_other_paths_are_not_found(void **state)
{
    (void)state;
    rr_health_add_live(&health, fine("loop"));
    static const char *const paths[] = {
        "",           "/",       "/healthzz",      "/healthz/nothing", "/healthz/loop//",
        "/healthz/l", "/health", "/healthz//loop", "/readyzz",         "/healthz-loop",
        "/livez"
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        expect(paths[i], "", 404, "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w10_all_well_is_200_and_ok, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_verbose_lists_the_checks, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_failure_is_500_always_verbose_and_without_its_reason, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_readyz_and_healthz_have_checks_of_their_own, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_excluded_check_is_not_run, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_name_that_cannot_be_excluded_is_warned_of, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_single_check_says_why, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_without_checks_there_is_ping, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_other_paths_are_not_found, setup, teardown),
};
RR_TEST_MAIN(tests)
