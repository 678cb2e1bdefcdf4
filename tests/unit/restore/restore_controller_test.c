/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_controller.h>

#include "support/kube_script.h"
#include "support/test.h"

#include <sched.h>

/* A standby of two namespaces. The API server answers each request with the step. */
struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct rr_restore_controller *controller;
};

static void begin(struct fixture *fixture, const struct kube_step *step)
{
    static const struct rr_slice namespaces[] = { { "shop", 4 }, { "cart", 4 } };
    static const struct rr_http_address_policy everything;
    *fixture = (struct fixture){ 0 };
    kube_script_init(&fixture->script, step, 1);
    fixture->script.over_and_over = true;
    fixture->script.refuses_streams = true;
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    fixture->kube.log.level = RR_LOG_INFO;
    kube_fixture_connect(&fixture->kube);
    struct rr_restore_controller_options options = { .kube = fixture->kube.client,
                                                     .storage = fixture->kube.loop,
                                                     .addresses = &everything,
                                                     .clock = &rr_clock_system,
                                                     .random = &rr_random_system,
                                                     .log = &fixture->kube.log,
                                                     .metrics = fixture->kube.metrics,
                                                     .namespaces = namespaces,
                                                     .namespace_count = RR_COUNT(namespaces),
                                                     .instance = RR_LIT("test"),
                                                     .workers = 2,
                                                     .standby = true };
    fixture->controller = rr_restore_controller_start(&options);
}

static void end(struct fixture *fixture)
{
    rr_restore_controller_free(fixture->controller);
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
}

/* The test runner stops a test that waits indefinitely. */
static void wait_logged(struct fixture *fixture, const char *words)
{
    while (test_count(kube_fixture_logged(&fixture->kube), words) == 0)
        (void)sched_yield();
}

/* The cache has no object of a namespace that may not be listed, so no status of one would be written. */
static void w10_controller_that_may_list_no_namespace_is_not_ready(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture,
          &(struct kube_step){ .status = 403, .body = "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403}" });

    wait_logged(&fixture, "namespaces/shop/");
    wait_logged(&fixture, "namespaces/cart/");

    assert_false(rr_restore_controller_has_synced(fixture.controller));
    end(&fixture);
}

static void w10_controller_that_has_listed_its_namespaces_is_ready(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, &(struct kube_step){ .body = "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}" });

    while (!rr_restore_controller_has_synced(fixture.controller))
        (void)sched_yield();

    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w10_controller_that_may_list_no_namespace_is_not_ready),
    cmocka_unit_test(w10_controller_that_has_listed_its_namespaces_is_ready),
};

RR_TEST_MAIN(tests)
