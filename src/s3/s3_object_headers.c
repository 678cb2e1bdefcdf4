/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_object_headers.h"

/* Those that are read of an object, and of which a reply has one. (Content-Encoding is a list.) */
static const char *const names[] = {
    "Content-Length",
    "Content-Range",
    "ETag",
    "x-amz-version-id",
    "x-amz-checksum-type",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc32",
    "x-amz-checksum-sha256",
    "x-amz-checksum-sha1",
    "x-amz-storage-class",
    "x-amz-restore",
    "x-amz-archive-status",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-meta-replication-offset",
    "x-goog-stored-content-encoding",
};

static bool agrees(const struct rr_http_reply *reply, const char *name)
{
    struct rr_slice rest = rr_buf_slice(&reply->headers), wanted = rr_slice_from(name), first = { 0 }, found, value;
    (void)rr_http_reply_header(reply, name, &first);
    while (rr_http_reply_next_header(&rest, &found, &value))
        if (rr_slice_equals_nocase(found, wanted) && !rr_slice_equals(value, first))
            return false;
    return true;
}

bool rr_s3_object_headers_agree(const struct rr_http_reply *reply, struct rr_error *err)
{
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (!agrees(reply, names[i]))
            return rr_fail(err, RR_E_BAD_REPLY, "the reply has the header %s twice, with different values", names[i]);
    return true;
}
