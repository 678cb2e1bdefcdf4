/* SPDX-License-Identifier: Apache-2.0 */
/* partition: the parts of AWS that have host names of their own (behaviour S-13, S-19).
 * Threads: pure. Source: the partitions of the AWS SDKs (botocore, endpoints and partitions.json). */
#ifndef RR_AWS_PARTITION_H
#define RR_AWS_PARTITION_H

#include <redisrestore/base/slice.h>

struct rr_aws_partition {
    const char *name;             /* "aws", "aws-cn" */
    const char *region_prefix;    /* of its regions; "": all others */
    const char *suffix;           /* "amazonaws.com" */
    const char *dualstack_suffix; /* of services that have hosts of their own for it; S3 is not one of them */
    bool has_fips;
};

/* Never NULL. Borrows for ever. */
const struct rr_aws_partition *rr_aws_partition_of(struct rr_slice region);

#endif
