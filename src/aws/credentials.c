/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_key.h"

#include <redisrestore/base/mem.h>

#include <pthread.h>
#include <stdatomic.h>

enum { TEXT_MAX = 4 * 1024 }; /* behaviour F-32; the longest session tokens are 2 KiB */

struct signing_key {
    pthread_mutex_t lock;
    struct {
        char scope[RR_CREDENTIALS_SCOPE_MAX];
        size_t scope_len; /* 0: no key is cached */
        uint8_t key[RR_SHA256_BYTES];
    } guarded;
};

struct rr_credentials {
    atomic_int references;
    struct signing_key *signing_key; /* owns */
    /* Fixed after rr_credentials_new. The access key id is wiped like the others. */
    struct rr_secret access_key_id, secret_access_key, session_token;
};

/* Rejects bytes that end or split a header line, or whose encoding in a header is ambiguous (behaviour F-47). */
static bool check_text(struct rr_slice text, const char *name, struct rr_error *err)
{
    if (text.len > TEXT_MAX)
        return rr_fail(err, RR_E_SECRET_INVALID, "%s is longer than %d bytes", name, TEXT_MAX);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20 || byte > 0x7e)
            return rr_fail(err, RR_E_SECRET_INVALID, "%s holds a control byte or a byte beyond ASCII", name);
    }
    return true;
}

static bool check_key(struct rr_slice text, const char *name, struct rr_error *err)
{
    if (text.len == 0)
        return rr_fail(err, RR_E_SECRET_INVALID, "%s is empty", name);
    return check_text(text, name, err);
}

bool rr_credentials_new(struct rr_slice access_key_id, struct rr_slice secret_access_key, struct rr_slice session_token,
                        const char *const names[3], struct rr_credentials **out_credentials, struct rr_error *err)
{
    if (!check_key(access_key_id, names[0], err) || !check_key(secret_access_key, names[1], err) ||
        !check_text(session_token, names[2], err))
        return false;
    struct rr_credentials *credentials = RR_NEW(struct rr_credentials);
    atomic_init(&credentials->references, 1);
    credentials->signing_key = RR_NEW(struct signing_key);
    rr_assert(pthread_mutex_init(&credentials->signing_key->lock, NULL) == 0);
    rr_secret_set(&credentials->access_key_id, access_key_id);
    rr_secret_set(&credentials->secret_access_key, secret_access_key);
    if (session_token.len > 0)
        rr_secret_set(&credentials->session_token, session_token);
    *out_credentials = credentials;
    return true;
}

struct rr_credentials *rr_credentials_ref(struct rr_credentials *credentials)
{
    atomic_fetch_add_explicit(&credentials->references, 1, memory_order_relaxed);
    return credentials;
}

void rr_credentials_unref(struct rr_credentials *credentials)
{
    /* Release and acquire: reads by other holders happen before the wipe. */
    if (credentials == NULL || atomic_fetch_sub_explicit(&credentials->references, 1, memory_order_acq_rel) > 1)
        return;
    rr_secret_done(&credentials->access_key_id);
    rr_secret_done(&credentials->secret_access_key);
    rr_secret_done(&credentials->session_token);
    (void)pthread_mutex_destroy(&credentials->signing_key->lock);
    rr_wipe(credentials->signing_key, sizeof *credentials->signing_key);
    rr_free(credentials->signing_key);
    rr_free(credentials);
}

bool rr_credentials_key_get(const struct rr_credentials *credentials, struct rr_slice scope,
                            uint8_t out_key[RR_SHA256_BYTES])
{
    struct signing_key *kept = credentials->signing_key;
    pthread_mutex_lock(&kept->lock);
    struct rr_slice kept_scope = { kept->guarded.scope, kept->guarded.scope_len };
    bool found = scope.len > 0 && rr_slice_equals(kept_scope, scope);
    if (found)
        memcpy(out_key, kept->guarded.key, RR_SHA256_BYTES);
    pthread_mutex_unlock(&kept->lock);
    return found;
}

void rr_credentials_key_set(const struct rr_credentials *credentials, struct rr_slice scope,
                            const uint8_t key[RR_SHA256_BYTES])
{
    struct signing_key *kept = credentials->signing_key;
    if (scope.len == 0 || scope.len > sizeof kept->guarded.scope)
        return;
    pthread_mutex_lock(&kept->lock);
    memcpy(kept->guarded.scope, scope.ptr, scope.len);
    kept->guarded.scope_len = scope.len;
    memcpy(kept->guarded.key, key, RR_SHA256_BYTES);
    pthread_mutex_unlock(&kept->lock);
}

struct rr_slice rr_credentials_access_key_id(const struct rr_credentials *credentials)
{
    return rr_secret_reveal(&credentials->access_key_id);
}

const struct rr_secret *rr_credentials_secret_access_key(const struct rr_credentials *credentials)
{
    return &credentials->secret_access_key;
}

const struct rr_secret *rr_credentials_session_token(const struct rr_credentials *credentials)
{
    return &credentials->session_token;
}

static bool get_static(void *context, int64_t deadline_ms, struct rr_stop *stop,
                       struct rr_credentials **out_credentials, struct rr_error *err)
{
    (void)deadline_ms, (void)stop, (void)err;
    *out_credentials = rr_credentials_ref(context);
    return true;
}

struct rr_credentials_provider rr_credentials_static(struct rr_credentials *credentials, const char *source)
{
    return (struct rr_credentials_provider){ .context = credentials, .source = source, .get = get_static };
}

bool rr_credentials_from_environment(const struct rr_environment *environment, struct rr_credentials **out_credentials,
                                     struct rr_error *err)
{
    static const char *const names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN" };
    struct rr_slice access_key_id = rr_environment_get(environment, names[0]);
    struct rr_slice secret_access_key = rr_environment_get(environment, names[1]);
    if (access_key_id.len == 0 && secret_access_key.len == 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "the environment variables %s and %s are not set", names[0], names[1]);
    if (access_key_id.len == 0 || secret_access_key.len == 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "the environment variable %s is not set",
                       access_key_id.len == 0 ? names[0] : names[1]);
    return rr_credentials_new(access_key_id, secret_access_key, rr_environment_get(environment, names[2]), names,
                              out_credentials, err);
}
