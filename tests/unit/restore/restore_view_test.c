#include <redisrestore/restore/restore_view.h>

#include "support/test.h"

static struct rr_json json;

static struct rr_restore_view view_of(const char *text)
{
    struct rr_error err;
    struct rr_restore_view view;
    rr_json_done(&json);
    json = (struct rr_json){ 0 };
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);
    rr_restore_view_read(json.root, &view);
    return view;
}

static int teardown(void **state)
{
    (void)state;
    rr_json_done(&json);
    json = (struct rr_json){ 0 };
    return 0;
}

#define OBJECT(generation, observed, ready, more)                                                                      \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"generation\":" generation                               \
    "},\"spec\":{\"suspend\":true,"                                                                                    \
    "\"source\":{\"s3\":{\"bucket\":\"b\",\"endpoint\":\"http://"                                                      \
    "x\",\"credentials\":{\"secretRef\":{\"name\":\"s3\"}}}}},"                                                        \
    "\"status\":{\"observedGeneration\":" observed                                                                     \
    ",\"lastHandledTrigger\":\"t\",\"conditions\":[{\"type\":\"Ready\","                                               \
    "\"status\":\"" ready "\",\"reason\":\"NoBackupFound\",\"message\":\"m\"}" more "]}}"

static void fields_are_read(void **state)
{
    (void)state;
    struct rr_restore_view view = view_of(OBJECT("3", "3", "False", ",{\"type\":\"Stalled\",\"status\":\"True\"}"));

    assert_slice(view.namespace_name, "shop");
    assert_slice(view.name, "cart");
    assert_slice(view.bucket, "b");
    assert_slice(view.endpoint, "http://x");
    assert_slice(view.secret_name, "s3");
    assert_slice(view.handled_trigger, "t");
    assert_slice(view.ready, "False");
    assert_slice(view.message, "m");
    assert_true(view.is_suspended);
    assert_true(view.is_stalled);
    assert_false(view.is_reconciling);
    enum rr_reason reason;
    assert_true(rr_restore_view_reason(&view, &reason));
    assert_int_equal(reason, RR_REASON_NO_BACKUP_FOUND);
}

static void answer_to_an_older_spec_is_not_ready(void **state)
{
    (void)state;
    struct rr_restore_view old = view_of(OBJECT("4", "3", "True", ""));
    assert_false(rr_restore_view_is_current(&old));
    assert_false(rr_restore_view_is_ready(&old));

    struct rr_restore_view current = view_of(OBJECT("3", "3", "True", ""));
    assert_true(rr_restore_view_is_ready(&current));
    struct rr_restore_view failed = view_of(OBJECT("3", "3", "False", ""));
    assert_true(rr_restore_view_is_current(&failed));
    assert_false(rr_restore_view_is_ready(&failed));
}

static void only_its_own_answer_answers_a_trigger(void **state)
{
    (void)state;
    struct rr_restore_view view = view_of(OBJECT("3", "3", "False", ""));
    assert_true(rr_restore_view_answers(&view, RR_LIT("t")));
    assert_false(rr_restore_view_answers(&view, RR_LIT("t2")));

    struct rr_restore_view old = view_of(OBJECT("4", "3", "False", ""));
    assert_false(rr_restore_view_answers(&old, RR_LIT("t")));
}

static void empty_and_odd_objects_say_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "[]", "{\"metadata\":7,\"spec\":\"x\",\"status\":[1]}",
                                         "{\"status\":{\"conditions\":[7,{\"type\":7,\"status\":true}]}}" };
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        struct rr_restore_view view = view_of(texts[i]);
        enum rr_reason reason;
        int64_t date;
        assert_false(rr_restore_view_is_current(&view));
        assert_false(rr_restore_view_is_ready(&view));
        assert_false(rr_restore_view_reason(&view, &reason));
        assert_false(rr_restore_view_date(view.status, "lastDiscoveryTime", &date));
        assert_int_equal(view.name.len, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(fields_are_read, NULL, teardown),
    cmocka_unit_test_setup_teardown(answer_to_an_older_spec_is_not_ready, NULL, teardown),
    cmocka_unit_test_setup_teardown(only_its_own_answer_answers_a_trigger, NULL, teardown),
    cmocka_unit_test_setup_teardown(empty_and_odd_objects_say_nothing, NULL, teardown),
};

RR_TEST_MAIN(tests)
