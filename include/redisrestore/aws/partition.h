/* SPDX-License-Identifier: Apache-2.0 */
/* partition: the partitions of AWS, each with its own host names (behaviour S-13, S-19).
 * Threads: pure. Source: the partitions of the AWS SDKs (botocore, endpoints and partitions.json). */
#ifndef RR_AWS_PARTITION_H
#define RR_AWS_PARTITION_H

#include <redisrestore/base/slice.h>

struct rr_aws_partition {
    const char *name;             /* "aws", "aws-cn" */
    const char *region_prefix;    /* prefix of its regions; "": all others */
    const char *suffix;           /* "amazonaws.com" */
    const char *dualstack_suffix; /* for services with separate dual-stack hosts; S3 has none */
    bool has_fips;                /* it has FIPS hosts */
};

/* Never returns NULL. The result is valid forever. */
const struct rr_aws_partition *rr_aws_partition_of(struct rr_slice region);

#endif
