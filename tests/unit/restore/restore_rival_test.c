/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_rival.h"

#include "support/test.h"

#define ENTRY(manager, operation, subresource, time)                                                                   \
    "{\"manager\":\"" manager "\",\"operation\":\"" operation "\",\"subresource\":\"" subresource                      \
    "\",\"time\":\"" time "\",\"fieldsV1\":{\"f:status\":{}}}"
#define LATE "2026-01-31T23:59:59Z"

static int64_t applied(const char *entries)
{
    rr_auto(buf) text = RR_BUF(4096);
    rr_buf_addf(&text, "{\"metadata\":{\"name\":\"cart\",\"managedFields\":[%s]},\"status\":{}}", entries);
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(e20_time_is_that_of_our_manager_that_applied_the_status),
    cmocka_unit_test(e20_other_managers_operations_and_parts_are_no_write_of_a_controller),
};
RR_TEST_MAIN(tests)
