/* SPDX-License-Identifier: Apache-2.0 */
/* kube_internal: declarations that the files of this room share. */
#ifndef RR_KUBE_INTERNAL_H
#define RR_KUBE_INTERNAL_H

#include "kube_trust.h"

#include <redisrestore/base/token_bucket.h>
#include <redisrestore/kube/kube_client.h>
#include <redisrestore/kube/kube_name.h>
#include <redisrestore/text/yaml_tree.h>

enum {
    RR_KUBE_CONFIG_FILE_MAX_BYTES = 4 << 20, /* a kubeconfig with inline bundles */
    RR_KUBE_TOKEN_MAX_BYTES = 64 * 1024,     /* a service account token is about 1 KiB */
    RR_KUBE_PATH_MAX_BYTES = 4096,
    RR_KUBE_URL_MAX_BYTES = 16 * 1024,
    RR_KUBE_SEGMENT_MAX_BYTES = RR_KUBE_SUBDOMAIN_MAX_BYTES,
    RR_KUBE_TOKEN_FRESH_MS = 50 * 1000, /* behaviour R-21 */
    RR_KUBE_GET_RETRIES = 3,            /* behaviour R-09: more would hide an expired resource version for 40 s */
    RR_KUBE_BROKEN_RETRY_MS = 1000,     /* behaviour R-14 */
    RR_KUBE_FRAME_MAX_BYTES = 16 << 20, /* behaviour R-17 */
    RR_KUBE_CONNECT_TIMEOUT_MS = 10000, /* behaviour R-32 */
    RR_KUBE_RETRY_AFTER_MAX_S = 60,     /* behaviour R-11 */
    RR_KUBE_WORDS_MAX_BYTES = 480,      /* the limit of a message */
};

/* kube_verb.c: a request in RBAC terms. Borrows from the path. */
struct rr_kube_asked {
    const char *verb; /* literal */
    struct rr_slice group, plural, subresource, namespace_name, name;
};
struct rr_kube_asked rr_kube_asked_of(const char *method, bool is_watch, struct rr_slice path);
/* Appends "patch redisrestores/status.redisrestore.dev mine in namespace shop". */
void rr_kube_asked_describe(const struct rr_kube_asked *asked, struct rr_buf *text);
/* Appends the grant that would allow the request. */
void rr_kube_asked_advise(const struct rr_kube_asked *asked, struct rr_buf *text);

/* The bearer token: a fixed one, or a file that is read again (behaviour ). Threads: any. */
struct rr_kube_token {
    const struct rr_kube_config *config; /* borrows; fixed */
    const struct rr_clock *clock;        /* borrows; fixed */
    const struct rr_log *log;            /* borrows; fixed */
    pthread_mutex_t lock;
    struct {
        struct rr_secret value; /* the last valid token */
        int64_t read_at_ms;     /* 0: never */
        bool failing;           /* the last read failed, and the failure was logged */
    } guarded;
};

void rr_kube_token_init(struct rr_kube_token *token, const struct rr_kube_config *config, const struct rr_clock *clock,
                        const struct rr_log *log);
void rr_kube_token_done(struct rr_kube_token *token);
/* Copies the current token; an unset secret when there is none. `again`: read the file regardless of its age. */
void rr_kube_token_get(struct rr_kube_token *token, bool again, struct rr_secret *out_value);

struct rr_kube_exec;

/* kube_pace.c: the limit of requests per second (behaviour R-31). Threads: any. */
struct rr_kube_pace {
    bool is_on;                       /* fixed */
    struct rr_metric_family *seconds; /* fixed; may be NULL */
    pthread_mutex_t lock;
    struct {
        struct rr_token_bucket bucket;
    } guarded;
};

/* `per_second` 0: no limit; `burst` 0: twice `per_second`. */
void rr_kube_pace_init(struct rr_kube_pace *pace, int per_second, int burst, struct rr_metric_family *seconds,
                       int64_t now_ms);
void rr_kube_pace_done(struct rr_kube_pace *pace);

struct rr_kube_client {
    struct rr_http_loop *loop;
    const struct rr_kube_config *config;
    const struct rr_clock *clock;
    const struct rr_log *log;
    struct rr_metric_family *requests_total;
    struct rr_buf host; /* value of the metric's label */
    struct rr_kube_pace pace;
    struct rr_kube_token token;
    struct rr_kube_trust trust;
    struct rr_kube_exec *exec; /* owns; NULL: no plugin */
};

/* kube_send.c: sends one HTTP request with our headers, URL, trust and proxy. Retries only after a 401, if there are
 * newer credentials. The caller sets method, body, sink and timeouts of `request`; this function sets url, headers, tls
 * and proxy. */
RR_MUST_USE bool rr_kube_send(struct rr_kube_client *client, struct rr_http_request request, struct rr_slice path,
                              struct rr_slice query, const char *content_type, struct rr_stop *stop,
                              struct rr_http_reply *out_reply, struct rr_error *err);
/* Counts one request in the metric. `status` 0: no reply. */
void rr_kube_count(const struct rr_kube_client *client, const char *method, int status);

/* kube_pace.c: waits until the client's rate limit allows one more request. Fails with RR_E_TIMEOUT when the wait would
 * pass the deadline, or when there is a wait and `stop` is NULL. Fails with RR_E_CANCELLED by the stop. */
RR_MUST_USE bool rr_kube_paced(struct rr_kube_client *client, const char *method, int64_t deadline_ms,
                               struct rr_stop *stop, struct rr_error *err);

/* kube_client.c: sets *err from a reply that is not 2xx. Always fails. */
RR_MUST_USE bool rr_kube_refused(const struct rr_kube_asked *asked, const struct rr_http_reply *reply,
                                 struct rr_error *err);
/* Waits before a retry and returns true, if *err has a Retry-After or reports a lost connection, this is not the last
 * attempt, and the deadline leaves enough time. A stop during the wait makes *err RR_E_CANCELLED. */
bool rr_kube_waited_as_asked(const struct rr_kube_client *client, int tries, int64_t deadline_ms, struct rr_stop *stop,
                             struct rr_error *err);
/* Prefixes the message with the request's description. Always fails. */
RR_MUST_USE bool rr_kube_context(const struct rr_kube_asked *asked, struct rr_error *err);

/* kube_incluster.c. Returns false, with *err unchanged, outside of a pod. `folder` is the mounted folder of the service
 * account. */
bool rr_kube_incluster_is_here(const struct rr_environment *environment);
RR_MUST_USE bool rr_kube_incluster_load(const struct rr_environment *environment, const char *folder,
                                        struct rr_kube_config *out_config, struct rr_error *err);

/* kube_config_files.c. `paths` are separated by ':'. With `explicit` a missing file is an error. `context` NULL: the
 * current context. */
RR_MUST_USE bool rr_kube_config_load_files(struct rr_slice paths, bool is_explicit, const char *context,
                                           bool allow_insecure_server, struct rr_kube_config *out_config,
                                           struct rr_error *err);

#endif
