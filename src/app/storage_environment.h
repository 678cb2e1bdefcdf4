/* storage_environment: the storage as the environment of `discover` and `init-backup` names it (architecture:
 * Environment; behaviour S-17). Threads: pure. Ownership: slices borrow from the environment. */
#ifndef RR_APP_STORAGE_ENVIRONMENT_H
#define RR_APP_STORAGE_ENVIRONMENT_H

#include <redisrestore/base/environment.h>
#include <redisrestore/s3/s3_endpoint.h>

/* S3_BUCKET; AWS_REGION, else AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL. An empty value counts as
 * unset. */
struct rr_s3_location rr_storage_from_environment(const struct rr_environment *environment);

#endif
