/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/kube/kube_name.h>

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_part(struct rr_slice part)
{
    for (size_t i = 0; i < part.len; i++)
        if (!is_alphanumeric(part.ptr[i]) && part.ptr[i] != '-')
            return false;
    return part.len > 0 && part.ptr[0] != '-' && part.ptr[part.len - 1] != '-';
}

bool rr_kube_is_dns_label(struct rr_slice name)
{
    return name.len <= RR_KUBE_LABEL_MAX_BYTES && is_part(name);
}

bool rr_kube_is_dns_subdomain(struct rr_slice name)
{
    if (name.len > RR_KUBE_SUBDOMAIN_MAX_BYTES || rr_slice_ends_with(name, RR_LIT(".")))
        return false;
    do {
        if (!is_part(rr_slice_cut(&name, '.')))
            return false;
    } while (name.len > 0);
    return true;
}
