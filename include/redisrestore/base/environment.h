/* SPDX-License-Identifier: Apache-2.0 */
/* environment: the process environment, passed in so that tests set it. Threads: any, while no thread calls setenv. */
#ifndef RR_BASE_ENVIRONMENT_H
#define RR_BASE_ENVIRONMENT_H

#include <redisrestore/base/slice.h>

struct rr_environment {
    void *context;
    const char *(*get)(void *context, const char *name); /* NULL when unset; borrows */
};

extern const struct rr_environment rr_environment_system;

/* The value; an empty one counts as unset. Borrows; the empty slice when unset. */
struct rr_slice rr_environment_get(const struct rr_environment *environment, const char *name);

#endif
