/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <redisrestore/text/uri.h>

static bool add_segment(struct rr_buf *path, struct rr_slice segment, const char *what, struct rr_error *err)
{
    if (segment.len == 0 || segment.len > RR_KUBE_SEGMENT_MAX_BYTES || rr_slice_equals(segment, RR_LIT(".")) ||
        rr_slice_equals(segment, RR_LIT("..")))
        return rr_fail(err, RR_E_BAD_INPUT, "the %s of an API request has 1 to %d bytes and is not \".\" or \"..\"",
                       what, RR_KUBE_SEGMENT_MAX_BYTES);
    rr_buf_add_byte(path, '/');
    rr_uri_encode(path, segment);
    return true;
}

bool rr_kube_path_build(struct rr_buf *path, const struct rr_kube_resource *resource, struct rr_slice namespace_name,
                        struct rr_slice name, const char *subresource, struct rr_error *err)
{
    if (resource->group[0] == '\0')
        rr_buf_addf(path, "/api/%s", resource->version);
    else
        rr_buf_addf(path, "/apis/%s/%s", resource->group, resource->version);
    if (namespace_name.len > 0) {
        rr_buf_add(path, RR_LIT("/namespaces"));
        if (!add_segment(path, namespace_name, "namespace", err))
            return false;
    }
    rr_buf_addf(path, "/%s", resource->plural);
    if (name.len > 0 && !add_segment(path, name, "name", err))
        return false;
    if (subresource != NULL)
        rr_buf_addf(path, "/%s", subresource);
    return rr_buf_ok(path, err);
}
