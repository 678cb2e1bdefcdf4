/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/secret.h>

#include <redisrestore/base/mem.h>

void rr_secret_done(struct rr_secret *secret)
{
    if (secret == NULL)
        return;
    rr_wipe(secret->ptr, secret->len);
    rr_free(secret->ptr);
    *secret = (struct rr_secret){ 0 };
}

void rr_secret_set(struct rr_secret *secret, struct rr_slice text)
{
    char *copy = rr_strdup(text);
    rr_secret_done(secret);
    *secret = (struct rr_secret){ copy, text.len };
}

bool rr_secret_is_set(const struct rr_secret *secret)
{
    return secret->ptr != NULL;
}

struct rr_slice rr_secret_reveal(const struct rr_secret *secret)
{
    return (struct rr_slice){ secret->ptr, secret->len };
}
