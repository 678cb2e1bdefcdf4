/* SPDX-License-Identifier: Apache-2.0 */
/* The replies that hold a Secret or a token are wiped before their memory is freed (behaviour F-49). The linker puts
 * __wrap_rr_json_done in place of rr_json_done. */
#include "api_fixture.h"

#include "restore_account.h"
#include "restore_secret.h"
#include "restore_trust.h"

#include <redisrestore/crypto/digest.h>
#include <redisrestore/text/json.h>

#define CANARY "Y2FuYXJ5IGNhbmFyeQ==" /* base64 */
#define DATA(key)                                                                                                      \
    "{\"kind\":\"Secret\",\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"" CANARY "\",\"" key        \
    "\":\"" CANARY "\"}}"

void __wrap_rr_json_done(struct rr_json *json);
void __real_rr_json_done(struct rr_json *json);

static int freed, readable;

static bool has_canary(const struct rr_json_node *node)
{
    if (rr_slice_starts_with(rr_json_text(node), RR_LIT(CANARY)))
        return true;
    for (const struct rr_json_node *at = rr_json_first(node); at != NULL; at = rr_json_next(at))
        if (has_canary(at))
            return true;
    return false;
}

void __wrap_rr_json_done(struct rr_json *json)
{
    freed++;
    readable += has_canary(json->root);
    __real_rr_json_done(json);
}

static struct rr_restore_reading answer_with(struct api *api, const struct api_reply *reply)
{
    rr_crypto_global_init();
    *api = (struct api){ 0 };
    freed = readable = 0;
    api_start(api, reply, 1);
    return (struct rr_restore_reading){ .client = api->client,
                                        .namespace_name = RR_LIT("shop"),
                                        .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };
}

static bool read_secret(const struct rr_restore_reading *reading, struct rr_error *err)
{
    rr_auto(restore_secret) secret = { 0 };
    return rr_restore_secret_read(reading, RR_LIT("reader"), &secret, err);
}

static bool read_bundle(const struct rr_restore_reading *reading, struct rr_error *err)
{
    struct rr_restore_spec spec = { .ca = RR_RESTORE_CA_IN_SECRET, .ca_name = RR_LIT("tls"), .ca_key = RR_LIT("key") };
    rr_auto(buf) pem = { 0 };
    return rr_restore_trust_read(reading, &spec, &pem, err);
}

static bool read_token(const struct rr_restore_reading *reading, struct rr_error *err)
{
    rr_auto(buf) token = RR_SECRET_BUF(1024);
    return rr_restore_account_token(reading, RR_LIT("reader"), &token, err);
}

static void f49_reply_with_a_secret_is_wiped_before_it_is_freed(void **state)
{
    (void)state;
    static const struct {
        bool (*read)(const struct rr_restore_reading *reading, struct rr_error *err);
        const char *body;
        bool is_good;
    } cases[] = {
        { read_secret, DATA("session-token"), true },
        { read_secret, "{\"data\":{\"secret-access-key\":\"" CANARY "\"}}", false },
        { read_bundle, DATA("key"), false }, /* not a certificate */
        { read_token, "{\"status\":{\"token\":\"" CANARY "\"}}", true },
        { read_token, "{\"status\":{\"tokens\":\"" CANARY "\"}}", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        static struct api api;
        struct api_reply reply = { 200, cases[i].body, NULL };
        struct rr_restore_reading reading = answer_with(&api, &reply);
        struct rr_error err = { 0 };

        bool is_good = cases[i].read(&reading, &err);

        assert_int_equal(is_good, cases[i].is_good);
        assert_true(freed > 0);
        assert_int_equal(readable, 0);
        api_stop(&api);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f49_reply_with_a_secret_is_wiped_before_it_is_freed),
};
RR_TEST_MAIN(tests)
