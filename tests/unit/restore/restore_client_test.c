/* SPDX-License-Identifier: Apache-2.0 */
#include "api_fixture.h"

#include <redisrestore/restore/restore_client.h>

#include <unistd.h>

static struct api api;
static struct rr_stop stop;

static int setup(void **state)
{
    (void)state;
    memset(&api, 0, sizeof(api));
    rr_stop_init(&stop, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_stop_done(&stop);
    return 0;
}

static struct rr_restore_at at_of(const char *namespace_name, const char *name)
{
    return (struct rr_restore_at){
        .client = api.client,
        .namespace_name = rr_slice_from(namespace_name),
        .name = rr_slice_from(name),
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), 10000),
        .stop = &stop,
    };
}

static void change_is_one_merge_patch_of_the_spec_alone(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, "{\"metadata\":{\"name\":\"cart\"}}", NULL } };
    struct rr_error err;
    rr_auto(json) object = { 0 };
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "cart");

    assert_ok(rr_restore_merge_spec(&at, RR_LIT("{\"suspend\":true}"), &object, &err), err);

    api_stop(&api);
    assert_int_equal(api.asked, 1);
    assert_non_null(strstr(api.requests[0], "PATCH /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart"
                                            "?fieldManager=kubectl-redisrestore HTTP/1.1\r\n"));
    assert_non_null(strstr(api.requests[0], "\r\nContent-Type: application/merge-patch+json\r\n"));
    assert_string_equal(strstr(api.requests[0], "\r\n\r\n") + 4, "{\"spec\":{\"suspend\":true}}");
    assert_slice(rr_json_text(rr_json_path(object.root, "metadata", "name", NULL)), "cart");
}

static void change_is_not_sent_twice(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 503, "{}", "Retry-After: 1\r\n" } };
    struct rr_error err;
    rr_auto(json) object = { 0 };
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "cart");

    assert_false(rr_restore_merge_spec(&at, RR_LIT("{}"), &object, &err));

    api_stop(&api);
    assert_int_equal(api.asked, 1);
    assert_null(object.root);
}

static void missing_object_is_not_found(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 404, "{\"kind\":\"Status\",\"message\":\"their words\"}", NULL } };
    struct rr_error err;
    rr_auto(json) object = { 0 };
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "cart");

    assert_false(rr_restore_get(&at, &object, &err));

    api_stop(&api);
    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "get redisrestores.redisrestore.dev cart in namespace shop"));
    assert_null(strstr(err.message, "their words"));
}

static bool count(void *context, const struct rr_json_node *object, struct rr_error *err)
{
    int *left = context;
    (void)object;
    return (*left)-- > 0 || rr_fail(err, RR_E_TOO_BIG, "enough");
}

#define LIST "{\"kind\":\"RedisRestoreList\",\"items\":[{\"a\":1},{\"b\":{}},{\"c\":[]}]}"

static void list_gives_each_object(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, LIST, NULL } };
    struct rr_error err;
    int left = 10;
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("", "");

    assert_ok(rr_restore_list(&at, &left, count, &err), err);

    api_stop(&api);
    assert_int_equal(left, 7);
    assert_non_null(strstr(api.requests[0], "GET /apis/redisrestore.dev/v1alpha1/redisrestores HTTP/1.1\r\n"));
}

/* The API server stores a NUL in an annotation; here stands what it sends. */
#define ODD  "{\"metadata\":{\"name\":\"odd\",\"namespace\":\"shop\",\"annotations\":{\"a\":\"x\\u0000y\"}}}"
#define ODDS "{\"kind\":\"RedisRestoreList\",\"items\":[{\"a\":1}," ODD ",{\"c\":[]}]}"

static void r17_nul_in_one_object_hides_no_other(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ODDS, NULL } };
    struct rr_error err;
    int ends[2], left = 10;
    char said[1024] = "";
    assert_int_equal(pipe(ends), 0);
    struct rr_log log = { .fd = ends[1], .format = RR_LOG_TEXT, .level = RR_LOG_WARN, .clock = &rr_clock_system };
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("", "");
    at.log = &log;

    assert_ok(rr_restore_list(&at, &left, count, &err), err);

    api_stop(&api);
    (void)close(ends[1]);
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    (void)close(ends[0]);
    assert_int_equal(left, 8);
    assert_non_null(strstr(said, " namespace=shop name=odd "));
    assert_non_null(strstr(said, "a NUL in a string"));
    assert_ptr_equal(strchr(said, '\n'), strrchr(said, '\n'));
}

static void r17_object_that_no_tree_holds_is_named(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ODD, NULL } };
    struct rr_error err;
    rr_auto(json) object = { 0 };
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "odd");

    assert_false(rr_restore_get(&at, &object, &err));

    api_stop(&api);
    assert_non_null(strstr(err.message, "RedisRestore odd in namespace shop: the JSON has a NUL in a string"));
}

static void r17_object_that_is_no_json_ends_the_list(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, "{\"items\":[{\"a\":1},{\"b\":nil}]}", NULL } };
    struct rr_error err;
    int left = 10;
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("", "");

    assert_false(rr_restore_list(&at, &left, count, &err));

    api_stop(&api);
    assert_int_equal(err.code, RR_E_BAD_REPLY);
}

static void list_that_is_cut_is_an_error(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, "{\"items\":[{\"a\":1}", NULL } };
    struct rr_error err;
    int left = 10;
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "");

    assert_false(rr_restore_list(&at, &left, count, &err));

    api_stop(&api);
    assert_int_equal(err.code, RR_E_BAD_REPLY);
}

static void list_ends_when_the_callback_returns_false(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, LIST, NULL } };
    struct rr_error err;
    int left = 1;
    api_start(&api, replies, 1);
    struct rr_restore_at at = at_of("shop", "");

    assert_false(rr_restore_list(&at, &left, count, &err));

    api_stop(&api);
    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static bool ignore(void *context, const struct rr_json_node *object, struct rr_error *err)
{
    (void)context, (void)object, (void)err;
    return true;
}

/* Every request of this module. */
static bool request(int which, const struct rr_restore_at *at, struct rr_error *err)
{
    rr_auto(json) object = { 0 };
    switch (which) {
    case 0:
        return rr_restore_get(at, &object, err);
    case 1:
        return rr_restore_merge_spec(at, RR_LIT("{}"), &object, err);
    case 2:
        return rr_restore_list(at, NULL, ignore, err);
    case 3:
        return rr_restore_list_warnings(at, RR_LIT("u&1"), NULL, ignore, err);
    default:
        return rr_restore_list_leases(at, NULL, ignore, err);
    }
}

enum { REQUESTS = 5 };

static void r32_request_has_the_path_and_the_query_of_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line;
    } cases[REQUESTS] = {
        { "cart", "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart HTTP/1.1\r\n" },
        { "cart", "PATCH /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart?fieldManager="
                  "kubectl-redisrestore HTTP/1.1\r\n" },
        { "", "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores HTTP/1.1\r\n" },
        { "", "GET /api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3Du%261%2Ctype%3DWarning "
              "HTTP/1.1\r\n" },
        { "", "GET /apis/coordination.k8s.io/v1/namespaces/shop/leases HTTP/1.1\r\n" },
    };
    static const struct api_reply reply = { 200, "{\"items\":[]}", NULL };
    struct rr_error err;
    api_start(&api, &reply, 1);

    for (int i = 0; i < REQUESTS; i++) {
        struct rr_restore_at at = at_of("shop", cases[i].name);
        assert_ok(request(i, &at, &err), err);
    }

    api_stop(&api);
    assert_int_equal(api.asked, REQUESTS);
    for (int i = 0; i < REQUESTS; i++)
        assert_memory_equal(api.requests[i], cases[i].line, strlen(cases[i].line));
}

static void r32_request_after_its_deadline_is_not_sent(void **state)
{
    (void)state;
    static const struct api_reply reply = { 200, "{\"items\":[]}", NULL };
    struct rr_error err;
    api_start(&api, &reply, 1);

    for (int i = 0; i < REQUESTS; i++) {
        struct rr_restore_at at = at_of("shop", i < 2 ? "cart" : "");
        at.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) - 1;
        assert_false(request(i, &at, &err));
        assert_int_equal(err.code, RR_E_TIMEOUT);
    }

    api_stop(&api);
    assert_int_equal(api.asked, 0);
}

static void r32_request_of_a_process_that_stops_is_cancelled(void **state)
{
    (void)state;
    static const struct api_reply reply = { API_SILENT, "", NULL };
    struct rr_error err;
    api_start(&api, &reply, 1);
    rr_stop_set(&stop);

    for (int i = 0; i < REQUESTS; i++) {
        struct rr_restore_at at = at_of("shop", i < 2 ? "cart" : "");
        assert_false(request(i, &at, &err));
        assert_int_equal(err.code, RR_E_CANCELLED);
    }

    api_stop(&api);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(change_is_one_merge_patch_of_the_spec_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(change_is_not_sent_twice, setup, teardown),
    cmocka_unit_test_setup_teardown(missing_object_is_not_found, setup, teardown),
    cmocka_unit_test_setup_teardown(list_gives_each_object, setup, teardown),
    cmocka_unit_test_setup_teardown(r17_nul_in_one_object_hides_no_other, setup, teardown),
    cmocka_unit_test_setup_teardown(r17_object_that_no_tree_holds_is_named, setup, teardown),
    cmocka_unit_test_setup_teardown(r17_object_that_is_no_json_ends_the_list, setup, teardown),
    cmocka_unit_test_setup_teardown(list_that_is_cut_is_an_error, setup, teardown),
    cmocka_unit_test_setup_teardown(list_ends_when_the_callback_returns_false, setup, teardown),
    cmocka_unit_test_setup_teardown(r32_request_has_the_path_and_the_query_of_its_kind, setup, teardown),
    cmocka_unit_test_setup_teardown(r32_request_after_its_deadline_is_not_sent, setup, teardown),
    cmocka_unit_test_setup_teardown(r32_request_of_a_process_that_stops_is_cancelled, setup, teardown),
};

RR_TEST_MAIN(tests)
