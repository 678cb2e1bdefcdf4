/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a credential plugin, from anywhere: no crash, and a credential only when it is whole and good. */
#include "../../src/kube/kube_exec.h"

#include <redisrestore/crypto/pem.h>

enum { NOW_UNIX_MS = 1000 };

static void check(const struct rr_kube_credential *credential)
{
    struct rr_slice token = rr_secret_reveal(&credential->token), cert = rr_secret_reveal(&credential->cert_pem),
                    key = rr_secret_reveal(&credential->key_pem);
    struct rr_error err;
    rr_assert(token.len > 0 || cert.len > 0);
    rr_assert((cert.len > 0) == (key.len > 0));
    rr_assert(cert.len == 0 || rr_pem_pair_check(cert, key, &err));
    for (size_t i = 0; i < token.len; i++)
        rr_assert(token.ptr[i] >= ' ' && token.ptr[i] <= '~');
    rr_assert(credential->expires_unix_ms == 0 || credential->expires_unix_ms > NOW_UNIX_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_kube_credential credential = { 0 };
    struct rr_error err = { 0 };
    struct rr_slice text = { (const char *)data, size };
    if (rr_kube_exec_reply_parse(text, "client.authentication.k8s.io/v1", NOW_UNIX_MS, &credential, &err))
        check(&credential);
    else
        rr_assert(err.code == RR_E_NO_CREDENTIALS && credential.token.ptr == NULL && credential.cert_pem.ptr == NULL);
    rr_kube_credential_done(&credential);
    return 0;
}
