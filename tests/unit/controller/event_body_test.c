/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "event_body.h"

#include <redisrestore/text/json.h>

static struct rr_event an_event(void)
{
    return (struct rr_event){ .api_version = "redisrestore.dev/v1alpha1",
                              .kind = "RedisRestore",
                              .namespace_name = RR_LIT("shop"),
                              .name = RR_LIT("cart"),
                              .uid = RR_LIT("uid"),
                              .resource_version = RR_LIT("7"),
                              .warning = true,
                              .reason = "NoBackupFound",
                              .action = "Discover",
                              .note = RR_LIT("nothing") };
}

static void make(const struct rr_event *event, uint64_t number, struct rr_json *out_json)
{
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(16384), name = RR_BUF(253);
    rr_event_name(&name, event->name, 1769903940123, number);
    rr_event_body(&text, event, "redisrestore.dev/controller", RR_LIT("pod-1"), 1769903940123, rr_buf_slice(&name));
    assert_ok(rr_json_parse(rr_buf_slice(&text), out_json, &err), err);
}

static struct rr_slice text_of(const struct rr_json *json, const char *name)
{
    return rr_json_text(rr_json_member(json->root, name));
}

static void e01_required_fields_are_there(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    struct rr_event event = an_event();

    make(&event, 5, &json);

    assert_slice(text_of(&json, "apiVersion"), "events.k8s.io/v1");
    assert_slice(text_of(&json, "type"), "Warning");
    assert_slice(text_of(&json, "reason"), "NoBackupFound");
    assert_slice(text_of(&json, "action"), "Discover");
    assert_slice(text_of(&json, "note"), "nothing");
    assert_slice(text_of(&json, "eventTime"), "2026-01-31T23:59:00.123000Z");
    assert_slice(text_of(&json, "reportingController"), "redisrestore.dev/controller");
    assert_slice(text_of(&json, "reportingInstance"), "pod-1");
    assert_slice(rr_json_text(rr_json_path(json.root, "regarding", "uid", NULL)), "uid");
    assert_slice(rr_json_text(rr_json_path(json.root, "metadata", "namespace", NULL)), "shop");
    assert_slice(rr_json_text(rr_json_path(json.root, "metadata", "name", NULL)), "cart.188ff64195987cc5");
}

static void e02_names_differ_within_a_millisecond_and_stay_dns_names(void **state)
{
    (void)state;
    char long_name[254];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[253] = '\0';
    long_name[235] = '-'; /* where the cut falls */
    rr_auto(json) one = { 0 }, two = { 0 }, cut = { 0 };
    struct rr_event event = an_event();

    make(&event, 1, &one);
    make(&event, 2, &two);
    event.name = rr_slice_from(long_name);
    make(&event, 1, &cut);

    assert_false(rr_slice_equals(rr_json_text(rr_json_path(one.root, "metadata", "name", NULL)),
                                 rr_json_text(rr_json_path(two.root, "metadata", "name", NULL))));
    struct rr_slice name = rr_json_text(rr_json_path(cut.root, "metadata", "name", NULL));
    assert_true(name.len <= 253);
    assert_int_equal(name.ptr[235], '.');
}

static void e06_note_is_escaped_and_cut(void **state)
{
    (void)state;
    char note[3000];
    memset(note, 'x', sizeof(note));
    memcpy(note, "a\nb\x1b", 4);
    rr_auto(json) json = { 0 };
    struct rr_event event = an_event();
    event.note = (struct rr_slice){ note, sizeof(note) };

    make(&event, 1, &json);

    struct rr_slice shown = text_of(&json, "note");
    assert_true(shown.len <= 1024);
    assert_true(rr_slice_starts_with(shown, RR_LIT("a\\x0ab\\x1b")));
    assert_true(rr_slice_ends_with(shown, RR_LIT("...")));
}

static void e01_body_is_exact(void **state)
{
    (void)state;
    for (int warning = 0; warning < 2; warning++) {
        rr_auto(buf) text = RR_BUF(16384), wanted = RR_BUF(16384);
        struct rr_event event = an_event();
        event.warning = warning > 0;
        rr_buf_addf(&wanted,
                    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"n\","
                    "\"namespace\":\"shop\"},\"eventTime\":\"2026-01-31T23:59:00.123000Z\","
                    "\"reportingController\":\"redisrestore.dev/controller\",\"reportingInstance\":\"pod-1\","
                    "\"type\":\"%s\",\"reason\":\"NoBackupFound\",\"action\":\"Discover\",\"note\":\"nothing\","
                    "\"regarding\":{\"apiVersion\":\"redisrestore.dev/v1alpha1\",\"kind\":\"RedisRestore\","
                    "\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"uid\",\"resourceVersion\":\"7\"}}",
                    warning > 0 ? "Warning" : "Normal");

        rr_event_body(&text, &event, "redisrestore.dev/controller", RR_LIT("pod-1"), 1769903940123, RR_LIT("n"));

        assert_string_equal(rr_buf_text(&text), rr_buf_text(&wanted));
    }
}

/* A name that is cut ends as a part of a DNS name may. */
static void e02_name_is_that_of_the_object_and_the_time(void **state)
{
    (void)state;
    enum { KEPT = 253 - 1 - 16 };
    static const struct {
        const char *end; /* of a name that is too long by one byte */
        size_t kept;     /* of its bytes */
    } cases[] = {
        { "az", KEPT },     { "zz", KEPT },      { "0z", KEPT },        { "9z", KEPT },      { "-z", KEPT - 1 },
        { ".z", KEPT - 1 }, { "--z", KEPT - 2 }, { "z-.-z", KEPT - 3 }, { "9-z", KEPT - 1 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char regarding[KEPT + 2];
        rr_auto(buf) name = RR_BUF(253);
        memset(regarding, 'm', sizeof regarding);
        memcpy(regarding + KEPT + 1 - strlen(cases[i].end), cases[i].end, strlen(cases[i].end));

        rr_event_name(&name, (struct rr_slice){ regarding, KEPT + 1 }, INT64_MAX / 2000000, 1000005);

        regarding[cases[i].kept] = '.';
        assert_false(name.overflow);
        assert_int_equal(name.len, cases[i].kept + 1 + 16);
        assert_memory_equal(name.ptr, regarding, cases[i].kept + 1);
    }
    rr_auto(buf) name = RR_BUF(253);
    rr_event_name(&name, RR_LIT("cart-0"), 1, 1000005);
    assert_string_equal(rr_buf_text(&name), "cart-0.f4245"); /* 1,000,000 ns and the number below a millisecond */
}

static void e01_instance_is_cut_at_128_bytes(void **state)
{
    (void)state;
    char instance[130];
    memset(instance, 'i', sizeof instance);
    for (size_t len = 127; len <= sizeof instance; len++) {
        rr_auto(buf) text = RR_BUF(16384);
        struct rr_event event = an_event();
        struct rr_error err;
        rr_auto(json) json = { 0 };

        rr_event_body(&text, &event, "c", (struct rr_slice){ instance, len }, 1, RR_LIT("n"));

        assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);
        assert_int_equal(text_of(&json, "reportingInstance").len, len < 128 ? len : 128);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(e01_required_fields_are_there),
    cmocka_unit_test(e02_names_differ_within_a_millisecond_and_stay_dns_names),
    cmocka_unit_test(e06_note_is_escaped_and_cut),
    cmocka_unit_test(e01_body_is_exact),
    cmocka_unit_test(e02_name_is_that_of_the_object_and_the_time),
    cmocka_unit_test(e01_instance_is_cut_at_128_bytes),
};
RR_TEST_MAIN(tests)
