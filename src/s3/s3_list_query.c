/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_list_query.h"

size_t rr_s3_list_query_write(const struct rr_s3_list_query *query,
                              struct rr_sigv4_parameter out_parameters[RR_S3_LIST_QUERY_MAX])
{
    size_t count = 0;
    if (!query->v1)
        out_parameters[count++] = (struct rr_sigv4_parameter){ RR_LIT("list-type"), RR_LIT("2") };
    out_parameters[count++] = (struct rr_sigv4_parameter){ RR_LIT("encoding-type"), RR_LIT("url") };
    out_parameters[count++] = (struct rr_sigv4_parameter){ RR_LIT("max-keys"), query->max_keys };
    out_parameters[count++] = (struct rr_sigv4_parameter){ RR_LIT("prefix"), query->prefix };
    if (query->folders)
        out_parameters[count++] = (struct rr_sigv4_parameter){ RR_LIT("delimiter"), RR_LIT("/") };
    if (query->token.len > 0)
        out_parameters[count++] =
            (struct rr_sigv4_parameter){ query->v1 ? RR_LIT("marker") : RR_LIT("continuation-token"), query->token };
    else if (query->after.text.len > 0)
        out_parameters[count++] =
            (struct rr_sigv4_parameter){ query->v1 ? RR_LIT("marker") : RR_LIT("start-after"), query->after.text };
    return count;
}
