/* discover: one discovery as the flags say, its answer printed: what `discover` and `list` share.
 * Threads: main. */
#ifndef RR_APP_DISCOVER_H
#define RR_APP_DISCOVER_H

#include "options_discover.h"

/* Prints an answer of the store; returns the exit code. */
typedef int rr_discover_printer(const void *context, const struct rr_discover_options *options,
                                const struct rr_discovery_result *result);

/* As `discover` prints it. */
rr_discover_printer rr_discover_print;
/* Looks, and prints the answer by `print`, or the failure as `discover` does. Returns the exit code. */
int rr_discover_run(const struct rr_discover_options *options, const void *context, rr_discover_printer *print);

#endif
