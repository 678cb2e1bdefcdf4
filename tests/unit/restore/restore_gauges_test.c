/* SPDX-License-Identifier: Apache-2.0 */
#include <support/allocated.h>
#include <support/test.h>

#include "restore_gauges.h"
#include "restore_object.h"
#include "restore_record.h"

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/workqueue.h>
#include <redisrestore/text/json.h>

enum { PAGE_MAX_BYTES = 16 * 1024 * 1024 };

#define RDB "\"rdb\":{\"key\":\"a\",\"size\":1000,\"lastModified\":\"2026-01-31T23:59:00.500Z\"}"
#define BACKUP                                                                                                         \
    "\"backup\":{\"rdb\":{\"key\":\"a\",\"size\":1000,\"lastModified\":\"2026-01-31T23:59:00.500Z\"},"                 \
    "\"aof\":{\"key\":\"b\",\"size\":24,\"lastModified\":\"2026-02-01T00:10:00Z\"}}"
#define READY(word)                                                                                                    \
    "\"conditions\":[{\"type\":\"Paired\",\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"" word "\"}]"

struct fixture {
    struct rr_metrics *metrics;
    struct rr_cache *cache;
    struct rr_restore_gauges gauges;
    struct rr_buf page;
    int version;
};

static void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    (void)context;
    (void)before;
    (void)after;
}

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct rr_cache_observer observer = { .on_change = on_change };
    fixture = (struct fixture){ .metrics = rr_metrics_new(),
                                .cache = rr_cache_new(&observer),
                                .page = RR_BUF(PAGE_MAX_BYTES) };
    rr_restore_gauges_init(&fixture.gauges, fixture.metrics, fixture.cache);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_restore_gauges_done(&fixture->gauges);
    rr_cache_free(fixture->cache);
    rr_metrics_free(fixture->metrics);
    rr_buf_done(&fixture->page);
    return 0;
}

static void put_both(struct fixture *fixture, const char *name, const char *uid, const char *spec, const char *status)
{
    rr_auto(buf) text = RR_BUF(4096);
    rr_buf_addf(&text,
                "{\"kind\":\"RedisRestore\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"%s\",\"uid\":\"%s\","
                "\"resourceVersion\":\"%d\",\"generation\":1},\"spec\":%s,\"status\":%s}",
                name, uid, ++fixture->version, spec, status);
    struct rr_error err;
    struct rr_object *object;
    struct rr_object_parts parts = rr_object_take_apart(rr_buf_slice(&text));
    assert_true(rr_object_decode(&rr_restore_object_type, &parts, &object, &err));
    rr_cache_put(fixture->cache, object);
}

static void put(struct fixture *fixture, const char *name, const char *uid, const char *status)
{
    put_both(fixture, name, uid, "{}", status);
}

static const char *page(struct fixture *fixture)
{
    rr_buf_clear(&fixture->page);
    rr_metrics_expose(fixture->metrics, &fixture->page);
    assert_false(fixture->page.overflow);
    return rr_buf_text(&fixture->page);
}

static void f57_object_with_a_backup_has_age_size_and_readiness(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "cart", "u1", "{" BACKUP "," READY("True") "}");

    const char *text = page(fixture);
    assert_has(text, "\nredisrestore_backup_last_modified_timestamp_seconds{namespace=\"shop\",name=\"cart\"} "
                     "1769903940.5\n");
    assert_has(text, "\nredisrestore_backup_size_bytes{namespace=\"shop\",name=\"cart\"} 1024\n");
    assert_has(text, "\nredisrestore_backup_ready{namespace=\"shop\",name=\"cart\"} 1\n");
}

static void n04_age_is_the_older_of_modification_and_name(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *name, *timestamp, *zone, *made;
    } cases[] = {
        { "copied", "20260123-235900", "UTC", "1769212740" },  /* eight days before */
        { "zone", "20260131-235900", "+02:00", "1769896740" }, /* 21:59 */
        { "later", "20260201-235900", "UTC", "1769903940.5" }, /* after it was stored */
        { "no-date", "20261399-000000", "UTC", "1769903940.5" },
        { "no-zone", "20260123-235900", "Mars", "1769903940.5" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char status[1024], spec[128];
        (void)snprintf(spec, sizeof spec, "{\"selection\":{\"timestampTimeZone\":\"%s\"}}", cases[i].zone);
        (void)snprintf(status, sizeof status, "{\"backup\":{\"timestamp\":\"%s\"," RDB "}}", cases[i].timestamp);
        put_both(fixture, cases[i].name, "u", spec, status);
    }

    const char *text = page(fixture);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char line[256];
        (void)snprintf(line, sizeof line,
                       "\nredisrestore_backup_timestamp_seconds{namespace=\"shop\",name=\"%s\"} %s\n", cases[i].name,
                       cases[i].made);
        assert_has(text, line);
    }
}

static void n05_each_warning_of_a_stored_backup_is_a_series(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "cart", "u1",
        "{\"backup\":{" RDB ",\"warnings\":[\"OrderContradiction\",\"NewerWord\",\"Archived\"]}}");
    put(fixture, "fine", "u2", "{" BACKUP "}");

    const char *text = page(fixture);
    assert_has(text,
               "redisrestore_backup_warning{namespace=\"shop\",name=\"cart\",warning=\"OrderContradiction\"} 1\n");
    assert_has(text, "redisrestore_backup_warning{namespace=\"shop\",name=\"cart\",warning=\"Archived\"} 1\n");
    assert_lacks(text, "SuddenlySmall");
    assert_lacks(text, "NewerWord");
    assert_lacks(text, "redisrestore_backup_warning{namespace=\"shop\",name=\"fine\"");
}

static void f57_object_without_a_backup_is_not_ready_and_has_no_age(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "new", "u1", "null");
    put(fixture, "odd", "u2", "{\"backup\":{\"rdb\":{\"size\":-1,\"lastModified\":\"soon\"}},\"conditions\":7}");
    put(fixture, "failed", "u3", "{" BACKUP "," READY("False") "}");

    const char *text = page(fixture);
    assert_has(text, "redisrestore_backup_ready{namespace=\"shop\",name=\"new\"} 0\n");
    assert_has(text, "redisrestore_backup_ready{namespace=\"shop\",name=\"odd\"} 0\n");
    assert_has(text, "redisrestore_backup_ready{namespace=\"shop\",name=\"failed\"} 0\n");
    assert_has(text, "redisrestore_backup_size_bytes{namespace=\"shop\",name=\"failed\"} 1024\n");
    assert_lacks(text, "seconds{namespace=\"shop\",name=\"new\"}");
    assert_lacks(text, "bytes{namespace=\"shop\",name=\"new\"}");
    assert_lacks(text, "seconds{namespace=\"shop\",name=\"odd\"}");
}

static void f57_series_change_and_go_with_the_object(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "cart", "u1", "{" BACKUP "," READY("True") "}");
    (void)page(fixture);

    put(fixture, "cart", "u1", "{" READY("Unknown") "}");
    const char *text = page(fixture);
    assert_has(text, "redisrestore_backup_ready{namespace=\"shop\",name=\"cart\"} 0\n");
    assert_lacks(text, "redisrestore_backup_size_bytes{");

    rr_cache_remove(fixture->cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
    assert_lacks(page(fixture), "cart");
}

static void f57_page_does_not_use_a_freed_cache(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "cart", "u1", "{" READY("True") "}");

    rr_restore_gauges_done(&fixture->gauges);
    rr_cache_free(fixture->cache);
    fixture->cache = NULL;

    assert_lacks(page(fixture), "cart");
}

static void f55_idle_object_takes_less_than_4_kib(void **state)
{
    enum { OBJECTS = 1000 };
    struct fixture *fixture = *state;
    struct rr_workqueue_options options = { .clock = &rr_clock_system, .random = &rr_random_system, .name = "q" };
    rr_auto_ptr(workqueue) queue = rr_workqueue_new(&options);
    struct rr_restore_records *records = rr_restore_records_new();
    const struct rr_restore_memory memory = { .generation = 1 };
    size_t before = allocated_bytes();

    for (int i = 0; i < OBJECTS; i++) {
        char name[32], key[64];
        (void)snprintf(name, sizeof(name), "cart-%d", i);
        (void)snprintf(key, sizeof(key), "shop/%s", name);
        put(fixture, name, "4f6b7a52-6f0f-4c5f-9f8e-0b6a2f1f7c11", "{" BACKUP "," READY("True") "}");
        rr_restore_records_remember(records, rr_slice_from(key), RR_LIT("4f6b7a52-6f0f-4c5f-9f8e-0b6a2f1f7c11"),
                                    &memory);
        rr_workqueue_add_after(queue, rr_slice_from(key), 3600 * 1000);
    }
    (void)page(fixture);
    rr_buf_done(&fixture->page);
    size_t each = (allocated_bytes() - before) / OBJECTS;

    assert_in_range(each, 100, 4096);
    rr_restore_records_free(records);
}

static void scrape(void *context)
{
    struct fixture *fixture = context;
    for (int i = 0; i < 200; i++) {
        rr_auto(buf) text = RR_BUF(PAGE_MAX_BYTES);
        rr_metrics_expose(fixture->metrics, &text);
    }
}

static void f57_scrapes_may_meet_changes(void **state)
{
    struct fixture *fixture = *state;
    struct rr_thread threads[2] = { { 0 } };
    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_start(&threads[i], "scrape", scrape, fixture);

    for (int i = 0; i < 500; i++) {
        put(fixture, "cart", "u1", i % 2 == 0 ? "{" READY("True") "}" : "{" BACKUP "}");
        if (i % 7 == 0)
            rr_cache_remove(fixture->cache, RR_LIT("shop"), RR_LIT("cart"), (struct rr_slice){ 0 });
    }
    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_join(&threads[i]);

    assert_has(page(fixture), "redisrestore_backup_ready{namespace=\"shop\",name=\"cart\"} 0\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f57_object_with_a_backup_has_age_size_and_readiness, setup, teardown),
    cmocka_unit_test_setup_teardown(n04_age_is_the_older_of_modification_and_name, setup, teardown),
    cmocka_unit_test_setup_teardown(n05_each_warning_of_a_stored_backup_is_a_series, setup, teardown),
    cmocka_unit_test_setup_teardown(f57_object_without_a_backup_is_not_ready_and_has_no_age, setup, teardown),
    cmocka_unit_test_setup_teardown(f57_series_change_and_go_with_the_object, setup, teardown),
    cmocka_unit_test_setup_teardown(f57_page_does_not_use_a_freed_cache, setup, teardown),
    cmocka_unit_test_setup_teardown(f55_idle_object_takes_less_than_4_kib, setup, teardown),
    cmocka_unit_test_setup_teardown(f57_scrapes_may_meet_changes, setup, teardown),
};
RR_TEST_MAIN(tests)
