/* SPDX-License-Identifier: Apache-2.0 */
/* oneshot: one discovery without a cluster, or the use of a backup that is known, with its own HTTP loops and the
 * credentials of the AWS chain. Signals end it. The AWS environment and shared files provide endpoint, region,
 * attempts, dual stack and FIPS if the request does not. HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply to the store and
 * STS. Threads: blocks its caller; one at a time. */
#ifndef RR_APP_ONESHOT_H
#define RR_APP_ONESHOT_H

#include "progress.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/discovery/discovery.h>

/* All are borrowed during the call. */
struct rr_oneshot {
    const struct rr_environment *environment;
    const struct rr_log *log;
    struct rr_progress *progress; /* may be NULL */
    struct rr_stop *stop;         /* ends the run; NULL: SIGINT and SIGTERM do */
    /* Called after a discovery that succeeded, to make more requests to the same bucket. False with *err: the run
     * fails. NULL: none. */
    bool (*use)(void *context, const struct rr_s3_client *client, const struct rr_discovery_result *result,
                struct rr_stop *stop, struct rr_error *err);
    void *use_context;
    /* The backup is known: no discovery. `use` is called with it, and the request is used as it is: neither environment
     * nor profile changes the store, and its credentials are used unless they are NULL. NULL: a discovery. */
    const struct rr_discovery_result *pinned;
};

enum { RR_ONESHOT_CA_MAX_BYTES = 330 * 1000 }; /* 150 certificates of 2200 bytes (behaviour F-54) */

#define RR_ONESHOT_CA_VARIABLE "AWS_CA_BUNDLE"

/* Reads the CA certificates for the store into *out_pem, which is empty before and has the maximum
 * RR_ONESHOT_CA_MAX_BYTES. An empty path leaves it empty, which means the system's CA certificates. Fails as
 * rr_file_read does, or with RR_E_BAD_INPUT if the file has no certificate. The message names `said_by`, the flag or
 * variable. */
RR_MUST_USE bool rr_oneshot_ca_read(struct rr_slice path, const char *said_by, struct rr_buf *out_pem,
                                    struct rr_error *err);

/* Reads the key of SSE-C: RR_S3_SSE_KEY_BYTES bytes or their base64. A line end after it is ignored. An empty path
 * leaves *out_key unset. Fails as rr_file_read does, or with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_oneshot_sse_key_read(struct rr_slice path, struct rr_secret *out_key, struct rr_error *err);

/* If the bucket, region or endpoint that an RR_E_BAD_INPUT is about came from a variable, puts the variable's name
 * before the message: without a flag the source would be hard to find. Such texts of `location` borrow from
 * `environment`. */
void rr_oneshot_name_variable(const struct rr_environment *environment, const struct rr_s3_location *location,
                              struct rr_error *err);

/* Fails as rr_discover does, with messages as rr_oneshot_name_variable changes them. With RR_E_CANCELLED *out_signal is
 * the signal that ended the discovery, or 0 with a stop of the caller. request->credentials is ignored, except with a
 * pinned backup. */
RR_MUST_USE bool rr_oneshot_run(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                                struct rr_discovery_result *out_result, int *out_signal, struct rr_error *err);

#endif
