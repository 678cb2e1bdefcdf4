#include <support/test.h>

#include "fixture.h"

#include <redisrestore/controller/store.h>

/* What the observer was told: "+a1 -b2 a1>a3 ". */
static void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    struct rr_buf *told = context;
    if (before == NULL)
        rr_buf_addf(told, "+%.*s%.*s ", RR_ARG(after->name), RR_ARG(after->resource_version));
    else if (after == NULL)
        rr_buf_addf(told, "-%.*s%.*s ", RR_ARG(before->name), RR_ARG(before->resource_version));
    else
        rr_buf_addf(told, "%.*s%.*s>%.*s ", RR_ARG(before->name), RR_ARG(before->resource_version),
                    RR_ARG(after->resource_version));
}

static void assert_told(struct rr_buf *told, const char *expected)
{
    assert_string_equal(rr_buf_text(told), expected);
    rr_buf_clear(told);
}

static void r29_events_are_idempotent(void **state)
{
    (void)state;
    rr_auto(buf) told = RR_BUF(1024);
    struct rr_store_observer observer = { &told, on_change };
    rr_auto_ptr(store) store = rr_store_new(&observer);

    rr_store_put(store, fixture_object("a", "u", "1"));
    rr_store_put(store, fixture_object("a", "u", "1"));
    rr_store_put(store, fixture_object("a", "u", "2"));
    rr_store_remove(store, RR_LIT("ns"), RR_LIT("unknown"), RR_LIT(""));
    rr_store_remove(store, RR_LIT("ns"), RR_LIT("a"), RR_LIT("other"));
    assert_told(&told, "+a1 a1>2 ");

    rr_store_remove(store, RR_LIT("ns"), RR_LIT("a"), RR_LIT("u"));
    assert_told(&told, "-a2 ");
    assert_int_equal(rr_store_count(store), 0);
}

static void r26_same_name_with_another_uid_is_another_object(void **state)
{
    (void)state;
    rr_auto(buf) told = RR_BUF(1024);
    struct rr_store_observer observer = { &told, on_change };
    rr_auto_ptr(store) store = rr_store_new(&observer);

    rr_store_put(store, fixture_object("a", "u", "1"));
    rr_store_put(store, fixture_object("a", "v", "2"));

    assert_told(&told, "+a1 -a1 +a2 ");
}

static void r29_list_replaces_and_infers_deletions(void **state)
{
    (void)state;
    rr_auto(buf) told = RR_BUF(1024);
    struct rr_store_observer observer = { &told, on_change };
    rr_auto_ptr(store) store = rr_store_new(&observer);
    rr_store_put(store, fixture_object("a", "u", "1"));
    rr_store_put(store, fixture_object("b", "v", "2"));
    rr_store_put(store, fixture_object("c", "w", "3"));
    rr_buf_clear(&told);

    struct rr_object *list[] = { fixture_object("a", "u", "1"), fixture_object("c", "w", "4"),
                                 fixture_object("d", "x", "5") };
    rr_store_replace(store, list, RR_COUNT(list));

    assert_told(&told, "-b2 c3>4 +d5 ");
    assert_int_equal(rr_store_count(store), 3);
    rr_auto_ptr(object) found = rr_store_get(store, RR_LIT("ns/c"));
    assert_slice(found->resource_version, "4");
    assert_null(rr_store_get(store, RR_LIT("ns/b")));
}

static void empty_list_empties(void **state)
{
    (void)state;
    rr_auto(buf) told = RR_BUF(1024);
    struct rr_store_observer observer = { &told, on_change };
    rr_auto_ptr(store) store = rr_store_new(&observer);
    rr_store_put(store, fixture_object("a", "u", "1"));

    rr_store_replace(store, NULL, 0);

    assert_told(&told, "+a1 -a1 ");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r29_events_are_idempotent),
    cmocka_unit_test(r26_same_name_with_another_uid_is_another_object),
    cmocka_unit_test(r29_list_replaces_and_infers_deletions),
    cmocka_unit_test(empty_list_empties),
};
RR_TEST_MAIN(tests)
