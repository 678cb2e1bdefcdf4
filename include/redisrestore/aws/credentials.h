/* SPDX-License-Identifier: Apache-2.0 */
/* credentials: the keys that sign a request, and the provider that supplies them.
 * A value is immutable and reference counted. The last reference wipes its secrets. Callers get credentials from the
 * provider for every request, so that a provider may refresh them in between.
 * Threads: any, for references and providers. */
#ifndef RR_AWS_CREDENTIALS_H
#define RR_AWS_CREDENTIALS_H

#include <redisrestore/base/environment.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/secret.h>
#include <redisrestore/base/stop.h>

struct rr_credentials; /* reference counted */

/* Fails with RR_E_SECRET_INVALID when a text has a control byte, a byte over 0x7e, or is over 4 KiB (behaviour F-32,
 * F-47). The message has the name from `names` (access key, secret key, session token, in that order), never the value.
 * An empty session token means none. */
RR_MUST_USE bool rr_credentials_new(struct rr_slice access_key_id, struct rr_slice secret_access_key,
                                    struct rr_slice session_token, const char *const names[3],
                                    struct rr_credentials **out_credentials, struct rr_error *err);
struct rr_credentials *rr_credentials_ref(struct rr_credentials *credentials); /* adds a reference, and returns it */
void rr_credentials_unref(struct rr_credentials *credentials);                 /* NULL: does nothing */
static inline void rr_credentials_free(struct rr_credentials *credentials)
{
    rr_credentials_unref(credentials);
}
RR_DEFINE_FREEP(credentials)
struct rr_slice rr_credentials_access_key_id(const struct rr_credentials *credentials);
const struct rr_secret *rr_credentials_secret_access_key(const struct rr_credentials *credentials);
const struct rr_secret *rr_credentials_session_token(const struct rr_credentials *credentials); /* unset: none */

struct rr_credentials_provider {
    void *context;
    const char *source; /* value of status.storage.credentialSource: "Secret", "Environment" */
    /* *out_credentials is a reference that the caller owns. Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID or a
     * transport error. */
    bool (*get)(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials **out_credentials,
                struct rr_error *err);
    /* A service reported that these credentials have expired: the next `get` returns others, if there are any. NULL:
     * they never change (behaviour F-25). */
    void (*expire)(void *context, const struct rr_credentials *credentials);
};

/* Receives the result of each fetch, good or failed. A fetch that ended by the stop or deadline of its own caller is
 * not reported. Called with a lock held: must not wait. */
struct rr_credentials_observer {
    void *context;
    void (*on_fetched)(void *context, bool good); /* NULL: no observer */
};

/* Returns a provider that always supplies these credentials. Borrows them as long as the provider is used. */
struct rr_credentials_provider rr_credentials_static(struct rr_credentials *credentials, const char *source);

/* Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Fails with RR_E_NO_CREDENTIALS; the message names
 * the missing variables. */
RR_MUST_USE bool rr_credentials_from_environment(const struct rr_environment *environment,
                                                 struct rr_credentials **out_credentials, struct rr_error *err);

#endif
