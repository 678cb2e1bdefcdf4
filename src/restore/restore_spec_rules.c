/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_spec_internal.h"

#include <redisrestore/kube/kube_name.h>

/* The same limits as in crd.yaml. */
enum {
    CA_KEY_MAX_BYTES = 253,
    REPLICATION_ID_MAX_BYTES = 256,
    TRIGGER_MAX_BYTES = 253,
    PREFIX_MAX_BYTES = 1024,
    ROLE_ARN_MAX_BYTES = 640, /* IAM: a path of 512 bytes, a name of 64 */
    ACCOUNT_DIGITS = 12,
};

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_made_of(struct rr_slice text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || strchr(bytes, text.ptr[i]) == NULL)
            return false;
    return text.len > 0;
}

/* "arn:aws:iam::123456789012:role/path/name". */
static bool is_role_arn(struct rr_slice arn)
{
    struct rr_slice rest = arn;
    if (arn.len > ROLE_ARN_MAX_BYTES || !rr_slice_equals(rr_slice_cut(&rest, ':'), RR_LIT("arn")))
        return false;
    struct rr_slice partition = rr_slice_cut(&rest, ':'), service = rr_slice_cut(&rest, ':'),
                    region = rr_slice_cut(&rest, ':'), account = rr_slice_cut(&rest, ':');
    if (!rr_slice_starts_with(partition, RR_LIT("aws")) || !is_made_of(partition, LOWER "-") ||
        !rr_slice_equals(service, RR_LIT("iam")) || region.len > 0)
        return false;
    static const char role[] = "role/";
    return account.len == ACCOUNT_DIGITS && is_made_of(account, DIGITS) &&
           rr_slice_starts_with(rest, rr_slice_from(role)) &&
           is_made_of(rr_slice_from_offset(rest, sizeof(role) - 1), LOWER UPPER DIGITS "+=,.@_/-");
}

static bool check_signer(const struct rr_restore_spec *spec, struct rr_error *err)
{
    if (spec->credentials == RR_RESTORE_AMBIENT)
        return true;
    bool is_secret = spec->credentials == RR_RESTORE_SECRET;
    /* A name of DNS cannot point outside the object's namespace (behaviour F-41). */
    if (!rr_kube_is_dns_subdomain(spec->signer))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.source.s3.credentials.%s.name must be the name of a %s in this namespace",
                       is_secret ? "secretRef" : "serviceAccountRef", is_secret ? "Secret" : "ServiceAccount");
    return is_secret || is_role_arn(spec->role_arn) ||
           rr_fail(err, RR_E_BAD_INPUT,
                   "spec.source.s3.credentials.serviceAccountRef.roleARN must be the ARN of an IAM role, such as "
                   "arn:aws:iam::123456789012:role/reader");
}

/* A bundle that would never be read is refused, because it gives false security. */
static bool check_ca(const struct rr_restore_spec *spec, struct rr_error *err)
{
    if (spec->ca == RR_RESTORE_CA_OF_SYSTEM)
        return true;
    bool in_secret = spec->ca == RR_RESTORE_CA_IN_SECRET;
    const char *field = in_secret ? "caSecretKeyRef" : "caConfigMapKeyRef";
    if (!rr_kube_is_dns_subdomain(spec->ca_name))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.tls.%s.name must be the name of a %s in this namespace",
                       field, in_secret ? "Secret" : "ConfigMap");
    if (spec->ca_key.len > CA_KEY_MAX_BYTES || !is_made_of(spec->ca_key, LOWER UPPER DIGITS "-._"))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.tls.%s.key must be a key of a-z, A-Z, 0-9, '-', '_', '.'",
                       field);
    return spec->endpoint.len == 0 || rr_slice_equals_nocase(rr_slice_first(spec->endpoint, 6), RR_LIT("https:")) ||
           rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.tls needs an endpoint of https");
}

bool rr_restore_spec_check_texts(const struct rr_restore_spec *spec, struct rr_error *err)
{
    if (spec->bucket.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.bucket is required");
    if (!check_signer(spec, err) || !check_ca(spec, err))
        return false;
    if (spec->expected_bucket_owner.len > 0 &&
        (spec->expected_bucket_owner.len != ACCOUNT_DIGITS || !is_made_of(spec->expected_bucket_owner, DIGITS)))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.expectedBucketOwner must be an AWS account of %d digits",
                       ACCOUNT_DIGITS);
    if (spec->criteria.replication_id.len > REPLICATION_ID_MAX_BYTES ||
        rr_slice_contains_byte(spec->criteria.replication_id, '/'))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.selection.replicationID must be one folder name of at most %d bytes, without '/'",
                       REPLICATION_ID_MAX_BYTES);
    if (spec->trigger.len > 4 * TRIGGER_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.trigger must have at most %d characters", TRIGGER_MAX_BYTES);
    rr_auto(buf) prefix = RR_BUF(PREFIX_MAX_BYTES);
    if (!rr_s3_prefix_normalize(spec->prefix, &prefix, err))
        return rr_context(err, "spec.source.s3.prefix");
    struct rr_s3_location location = rr_restore_spec_location(spec);
    rr_auto(s3_endpoint) endpoint = { 0 };
    return rr_s3_endpoint_resolve(&location, &endpoint, err) || rr_context(err, "spec.source.s3");
}
