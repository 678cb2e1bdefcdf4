/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_rival.h"

#include "api_fixture.h"

#include <redisrestore/base/mem.h>

#define ENTRY(manager, operation, subresource, time)                                                                   \
    "{\"manager\":\"" manager "\",\"operation\":\"" operation "\",\"subresource\":\"" subresource                      \
    "\",\"time\":\"" time "\",\"fieldsV1\":{\"f:status\":{}}}"
#define LATE "2026-01-31T23:59:59Z"

static int64_t applied(const char *entries)
{
    rr_auto(buf) text = RR_BUF(4096);
    rr_buf_addf(&text, "[%s]", entries);
    struct rr_error err;
    assert_ok(rr_json_raw_check(rr_buf_slice(&text), &err), err);
    return rr_restore_applied_unix_s(rr_buf_slice(&text));
}

static void e20_time_is_that_of_our_manager_that_applied_the_status(void **state)
{
    (void)state;
    assert_int_equal(applied(ENTRY("kubectl", "Apply", "status", LATE) "," ENTRY("redisrestore-controller", "Apply",
                                                                                 "status", "2026-01-31T00:00:01Z")),
                     1769817601);
}

static void e20_other_managers_operations_and_parts_are_no_write_of_a_controller(void **state)
{
    (void)state;
    assert_int_equal(applied(ENTRY("kubectl-edit", "Update", "status", LATE)), 0);
    assert_int_equal(applied(ENTRY("redisrestore-controller", "Update", "status", LATE)), 0);
    assert_int_equal(applied(ENTRY("redisrestore-controller", "Apply", "", LATE)), 0);
    assert_int_equal(applied(ENTRY("redisrestore-controller", "Apply", "status", "yesterday")), 0);
    assert_int_equal(applied(""), 0);
}

/* The answer of the API server to the look for a second controller. */
static bool look(int status, const char *body, int64_t written_unix_s, bool *out_rival, struct rr_error *err)
{
    static struct api api;
    struct api_reply reply = { status, body, NULL };
    struct rr_object object = { .namespace_name = RR_LIT("shop"), .name = RR_LIT("cart") };
    memset(&api, 0, sizeof api);
    api_start(&api, &reply, 1);
    bool looked =
        rr_restore_look_for_rival(api.client, &rr_clock_system, &object, written_unix_s, NULL, out_rival, err);
    api_stop(&api);
    static const char line[] = "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart HTTP/1.1\r\n";
    assert_memory_equal(api.requests[0], line, sizeof line - 1);
    return looked;
}

static void e20_rival_is_known_only_from_a_later_apply(void **state)
{
    (void)state;
    static const char body[] = "{\"metadata\":{\"managedFields\":[" ENTRY("redisrestore-controller", "Apply", "status",
                                                                          "2026-01-31T00:00:01Z") "]}}";
    struct rr_error err;
    bool rival = false;

    assert_ok(look(200, body, 1769817600, &rival, &err), err);
    assert_true(rival);
    assert_ok(look(200, body, 1769817601, &rival, &err), err); /* the write of this process */
    assert_false(rival);
    assert_ok(look(200, "{\"metadata\":{}}", 1, &rival, &err), err);
    assert_false(rival);
    assert_false(look(404, "{}", 1, &rival, &err));
    assert_false(look(200, "{\"metadata\":", 1, &rival, &err));
    assert_int_equal(err.code, RR_E_BAD_REPLY);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(e20_time_is_that_of_our_manager_that_applied_the_status),
    cmocka_unit_test(e20_other_managers_operations_and_parts_are_no_write_of_a_controller),
    cmocka_unit_test(e20_rival_is_known_only_from_a_later_apply),
};
RR_TEST_MAIN(tests)
