/* SPDX-License-Identifier: Apache-2.0 */
/* discover: runs one discovery according to the flags and prints its result, for `discover` and `list`. Threads:
 * main. */
#ifndef RR_APP_DISCOVER_H
#define RR_APP_DISCOVER_H

#include "options_discover.h"

/* Prints a result. Returns the exit code. */
typedef int rr_discover_printer(const void *context, const struct rr_discover_options *options,
                                const struct rr_discovery_result *result);

/* Prints the result as `discover` does. */
rr_discover_printer rr_discover_print;
/* Runs the discovery. Prints the result by `print`, or the error as `discover` does. Returns the exit code. */
int rr_discover_run(const struct rr_discover_options *options, const void *context, rr_discover_printer *print);

#endif
