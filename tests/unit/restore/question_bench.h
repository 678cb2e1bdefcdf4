/* SPDX-License-Identifier: Apache-2.0 */
/* question_bench: questions of a spec that a test writes, with an API server that answers by a list, an STS and the
 * controller's own credentials. Threads: the test's; the servers have their own. */
#ifndef RR_RESTORE_TEST_QUESTION_BENCH_H
#define RR_RESTORE_TEST_QUESTION_BENCH_H

#include "api_fixture.h"

#include "restore_question.h"

#include "fakes/fake_environment.h"

#include <redisrestore/crypto/digest.h>
#include <redisrestore/text/xml_push.h>

#define SHORTER "arn:aws:iam::123456789012:role/read"
#define ROLE    SHORTER "er"
#define ACCOUNT "{\"serviceAccountRef\":{\"name\":\"reader\",\"roleARN\":\"" ROLE "\"}}"
#define ACCOUNT_JSON(role)                                                                                             \
    "{\"metadata\":{\"uid\":\"u1\",\"annotations\":{\"eks.amazonaws.com/role-arn\":\"" role "\"}}}"
#define TOKEN_JSON        "{\"status\":{\"token\":\"canary.tok.en\"}}"
#define SECRET_JSON(more) "{\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0\"" more "}}"

static const char sts_reply[] =
    "<R><S><Credentials><AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></S></R>";

/* An API server that answers by a list, an STS, and the controller's own environment. */
static struct {
    struct api api;
    struct test_server *sts;
    char sts_heard[8192], sts_url[64];
    struct fake_variable variables[4];
    struct fake_environment fake;
    struct rr_environment environment;
    struct rr_restore_cloud cloud;
    struct rr_restore_asking asking;
    struct rr_restore_spec spec;
    struct rr_restore_question question;
    struct rr_error err;
} bench;

static inline void serve_sts(struct test_peer *peer, void *context)
{
    (void)context;
    while (test_peer_read(peer)) {
        (void)snprintf(bench.sts_heard, sizeof(bench.sts_heard), "%s", rr_buf_text(&peer->text));
        test_peer_answer(peer, sts_reply);
    }
}

static inline void start_cloud(void)
{
    bench.sts = test_server_start(serve_sts, NULL);
    (void)snprintf(bench.sts_url, sizeof(bench.sts_url), "http://127.0.0.1:%d", test_server_port(bench.sts));
    bench.variables[0] = (struct fake_variable){ "AWS_ENDPOINT_URL_STS", bench.sts_url };
    bench.variables[1] = (struct fake_variable){ "AWS_ACCESS_KEY_ID", "AKOWN" };
    bench.variables[2] = (struct fake_variable){ "AWS_SECRET_ACCESS_KEY", "canary" };
    bench.fake.variables = bench.variables;
    bench.environment = fake_environment(&bench.fake);
    struct rr_credentials_roles_options roles = { .environment = &bench.environment,
                                                  .loop = bench.api.loop,
                                                  .clock = &rr_clock_system,
                                                  .random = &rr_random_system };
    struct rr_credentials_chain_options chain = { .environment = &bench.environment,
                                                  .loop = bench.api.loop,
                                                  .clock = &rr_clock_system,
                                                  .random = &rr_random_system };
    static const struct rr_slice ambient[] = { { "infra", 5 }, { "backup", 6 } };
    bench.cloud = (struct rr_restore_cloud){ .chain = rr_credentials_chain_new(&chain),
                                             .ambient_namespaces = ambient,
                                             .ambient_namespace_count = RR_COUNT(ambient),
                                             .roles = rr_credentials_roles_new(&roles),
                                             .region = RR_LIT("eu-north-1") };
}

static inline void start(const struct api_reply *replies, int count)
{
    rr_crypto_global_init();
    rr_xml_global_init();
    memset(&bench, 0, sizeof(bench));
    api_start(&bench.api, replies, count);
    start_cloud();
    bench.asking =
        (struct rr_restore_asking){ .kube = bench.api.client, .cloud = &bench.cloud, .clock = &rr_clock_system };
}

static inline void close_question(void)
{
    rr_restore_question_done(&bench.question);
    rr_restore_spec_done(&bench.spec);
}

static inline void stop(void)
{
    close_question();
    rr_credentials_roles_free(bench.cloud.roles);
    rr_credentials_chain_free(bench.cloud.chain);
    test_server_stop(bench.sts);
    api_stop(&bench.api);
}

static inline bool open_spec(const char *namespace_name, const char *text)
{
    rr_auto(json) json = { 0 };
    close_question();
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &bench.err), bench.err);
    rr_restore_spec_decode(json.root, &bench.spec);
    if (bench.spec.problem != NULL)
        fail_msg("%s: %s", text, bench.spec.problem);
    bool opened = rr_restore_question_open(&bench.question, &bench.asking, rr_slice_from(namespace_name), &bench.spec,
                                           NULL, &bench.err);
    assert_null(strstr(bench.err.message, "canary"));
    assert_null(strstr(bench.err.detail, "canary"));
    return opened;
}

/* `credentials` and `more` (after it, with a comma) of spec.source.s3. */
static inline bool open_in(const char *namespace_name, const char *credentials, const char *more)
{
    char text[2048];
    (void)snprintf(text, sizeof(text), "{\"source\":{\"s3\":{\"bucket\":\"backups\",\"credentials\":%s%s}}}",
                   credentials, more);
    return open_spec(namespace_name, text);
}

static inline bool open_account(void)
{
    return open_in("shop", ACCOUNT, "");
}

static inline bool get_key(struct rr_credentials **out_credentials)
{
    const struct rr_credentials_provider *provider = bench.question.request.credentials;
    return provider->get(provider->context, rr_clock_monotonic_ms(&rr_clock_system) + 20000, NULL, out_credentials,
                         &bench.err);
}

#endif
