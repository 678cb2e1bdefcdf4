/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/environment.h>

#include <stdlib.h>

static const char *system_get(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

const struct rr_environment rr_environment_system = { NULL, system_get };

struct rr_slice rr_environment_get(const struct rr_environment *environment, const char *name)
{
    return rr_slice_from(environment->get(environment->context, name));
}
