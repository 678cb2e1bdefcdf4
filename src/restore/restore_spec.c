/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_spec_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/text/json_canonical.h>

/* the same limits as in crd.yaml */
enum {
    INTERVAL_MIN_S = 30,
    INTERVAL_MAX_S = 168 * 3600,
    TIMEOUT_DEFAULT_S = 120,
    TIMEOUT_MIN_S = 1,
    TIMEOUT_MAX_S = 600,
    QUESTION_MAX_BYTES = 128 << 20, /* escapes make at most six bytes of one, and an object has at most 16 MiB */
};

static const char default_prefix[] = "redis-backups/", default_ca_key[] = "ca.crt";

/* A text of the spec, and the member that it is stored in. */
struct text {
    struct rr_slice *field;
    const struct rr_json_node *node; /* NULL: absent */
    const char *path;
    bool may_be_empty;
    struct rr_slice otherwise; /* the value if it is absent */
};

static struct rr_slice text_value(const struct text *text)
{
    return text->node != NULL ? rr_json_text(text->node) : text->otherwise;
}

static void keep_texts(struct rr_restore_spec *spec, const struct text *texts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += text_value(&texts[i]).len;
    spec->text = rr_alloc(total + 1);
    char *at = spec->text;
    for (size_t i = 0; i < count; i++) {
        struct rr_slice value = text_value(&texts[i]);
        if (value.len > 0)
            memcpy(at, value.ptr, value.len);
        *texts[i].field = (struct rr_slice){ at, value.len };
        at += value.len;
    }
}

/* A number or an empty text must not count as an absent field: without its endpoint, a request would go to AWS. */
static bool check_types(const struct text *texts, size_t count, struct rr_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i].node == NULL)
            continue;
        if (!rr_json_is_text(texts[i].node))
            return rr_fail(err, RR_E_BAD_INPUT, "%s must be a string", texts[i].path);
        if (rr_json_text(texts[i].node).len == 0 && !texts[i].may_be_empty)
            return rr_fail(err, RR_E_BAD_INPUT, "%s must not be empty", texts[i].path);
    }
    return true;
}

static bool decode_duration(const struct rr_json_node *spec, const char *name, int64_t minimum_s, int64_t maximum_s,
                            int64_t *out_ms, struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(spec, name);
    int64_t value;
    if (node == NULL)
        return true;
    if (!rr_parse_duration_ms(rr_json_text(node), &value) || value < 1000 * minimum_s || value > 1000 * maximum_s)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.%s must be a duration such as 15m, from %lld s to %lld s", name,
                       (long long)minimum_s, (long long)maximum_s);
    *out_ms = value;
    return true;
}

/* Decoded first: a suspended object is left alone, even if this controller does not know other parts of it. */
static bool decode_suspend(const struct rr_json_node *root, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *suspend = rr_json_member(root, "suspend");
    return suspend == NULL || rr_json_bool(suspend, &spec->suspend) ||
           rr_fail(err, RR_E_BAD_INPUT, "spec.suspend must be true or false");
}

static bool decode_flags(const struct rr_json_node *s3, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *style = rr_json_member(s3, "addressingStyle"),
                              *payer = rr_json_member(s3, "requestPayer");
    if (style != NULL && !rr_s3_addressing_parse(rr_json_text(style), &spec->addressing))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.addressingStyle must be Auto, Path or VirtualHosted");
    if (payer != NULL && !rr_slice_equals(rr_json_text(payer), RR_LIT("Requester")))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.requestPayer must be Requester");
    spec->requester_pays = payer != NULL;
    return true;
}

/* A reference to another object: the nodes and paths of the parts of its name. */
struct reference {
    const struct rr_json_node *name, *key, *role_arn;
    const char *name_path, *key_path;
};

/* Uses the first signer that is set. The check of the members refuses a spec with several. */
static struct reference find_signer(const struct rr_json_node *s3, struct rr_restore_spec *spec)
{
    const struct rr_json_node *credentials = rr_json_member(s3, "credentials");
    const struct rr_json_node *account = rr_json_member(credentials, "serviceAccountRef");
    if (rr_json_member(credentials, "ambient") != NULL)
        spec->credentials = RR_RESTORE_AMBIENT;
    else if (account != NULL)
        spec->credentials = RR_RESTORE_SERVICE_ACCOUNT;
    if (account != NULL)
        return (struct reference){ .name = rr_json_member(account, "name"),
                                   .role_arn = rr_json_member(account, "roleARN"),
                                   .name_path = "spec.source.s3.credentials.serviceAccountRef.name" };
    return (struct reference){ .name = rr_json_path(credentials, "secretRef", "name", NULL),
                               .name_path = "spec.source.s3.credentials.secretRef.name" };
}

static struct reference find_ca(const struct rr_json_node *s3, struct rr_restore_spec *spec)
{
    const struct rr_json_node *secret = rr_json_path(s3, "tls", "caSecretKeyRef", NULL);
    const struct rr_json_node *config_map = rr_json_path(s3, "tls", "caConfigMapKeyRef", NULL);
    if (secret != NULL) {
        spec->ca = RR_RESTORE_CA_IN_SECRET;
        return (struct reference){ .name = rr_json_member(secret, "name"),
                                   .key = rr_json_member(secret, "key"),
                                   .name_path = "spec.source.s3.tls.caSecretKeyRef.name",
                                   .key_path = "spec.source.s3.tls.caSecretKeyRef.key" };
    }
    spec->ca = config_map != NULL ? RR_RESTORE_CA_IN_CONFIG_MAP : RR_RESTORE_CA_OF_SYSTEM;
    return (struct reference){ .name = rr_json_member(config_map, "name"),
                               .key = rr_json_member(config_map, "key"),
                               .name_path = "spec.source.s3.tls.caConfigMapKeyRef.name",
                               .key_path = "spec.source.s3.tls.caConfigMapKeyRef.key" };
}

/* A member that is not named here is a part of the question, so that a field that is added later is one too. */
static uint64_t digest_question(const struct rr_json_node *root)
{
    static const char *const others[] = { "trigger", "suspend", "interval", "discoveryTimeout" };
    rr_auto(buf) text = RR_BUF(QUESTION_MAX_BYTES);
    struct rr_json_writer json;
    rr_json_writer_init(&json, &text, 0);
    rr_json_open_object(&json, NULL);
    for (const struct rr_json_node *at = rr_json_first_member(root); at != NULL; at = rr_json_next(at)) {
        bool is_other = false;
        for (size_t i = 0; i < RR_COUNT(others); i++)
            is_other = is_other || strcmp(rr_json_name(at), others[i]) == 0;
        if (!is_other)
            rr_json_canonical_member(&json, rr_json_name(at), at);
    }
    rr_json_close(&json);
    rr_assert(!text.overflow); /* the API server admits no larger object */
    uint8_t digest[RR_SHA256_BYTES];
    uint64_t question;
    rr_sha256(rr_buf_slice(&text), digest);
    memcpy(&question, digest, sizeof(question));
    return question;
}

void rr_restore_spec_decode(const struct rr_json_node *root, struct rr_restore_spec *out_spec)
{
    struct rr_restore_spec spec = { .discovery_timeout_ms = 1000 * TIMEOUT_DEFAULT_S,
                                    .question = digest_question(root) };
    const struct rr_json_node *s3 = rr_json_path(root, "source", "s3", NULL),
                              *selection = rr_json_member(root, "selection");
    struct reference signer = find_signer(s3, &spec), ca = find_ca(s3, &spec);
    const struct text texts[] = {
        { &spec.bucket, rr_json_member(s3, "bucket"), "spec.source.s3.bucket", false, { 0 } },
        { &spec.prefix, rr_json_member(s3, "prefix"), "spec.source.s3.prefix", true, rr_slice_from(default_prefix) },
        { &spec.region, rr_json_member(s3, "region"), "spec.source.s3.region", false, { 0 } },
        { &spec.endpoint, rr_json_member(s3, "endpoint"), "spec.source.s3.endpoint", false, { 0 } },
        { &spec.signer, signer.name, signer.name_path, false, { 0 } },
        { &spec.role_arn, signer.role_arn, "spec.source.s3.credentials.serviceAccountRef.roleARN", false, { 0 } },
        { &spec.ca_name, ca.name, ca.name_path, false, { 0 } },
        { &spec.ca_key, ca.key, ca.key_path, false, rr_slice_from(ca.name != NULL ? default_ca_key : NULL) },
        { &spec.expected_bucket_owner,
          rr_json_member(s3, "expectedBucketOwner"),
          "spec.source.s3.expectedBucketOwner",
          false,
          { 0 } },
        { &spec.criteria.replication_id,
          rr_json_member(selection, "replicationID"),
          "spec.selection.replicationID",
          false,
          { 0 } },
        { &spec.criteria.timestamp, rr_json_member(selection, "timestamp"), "spec.selection.timestamp", false, { 0 } },
        { &spec.trigger, rr_json_member(root, "trigger"), "spec.trigger", true, { 0 } },
    };
    keep_texts(&spec, texts, RR_COUNT(texts));
    struct rr_error err;
    bool good =
        decode_suspend(root, &spec, &err) && rr_restore_spec_check_members(root, &spec.has_unknown, &err) &&
        check_types(texts, RR_COUNT(texts), &err) && decode_flags(s3, &spec, &err) &&
        rr_restore_spec_decode_selection(selection, &spec, &err) &&
        decode_duration(root, "interval", INTERVAL_MIN_S, INTERVAL_MAX_S, &spec.interval_ms, &err) &&
        decode_duration(root, "discoveryTimeout", TIMEOUT_MIN_S, TIMEOUT_MAX_S, &spec.discovery_timeout_ms, &err) &&
        rr_restore_spec_check_texts(&spec, &err);
    if (!good)
        spec.problem = rr_strdup(rr_slice_from(err.message));
    *out_spec = spec;
}

void rr_restore_spec_done(struct rr_restore_spec *spec)
{
    if (spec == NULL)
        return;
    rr_free(spec->text);
    rr_free(spec->problem);
    *spec = (struct rr_restore_spec){ 0 };
}

struct rr_s3_location rr_restore_spec_location(const struct rr_restore_spec *spec)
{
    return (struct rr_s3_location){
        .bucket = spec->bucket, .region = spec->region, .endpoint = spec->endpoint, .addressing = spec->addressing
    };
}
