#include "storage_environment.h"

static struct rr_slice first_of(const struct rr_environment *environment, const char *name, const char *otherwise)
{
    struct rr_slice value = rr_environment_get(environment, name);
    return value.len > 0 ? value : rr_environment_get(environment, otherwise);
}

struct rr_s3_location rr_storage_from_environment(const struct rr_environment *environment)
{
    return (struct rr_s3_location){
        .bucket = rr_environment_get(environment, "S3_BUCKET"),
        .region = first_of(environment, "AWS_REGION", "AWS_DEFAULT_REGION"),
        .endpoint = first_of(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    };
}
