/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"

#include "support/test.h"
#include "support/test_pem.h"

static const char version[] = "client.authentication.k8s.io/v1";
enum { NOW_UNIX_MS = 1000 };

#define REPLY(status)                                                                                                  \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":" status "}"
/* PEM as a JSON string: "{N}" stands for the end of a line. */
#define CERT "\"clientCertificateData\":\"{C}\""
#define KEY  "\"clientKeyData\":\"{K}\""

static void add_pem(struct rr_buf *text, const char *pem)
{
    for (; *pem != '\0'; pem++)
        if (*pem == '\n')
            rr_buf_add(text, RR_LIT("\\n"));
        else
            rr_buf_add_byte(text, *pem);
}

static bool parse(const char *format, struct rr_kube_credential *out_credential, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(65536);
    for (; *format != '\0'; format++) {
        bool cert = strncmp(format, "{C}", 3) == 0, key = strncmp(format, "{K}", 3) == 0,
             other = strncmp(format, "{O}", 3) == 0;
        if (cert || key || other) {
            add_pem(&text, cert ? TEST_CERT_ONE : key ? TEST_KEY_ONE : TEST_KEY_TWO);
            format += 2;
        } else {
            rr_buf_add_byte(&text, *format);
        }
    }
    return rr_kube_exec_reply_parse(rr_buf_slice(&text), version, NOW_UNIX_MS, out_credential, err);
}

static void k10_token_and_certificate_are_taken(void **state)
{
    (void)state;
    struct rr_kube_credential credential = { 0 };
    struct rr_error err = { 0 };

    assert_ok(parse("\n" REPLY("{\"token\":\"abc\"," CERT "," KEY
                               ",\"expirationTimestamp\":\"1970-01-01T00:01:00Z\",\"more\":1}") "\n",
                    &credential, &err),
              err);

    assert_slice(rr_secret_reveal(&credential.token), "abc");
    assert_slice(rr_secret_reveal(&credential.cert_pem), TEST_CERT_ONE);
    assert_slice(rr_secret_reveal(&credential.key_pem), TEST_KEY_ONE);
    assert_int_equal(credential.expires_unix_ms, 60000);
    rr_kube_credential_done(&credential);
}

static void k10_token_alone_has_no_end(void **state)
{
    (void)state;
    struct rr_kube_credential credential = { 0 };
    struct rr_error err = { 0 };

    assert_ok(
        parse(REPLY("{\"token\":\"abc\",\"clientKeyData\":null,\"expirationTimestamp\":null}"), &credential, &err),
        err);

    assert_false(rr_secret_is_set(&credential.cert_pem));
    assert_int_equal(credential.expires_unix_ms, 0);
    rr_kube_credential_done(&credential);
}

static void k10_replies_that_give_no_credential_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *words;
    } rows[] = {
        { "", "is not JSON" },
        { "canary", "is not JSON" },
        { "{\"kind\":\"ExecCredential\"", "is not JSON" },
        { REPLY("{\"token\":\"canary\"}") "canary", "is not JSON" },
        { "[]", "is no ExecCredential" },
        { "{\"kind\":\"Canary\",\"apiVersion\":\"canary\"}", "is no ExecCredential" },
        { "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
          "\"status\":{\"token\":\"canary\"}}",
          "another apiVersion" },
        { "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"canary\"}}", "another apiVersion" },
        { "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}", "has no status" },
        { REPLY("[\"canary\"]"), "has no status" },
        { REPLY("{}"), "neither a token nor" },
        { REPLY("{\"token\":\"\"}"), "neither a token nor" },
        { REPLY("{\"token\":1}"), "status.token that is not a string" },
        { REPLY("{\"token\":\"canary\\n\"}"), "not printable ASCII" },
        { REPLY("{\"token\":\"canary\\u00e4\"}"), "not printable ASCII" },
        { REPLY("{" CERT "}"), "certificate without its key" },
        { REPLY("{" KEY "}"), "key without its client certificate" },
        { REPLY("{\"token\":\"canary\"," CERT "}"), "certificate without its key" },
        { REPLY("{" CERT ",\"clientKeyData\":\"{O}\"}"), "do not belong together" },
        { REPLY("{" CERT ",\"clientKeyData\":\"canary\"}"), "no private key" },
        { REPLY("{\"token\":\"canary\",\"expirationTimestamp\":\"canary\"}"), "not an RFC 3339 time" },
        { REPLY("{\"token\":\"canary\",\"expirationTimestamp\":12}"),
          "status.expirationTimestamp that is not a string" },
        { REPLY("{\"token\":\"canary\",\"expirationTimestamp\":\"1970-01-01T00:00:01Z\"}"), "has expired already" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_kube_credential credential = { 0 };
        struct rr_error err = { 0 };
        assert_false(parse(rows[i].reply, &credential, &err));
        assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
        if (strstr(err.message, rows[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].words);
        assert_null(strstr(err.message, "canary"));
        assert_null(strstr(err.detail, "canary"));
        assert_false(rr_secret_is_set(&credential.token));
        assert_false(rr_secret_is_set(&credential.cert_pem));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k10_token_and_certificate_are_taken),
    cmocka_unit_test(k10_token_alone_has_no_end),
    cmocka_unit_test(k10_replies_that_give_no_credential_are_named),
};
RR_TEST_MAIN(tests)
