/* SPDX-License-Identifier: Apache-2.0 */
/* A reply of STS, the container's agent, the metadata service or a program, from anywhere: no crash, and credentials
 * only when they are whole, printable and not expired. The first byte says who answers. */
#include "../../src/aws/credentials_imds.h"
#include "../../src/aws/sts.h"

enum { NOW_UNIX_MS = 1000, KINDS = 5 };

static void check_text(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        rr_assert(text.ptr[i] >= ' ' && text.ptr[i] <= '~');
}

static void check(const struct rr_credentials_found *found)
{
    rr_assert(rr_credentials_access_key_id(found->credentials).len > 0);
    rr_assert(rr_secret_is_set(rr_credentials_secret_access_key(found->credentials)));
    check_text(rr_credentials_access_key_id(found->credentials));
    check_text(rr_secret_reveal(rr_credentials_secret_access_key(found->credentials)));
    check_text(rr_secret_reveal(rr_credentials_session_token(found->credentials)));
    rr_assert(found->expires_unix_ms == 0 || found->expires_unix_ms > NOW_UNIX_MS);
}

static void read_small(struct rr_slice text)
{
    struct rr_sts_refusal refusal;
    struct rr_slice role;
    rr_sts_refusal_parse(text, &refusal);
    rr_assert(memchr(refusal.code, '\0', sizeof refusal.code) != NULL);
    if (rr_imds_role_parse(text, &role))
        check_text(role);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    rr_auto(credentials_found) found = { 0 };
    struct rr_error err = { 0 };
    struct rr_slice text = { (const char *)data + 1, size - 1 };
    int kind = data[0] % KINDS;
    bool good = false;
    if (kind == KINDS - 1)
        read_small(text);
    else if (kind == KINDS - 2)
        good = rr_sts_reply_parse(text, NOW_UNIX_MS, &found, &err);
    else
        good = rr_credentials_reply_parse(text, (enum rr_credentials_reply_kind)kind, NOW_UNIX_MS, &found, &err);
    rr_assert(good == (found.credentials != NULL));
    if (good)
        check(&found);
    return 0;
}
