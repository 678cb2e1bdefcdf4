/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/source.h>

bool rr_source_next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    return source->methods->next(source, out_bytes, err);
}

bool rr_source_read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                       struct rr_error *err)
{
    if (source->methods->read_at != NULL)
        return source->methods->read_at(source, offset, len, out_bytes, err);
    return rr_fail(err, RR_E_BAD_INPUT, "%.*s can only be read from its beginning to its end", RR_ARG(source->name));
}

const char *rr_source_checksum_name(enum rr_source_checksum checksum)
{
    static const char *const names[] = { [RR_SOURCE_CHECKSUM_NOT_OFFERED] = "NotOffered",
                                         [RR_SOURCE_CHECKSUM_COMPOSITE] = "Composite",
                                         [RR_SOURCE_CHECKSUM_NOT_CHECKED] = "NotChecked",
                                         [RR_SOURCE_CHECKSUM_VERIFIED] = "Verified",
                                         [RR_SOURCE_CHECKSUM_MISMATCH] = "Mismatch" };
    return names[checksum];
}

void rr_source_free(struct rr_source *source)
{
    if (source != NULL)
        source->methods->free(source);
}
