/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/source.h>

bool rr_source_next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    return source->methods->next(source, out_bytes, err);
}

void rr_source_free(struct rr_source *source)
{
    if (source != NULL)
        source->methods->free(source);
}
