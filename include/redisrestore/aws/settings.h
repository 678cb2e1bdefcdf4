/* SPDX-License-Identifier: Apache-2.0 */
/* settings: the settings of AWS besides credentials, from the environment and the shared files, read as the SDKs do
 * (behaviour S-07, S-17, S-19). Only for commands that a user runs: an object of a cluster has its own endpoint.
 * Threads: pure except for reading two files. */
#ifndef RR_AWS_SETTINGS_H
#define RR_AWS_SETTINGS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/environment.h>

enum { RR_AWS_ATTEMPTS_MAX = 100 }; /* a larger number is a mistake: it is rejected */

/* The environment takes precedence over the profile. */
struct rr_aws_settings {
    struct rr_buf endpoint; /* AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's services section, the profile's
                               endpoint_url; empty: none */
    struct rr_buf region;   /* AWS_REGION, AWS_DEFAULT_REGION, the profile's; empty: none */
    int attempts_max;       /* AWS_MAX_ATTEMPTS; 0: not set */
    bool dualstack, fips;   /* AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT */
};

/* Fails with RR_E_BAD_INPUT. The message names the variable, or the profile's property, or the file and line.
 * AWS_RETRY_MODE is checked, but standard, legacy and adaptive are one mode here: list requests always slow down when
 * the store throttles. *out_settings is zeroed before. */
RR_MUST_USE bool rr_aws_settings_load(const struct rr_environment *environment, struct rr_aws_settings *out_settings,
                                      struct rr_error *err);
void rr_aws_settings_done(struct rr_aws_settings *settings);

#endif
