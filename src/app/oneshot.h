/* oneshot: one discovery without a cluster: HTTP loops of its own, credentials of the AWS chain, ended by
 * signals. What AWS' environment and shared files say of endpoint, region, attempts, dual stack and FIPS holds where
 * the request says nothing, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY say how the store and STS are reached. Threads:
 * blocks its caller; once at a time. */
#ifndef RR_APP_ONESHOT_H
#define RR_APP_ONESHOT_H

#include "progress.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/discovery/discovery.h>

/* All borrow for the call. */
struct rr_oneshot {
    const struct rr_environment *environment;
    const struct rr_log *log;
    struct rr_progress *progress; /* may be NULL */
};

enum { RR_ONESHOT_CA_MAX_BYTES = 330 * 1000 }; /* 150 certificates of 2200 bytes (behaviour F-54) */

#define RR_ONESHOT_CA_VARIABLE "AWS_CA_BUNDLE"

/* Reads the authorities that the store's certificate must be signed by into *out_pem, empty before, whose max is
 * RR_ONESHOT_CA_MAX_BYTES; an empty path leaves it empty, which means the system's. Fails as rr_file_read does, or with
 * RR_E_BAD_INPUT when no certificate stands there; the message names `said_by`, the flag or variable of the path. */
RR_MUST_USE bool rr_oneshot_ca_read(struct rr_slice path, const char *said_by, struct rr_buf *out_pem,
                                    struct rr_error *err);

/* Reads the key of SSE-C, RR_S3_SSE_KEY_BYTES bytes or their base64, a line end behind which does not count; an empty
 * path leaves it unset. Fails as rr_file_read does, or with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_oneshot_sse_key_read(struct rr_slice path, struct rr_secret *out_key, struct rr_error *err);

/* Where a variable said what a failure of RR_E_BAD_INPUT is about, bucket, region or endpoint, puts its name before the
 * message: what no flag says is hard to find. `location` borrows from `environment` what that said. */
void rr_oneshot_name_variable(const struct rr_environment *environment, const struct rr_s3_location *location,
                              struct rr_error *err);

/* Fails as rr_discover does, and as rr_oneshot_name_variable says; with RR_E_CANCELLED *out_signal is the signal that
 * ended it. request->credentials is not looked at. */
RR_MUST_USE bool rr_oneshot_run(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                                struct rr_discovery_result *out_result, int *out_signal, struct rr_error *err);

#endif
