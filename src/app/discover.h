/* SPDX-License-Identifier: Apache-2.0 */
/* discover: runs one discovery according to the flags and prints its result, for `discover` and `list`. Threads:
 * main. */
#ifndef RR_APP_DISCOVER_H
#define RR_APP_DISCOVER_H

#include "options_discover.h"

/* The flags as a request. Borrows from the options. */
struct rr_discover_setup {
    struct rr_buf ca_pem;
    struct rr_secret sse_key;
    struct rr_http_tls tls;
    struct rr_discovery_request request; /* borrows the rest: do not move it */
};

/* Reads the files that the flags name. Fails with RR_E_BAD_INPUT. *out_setup is zeroed before. */
RR_MUST_USE bool rr_discover_setup(const struct rr_discover_options *options, struct rr_discover_setup *out_setup,
                                   struct rr_error *err);
void rr_discover_setup_done(struct rr_discover_setup *setup);

/* Prints a result. Returns the exit code. */
typedef int rr_discover_printer(const void *context, const struct rr_discover_options *options,
                                const struct rr_discovery_result *result);

/* Prints the result as `discover` does. */
rr_discover_printer rr_discover_print;
/* Runs the discovery. Prints the result by `print`, or the error as `discover` does. Returns the exit code. */
int rr_discover_run(const struct rr_discover_options *options, const void *context, rr_discover_printer *print);

#endif
