/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_events.h"

#define RDB(key) "\"rdb\":{\"key\":\"" key "\",\"size\":1000}"

static struct rr_restore_events_due due(const char *before_backup, const char *after_backup, bool warns)
{
    struct rr_restore_status before, after;
    struct rr_discovery_result result = { .reason = RR_REASON_BACKUP_DISCOVERED, .has_backup = true };
    struct rr_restore_answer answer = { .reason = RR_REASON_BACKUP_DISCOVERED, .result = &result };
    result.warnings[RR_WARNING_ORDER_CONTRADICTION] = warns;
    rr_restore_status_init(&before);
    rr_restore_status_init(&after);
    before.observed_generation = after.observed_generation = 1;
    rr_buf_add(&before.backup, rr_slice_from(before_backup));
    rr_buf_add(&after.backup, rr_slice_from(after_backup));
    struct rr_restore_events_due found = rr_restore_events_of_change(&before, &after, &answer);
    rr_restore_status_done(&before);
    rr_restore_status_done(&after);
    return found;
}

static void s35_warning_is_an_event_once_for_each_rdb(void **state)
{
    (void)state;
    static const char warned[] = "{" RDB("a") ",\"warnings\":[\"OrderContradiction\"]}",
                      other[] = "{\"warnings\":[\"OrderContradiction\"]," RDB("b") "}", silent[] = "{" RDB("a") "}",
                      archived[] = "{" RDB("a") ",\"warnings\":[\"Archived\"]}";

    assert_true(due("", warned, true).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_true(due(silent, warned, true).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_true(due(archived, warned, true).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_true(due(warned, other, true).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_false(due(warned, warned, true).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_false(due(warned, silent, false).warnings[RR_WARNING_ORDER_CONTRADICTION]);
    assert_false(due("", warned, true).warnings[RR_WARNING_ARCHIVED]);
    assert_false(due("", warned, true).warnings[RR_WARNING_SUDDENLY_SMALL]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s35_warning_is_an_event_once_for_each_rdb),
};

RR_TEST_MAIN(tests)
