/* SPDX-License-Identifier: Apache-2.0 */
/* environment: the environment variables, which callers pass in, so that tests can replace them.
 * Threads: any, while no thread calls setenv. */
#ifndef RR_BASE_ENVIRONMENT_H
#define RR_BASE_ENVIRONMENT_H

#include <redisrestore/base/slice.h>

struct rr_environment {
    void *context;
    const char *(*get)(void *context, const char *name); /* borrows; NULL: unset */
};

extern const struct rr_environment rr_environment_system; /* of the process */

/* Returns the value, or the empty slice if it is unset: an empty variable counts as unset. Borrows. */
struct rr_slice rr_environment_get(const struct rr_environment *environment, const char *name);

#endif
