/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that people store for the controller, from anywhere: a spec, a Secret, a bundle of certificates. No crash;
 * what is taken has what it needs, and what is refused is refused in our words. The first byte says which it is. */
#include "../../src/restore/restore_secret.h"
#include "../../src/restore/restore_spec.h"

#include <redisrestore/crypto/pem.h>
#include <redisrestore/s3/s3_client.h>

enum { KIND_SPEC, KIND_SECRET, KIND_BUNDLE, KINDS };

static void check_text(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        rr_assert(text.ptr[i] >= ' ' && text.ptr[i] <= '~');
}

static void check_words(struct rr_slice text)
{
    rr_assert(rr_slice_is_utf8(text) && !rr_slice_has_control(text));
}

/* A good spec signs in one way, and what it names stays in its namespace. */
static void check_spec(const struct rr_restore_spec *spec)
{
    rr_assert(spec->bucket.len > 0);
    rr_assert((spec->signer.len == 0) == (spec->credentials == RR_RESTORE_AMBIENT));
    rr_assert((spec->role_arn.len > 0) == (spec->credentials == RR_RESTORE_SERVICE_ACCOUNT));
    rr_assert((spec->ca_name.len > 0) == (spec->ca != RR_RESTORE_CA_OF_SYSTEM));
    rr_assert(!rr_slice_contains_byte(spec->signer, '/') && !rr_slice_contains_byte(spec->ca_name, '/'));
    rr_assert(!rr_slice_starts_with(spec->signer, RR_LIT(".")));
    rr_assert((spec->criteria.timestamp.len > 0) + spec->criteria.has_not_after + (spec->criteria.previous > 0) <= 1);
    rr_assert(spec->expected_bucket_owner.len == 0 || spec->expected_bucket_owner.len == 12);
    check_text(spec->region);
    check_text(spec->endpoint);
    check_text(spec->role_arn);
    check_text(spec->criteria.timestamp);
}

static void read_spec(const struct rr_json_node *root)
{
    struct rr_restore_spec spec;
    rr_restore_spec_decode(root, &spec);
    if (spec.problem == NULL)
        check_spec(&spec);
    else
        check_words(rr_slice_from(spec.problem));
    rr_restore_spec_done(&spec);
}

static void read_secret(const struct rr_json_node *root)
{
    rr_auto(restore_secret) secret = { 0 };
    struct rr_error err;
    if (!rr_restore_secret_decode(root, RR_LIT("reader"), &secret, &err)) {
        rr_assert(err.code == RR_E_SECRET_INVALID && secret.credentials == NULL);
        check_words(rr_slice_from(err.message));
        return;
    }
    check_text(rr_credentials_access_key_id(secret.credentials));
    check_text(rr_secret_reveal(rr_credentials_secret_access_key(secret.credentials)));
    rr_assert(!rr_secret_is_set(&secret.sse_customer_key) || secret.sse_customer_key.len == RR_S3_SSE_KEY_BYTES);
}

/* Comments may stand around the blocks. Each block is a certificate: another one could be a key of someone else. */
static void read_bundle(struct rr_slice text)
{
    struct rr_error err;
    size_t certificates = 0;
    if (!rr_pem_only_certificates_check(text, &err))
        return;
    for (size_t i = 0; i < text.len; i++) {
        struct rr_slice rest = rr_slice_from_offset(text, i);
        if (!rr_slice_starts_with(rest, RR_LIT("-----BEGIN")))
            continue;
        rr_assert(rr_slice_starts_with(rest, RR_LIT("-----BEGIN CERTIFICATE-----")));
        certificates++;
    }
    rr_assert(certificates > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rr_slice text = { (const char *)data + 1, size - 1 };
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    if (data[0] % KINDS == KIND_BUNDLE)
        read_bundle(text);
    else if (!rr_json_parse(text, &json, &ignored))
        return 0;
    else if (data[0] % KINDS == KIND_SPEC)
        read_spec(json.root);
    else
        read_secret(json.root);
    return 0;
}
