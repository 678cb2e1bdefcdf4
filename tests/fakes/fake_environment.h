/* SPDX-License-Identifier: Apache-2.0 */
/* fake_environment: the variables that a test lists and no others. Threads: any, nothing changes. */
#ifndef RR_FAKE_ENVIRONMENT_H
#define RR_FAKE_ENVIRONMENT_H

#include <redisrestore/base/environment.h>

struct fake_variable {
    const char *name, *value;
};

struct fake_environment {
    const struct fake_variable *variables; /* borrows; ended by { 0 }; NULL: none */
};

static inline const char *fake_environment_get_(void *context, const char *name)
{
    const struct fake_environment *fake = context;
    for (const struct fake_variable *at = fake->variables; at != NULL && at->name != NULL; at++)
        if (strcmp(at->name, name) == 0)
            return at->value;
    return NULL;
}

/* The environment to pass in. Borrows the fake. */
static inline struct rr_environment fake_environment(struct fake_environment *fake)
{
    return (struct rr_environment){ fake, fake_environment_get_ };
}

#endif
