/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/cache.h>

#include "fixture.h"

#include <redisrestore/base/thread.h>

struct fixture {
    struct rr_cache *cache;
    struct rr_buf changes;
};

static void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    struct fixture *fixture = context;
    fixture_note(&fixture->changes, before, after);
    (void)rr_cache_count(fixture->cache); /* would hang if a lock were held */
}

static void begin(struct fixture *fixture)
{
    struct rr_cache_observer observer = { .context = fixture, .on_change = on_change };
    *fixture = (struct fixture){ .cache = rr_cache_new(&observer), .changes = RR_BUF(65536) };
}

static void end(struct fixture *fixture)
{
    rr_cache_free(fixture->cache);
    rr_buf_done(&fixture->changes);
    assert_int_equal(fixture_alive, 0);
}

static void expect_changes(struct fixture *fixture, const char *expected)
{
    assert_string_equal(rr_buf_text(&fixture->changes), expected);
    rr_buf_clear(&fixture->changes);
}

static void put(struct fixture *fixture, const char *name, const char *uid, const char *version)
{
    rr_cache_put(fixture->cache, fixture_object(name, uid, version));
}

static void put_reports_the_added_and_the_changed_object(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    put(&fixture, "a", "u", "1");
    put(&fixture, "a", "u", "2");

    expect_changes(&fixture, "+a/u@1 ~a/u@2 ");
    end(&fixture);
}

static void on_found(void *context, struct rr_object *object)
{
    struct fixture *fixture = context;
    rr_buf_addf(&fixture->changes, "found %.*s ", RR_ARG(object->name));
    (void)rr_cache_count(fixture->cache); /* would hang if a lock were held */
}

static void w06_objects_of_a_list_are_distinguished_from_changes(void **state)
{
    (void)state;
    struct fixture fixture = { .changes = RR_BUF(65536) };
    struct rr_cache_observer observer = { .context = &fixture, .on_change = on_change, .on_found = on_found };
    fixture.cache = rr_cache_new(&observer);
    put(&fixture, "a", "u", "1");
    struct rr_object *objects[] = { fixture_object("a", "u", "2"), fixture_object("b", "v", "3") };

    rr_cache_replace(fixture.cache, (struct rr_slice){ 0 }, objects, RR_COUNT(objects));
    put(&fixture, "b", "v", "4");

    expect_changes(&fixture, "+a/u@1 ~a/u@2 found b ~b/v@4 ");
    end(&fixture);
}

static void r29_known_object_is_not_reported(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");

    put(&fixture, "a", "u", "1");

    expect_changes(&fixture, "+a/u@1 ");
    assert_int_equal(rr_cache_count(fixture.cache), 1);
    end(&fixture);
}

static void r26_same_name_with_another_uid_is_another_object(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "one", "1");
    put(&fixture, "a", "two", "1");
    expect_changes(&fixture, "+a/one@1 -a/one@1 +a/two@1 ");

    struct rr_object *listed[] = { fixture_object("a", "three", "1") };
    rr_cache_replace(fixture.cache, (struct rr_slice){ 0 }, listed, 1);

    expect_changes(&fixture, "-a/two@1 +a/three@1 ");
    end(&fixture);
}

static void r29_remove_of_an_unknown_object_does_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "new", "1");
    rr_buf_clear(&fixture.changes);

    rr_cache_remove(fixture.cache, RR_LIT("ns"), RR_LIT("b"), RR_LIT("u"));
    rr_cache_remove(fixture.cache, RR_LIT("other"), RR_LIT("a"), RR_LIT("new"));
    rr_cache_remove(fixture.cache, RR_LIT("ns"), RR_LIT("a"), RR_LIT("old"));
    expect_changes(&fixture, "");
    rr_cache_remove(fixture.cache, RR_LIT("ns"), RR_LIT("a"), (struct rr_slice){ 0 });
    expect_changes(&fixture, "-a/new@1 ");

    assert_int_equal(rr_cache_count(fixture.cache), 0);
    end(&fixture);
}

static void r29_replace_deletes_what_the_list_lacks(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "gone", "g", "1");
    put(&fixture, "same", "s", "2");
    put(&fixture, "changed", "c", "3");
    rr_buf_clear(&fixture.changes);
    struct rr_object *listed[] = { fixture_object("same", "s", "2"), fixture_object("changed", "c", "4"),
                                   fixture_object("fresh", "f", "5") };

    rr_cache_replace(fixture.cache, (struct rr_slice){ 0 }, listed, 3);

    expect_changes(&fixture, "-gone/g@1 ~changed/c@4 +fresh/f@5 ");
    assert_int_equal(rr_cache_count(fixture.cache), 3);
    end(&fixture);
}

/* An object of a namespace; the uid is that namespace's name. */
static struct rr_object *object_of(const char *namespace_name, const char *name, const char *version)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "{\"kind\":\"Thing\",\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"uid\":\"%s\","
                   "\"resourceVersion\":\"%s\"}}",
                   namespace_name, name, namespace_name, version);
    struct rr_object *object = NULL;
    struct rr_error err;
    struct rr_object_parts parts = rr_object_take_apart(rr_slice_from(text));
    assert_ok(rr_object_decode(&fixture_type, &parts, &object, &err), err);
    return object;
}

static void r29_list_of_a_namespace_leaves_the_others_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    const char *const names[] = { "a", "ab", "b", "c" };
    for (size_t i = 0; i < RR_COUNT(names); i++)
        rr_cache_put(fixture.cache, object_of(names[i], "x", "1"));
    rr_buf_clear(&fixture.changes);
    struct rr_object *listed[] = { object_of("b", "z", "3"), object_of("ab", "stray", "4"), object_of("b", "y", "2") };

    rr_cache_replace(fixture.cache, RR_LIT("b"), listed, 3);
    expect_changes(&fixture, "-x/b@1 +y/b@2 +z/b@3 ");
    rr_cache_replace(fixture.cache, RR_LIT("a"), NULL, 0);
    expect_changes(&fixture, "-x/a@1 ");
    rr_cache_replace(fixture.cache, RR_LIT("aa"), NULL, 0);
    rr_cache_replace(fixture.cache, RR_LIT("z"), NULL, 0);
    expect_changes(&fixture, "");

    rr_auto_ptr(object) neighbour = rr_cache_get(fixture.cache, RR_LIT("ab/x"));
    assert_non_null(neighbour);
    assert_int_equal(rr_cache_count(fixture.cache), 4);
    rr_object_unref(rr_steal(neighbour));
    end(&fixture);
}

static void known_object_is_shared_and_another_is_not(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");
    rr_auto_ptr(object) stored = rr_cache_get(fixture.cache, RR_LIT("ns/a"));

    struct rr_object *same = rr_cache_share(fixture.cache, fixture_object("a", "u", "1"));
    struct rr_object *newer = rr_cache_share(fixture.cache, fixture_object("a", "u", "2"));
    struct rr_object *foreign = rr_cache_share(fixture.cache, fixture_object("b", "u", "1"));

    assert_ptr_equal(same, stored);
    assert_slice(newer->resource_version, "2");
    assert_slice(foreign->name, "b");
    struct rr_object *listed[] = { same, foreign };
    rr_cache_replace(fixture.cache, RR_LIT("ns"), listed, 2);
    expect_changes(&fixture, "+a/u@1 +b/u@1 ");
    rr_object_unref(newer);
    rr_object_unref(rr_steal(stored));
    end(&fixture);
}

/* Names in random order, added and deleted in a full cycle. Present names are found, absent names are not. */
static void cache_finds_each_of_many(void **state)
{
    (void)state;
    enum { MANY = 300, STEP = 7 };
    struct fixture fixture;
    begin(&fixture);
    char name[16], key[24];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i * STEP % MANY);
        put(&fixture, name, "u", "1");
    }
    for (int i = 0; i < MANY; i += 2) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        rr_cache_remove(fixture.cache, RR_LIT("ns"), rr_slice_from(name), RR_LIT("u"));
    }

    assert_int_equal(rr_cache_count(fixture.cache), MANY / 2);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof(key), "ns/n%d", i);
        rr_auto_ptr(object) object = rr_cache_get(fixture.cache, rr_slice_from(key));
        assert_int_equal(object != NULL, i % 2);
    }
    end(&fixture);
}

static void replace_by_nothing_empties_it(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");
    rr_buf_clear(&fixture.changes);

    rr_cache_replace(fixture.cache, (struct rr_slice){ 0 }, NULL, 0);

    expect_changes(&fixture, "-a/u@1 ");
    assert_int_equal(rr_cache_count(fixture.cache), 0);
    end(&fixture);
}

static void replace_takes_the_last_of_two_with_one_name(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");
    rr_buf_clear(&fixture.changes);
    struct rr_object *listed[] = { fixture_object("a", "u", "1"), fixture_object("a", "u", "2"),
                                   fixture_object("b", "v", "3"), fixture_object("b", "v", "4") };

    rr_cache_replace(fixture.cache, (struct rr_slice){ 0 }, listed, 4);

    expect_changes(&fixture, "~a/u@2 +b/v@4 ");
    rr_auto_ptr(object) a = rr_cache_get(fixture.cache, RR_LIT("ns/a"));
    assert_slice(a->resource_version, "2");
    rr_object_unref(rr_steal(a));
    assert_int_equal(rr_cache_count(fixture.cache), 2);
    end(&fixture);
}

static void get_gives_a_reference_that_outlives_the_cache(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");

    struct rr_object *object = rr_cache_get(fixture.cache, RR_LIT("ns/a"));
    assert_null(rr_cache_get(fixture.cache, RR_LIT("ns/b")));
    rr_cache_remove(fixture.cache, RR_LIT("ns"), RR_LIT("a"), RR_LIT("u"));

    assert_slice(object->name, "a");
    rr_object_unref(object);
    end(&fixture);
}

static void visit(void *context, struct rr_object *object)
{
    struct fixture *fixture = context;
    rr_cache_remove(fixture->cache, object->namespace_name, object->name, object->uid);
}

static void each_visits_a_snapshot(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    put(&fixture, "a", "u", "1");
    put(&fixture, "b", "v", "2");
    rr_buf_clear(&fixture.changes);

    rr_cache_each(fixture.cache, (struct rr_slice){ 0 }, visit, &fixture);

    expect_changes(&fixture, "-a/u@1 -b/v@2 ");
    end(&fixture);
}

/* --- many threads --- */

enum { ROUNDS = 500, NAMES = 8, WRITERS = 3 };

static void count_change(void *context, struct rr_object *before, struct rr_object *after)
{
    (void)before;
    (void)after;
    atomic_fetch_add((_Atomic int *)context, 1);
}

struct crowd {
    struct rr_cache *cache;
    const char *uid;
};

static void write_much(void *context)
{
    const struct crowd *crowd = context;
    for (int i = 0; i < ROUNDS; i++) {
        char name[16], version[16];
        (void)snprintf(name, sizeof(name), "n%d", i % NAMES);
        (void)snprintf(version, sizeof(version), "%d", i);
        rr_cache_put(crowd->cache, fixture_object(name, crowd->uid, version));
        if (i % 3 == 0)
            rr_cache_remove(crowd->cache, RR_LIT("ns"), rr_slice_from(name), (struct rr_slice){ 0 });
        if (i % 50 == 0) {
            struct rr_object *listed[] = { fixture_object("n0", crowd->uid, version) };
            rr_cache_replace(crowd->cache, (struct rr_slice){ 0 }, listed, 1);
        }
    }
}

static void read_name(void *context, struct rr_object *object)
{
    (void)context;
    assert_int_equal(object->namespace_name.len, 2);
}

static void read_much(void *context)
{
    const struct crowd *crowd = context;
    for (int i = 0; i < ROUNDS; i++) {
        rr_auto_ptr(object) object = rr_cache_get(crowd->cache, RR_LIT("ns/n0"));
        if (object != NULL)
            assert_slice(object->name, "n0");
        rr_cache_each(crowd->cache, (struct rr_slice){ 0 }, read_name, NULL);
        assert_in_range(rr_cache_count(crowd->cache), 0, NAMES);
    }
}

static void many_threads_lose_no_reference(void **state)
{
    (void)state;
    static const char *const uids[WRITERS] = { "x", "y", "z" };
    _Atomic int changes = 0;
    struct rr_cache_observer observer = { .context = &changes, .on_change = count_change };
    struct rr_cache *cache = rr_cache_new(&observer);
    struct crowd crowds[WRITERS + 1];
    struct rr_thread threads[WRITERS + 1] = { 0 };

    for (int i = 0; i <= WRITERS; i++) {
        crowds[i] = (struct crowd){ cache, i < WRITERS ? uids[i] : NULL };
        rr_thread_start(&threads[i], "crowd", i < WRITERS ? write_much : read_much, &crowds[i]);
    }
    for (int i = 0; i <= WRITERS; i++)
        rr_thread_join(&threads[i]);
    rr_cache_free(cache);

    assert_true(changes > 0);
    assert_int_equal(fixture_alive, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(put_reports_the_added_and_the_changed_object),
    cmocka_unit_test(w06_objects_of_a_list_are_distinguished_from_changes),
    cmocka_unit_test(r29_known_object_is_not_reported),
    cmocka_unit_test(r26_same_name_with_another_uid_is_another_object),
    cmocka_unit_test(r29_remove_of_an_unknown_object_does_nothing),
    cmocka_unit_test(r29_replace_deletes_what_the_list_lacks),
    cmocka_unit_test(r29_list_of_a_namespace_leaves_the_others_alone),
    cmocka_unit_test(known_object_is_shared_and_another_is_not),
    cmocka_unit_test(cache_finds_each_of_many),
    cmocka_unit_test(replace_by_nothing_empties_it),
    cmocka_unit_test(replace_takes_the_last_of_two_with_one_name),
    cmocka_unit_test(get_gives_a_reference_that_outlives_the_cache),
    cmocka_unit_test(each_visits_a_snapshot),
    cmocka_unit_test(many_threads_lose_no_reference),
};
RR_TEST_MAIN(tests)
