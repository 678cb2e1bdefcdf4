/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/partition.h>

static const struct rr_aws_partition partitions[] = {
    { "aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false },
    { "aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", true },
    { "aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", true },
    { "aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", true },
    { "aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", true },
    { "aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", true },
    { "aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", true },
    { "aws", "", "amazonaws.com", "api.aws", true },
};

const struct rr_aws_partition *rr_aws_partition_of(struct rr_slice region)
{
    size_t i = 0;
    while (!rr_slice_starts_with(region, rr_slice_from(partitions[i].region_prefix)))
        i++;
    return &partitions[i];
}
