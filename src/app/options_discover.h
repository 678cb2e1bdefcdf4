/* SPDX-License-Identifier: Apache-2.0 */
/* options_discover: the options of `discover` from flags and environment. Flags take precedence.
 * Threads: pure. All slices borrow from argv or the environment. */
#ifndef RR_APP_OPTIONS_DISCOVER_H
#define RR_APP_OPTIONS_DISCOVER_H

#include "options.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/discovery/discovery.h>

struct rr_discover_options {
    struct rr_slice bucket, prefix, region, endpoint, ca_file;
    struct rr_slice expected_bucket_owner, sse_customer_key_file;
    const char *ca_file_name; /* literal: the flag or variable that gave ca_file */
    enum rr_s3_addressing addressing;
    struct rr_backup_criteria criteria;
    bool requester_pays;
    bool reads_content; /* of the objects, not only the listing */
    int concurrency;
    int64_t timeout_ms;
    enum rr_output_format output;
    enum rr_log_format log_format;
    enum rr_log_level log_level;
    bool help; /* if true, no other member is valid */
};

enum { RR_DISCOVER_TIMEOUT_MS = 120 * 1000 };

/* The flags of `discover`. The first RR_DISCOVER_BUCKET_FLAGS say where to look and what to choose: other commands have
 * them too. */
enum { RR_DISCOVER_BUCKET_FLAGS = 21, RR_DISCOVER_FLAGS = 23 };
extern const struct rr_option rr_discover_flags[RR_DISCOVER_FLAGS];
extern const struct rr_command rr_discover_command;

/* Parses flags and environment. Fails with RR_E_BAD_INPUT, naming the flag or the variable. */
RR_MUST_USE bool rr_discover_options_parse(int argc, char **argv, const struct rr_environment *environment,
                                           struct rr_discover_options *out_options, struct rr_error *err);

/* The two halves of it, for a command that has these flags among its own: the defaults, and the values of the
 * environment for flags that were not given. The second one fails without a bucket. */
void rr_discover_options_init(struct rr_discover_options *options);
RR_MUST_USE bool rr_discover_options_complete(struct rr_discover_options *options,
                                              const struct rr_environment *environment, struct rr_error *err);

/* Returns AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true (behaviour
 * S-17). */
struct rr_slice rr_discover_endpoint_from(const struct rr_environment *environment);

#endif
