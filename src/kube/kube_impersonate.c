/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_impersonate.h"

#include <redisrestore/base/mem.h>

enum { NAME_MAX_BYTES = 1024 };

void rr_kube_impersonation_free(struct rr_kube_impersonation *impersonation)
{
    if (impersonation == NULL)
        return;
    for (size_t i = 0; i < impersonation->count; i++) {
        rr_free(impersonation->headers[i].name);
        rr_free(impersonation->headers[i].value);
    }
    rr_free(impersonation);
}

static bool add(const struct rr_kube_entry *user, const char *field, struct rr_slice name, struct rr_slice value,
                struct rr_kube_impersonation *impersonation, struct rr_error *err)
{
    if (value.len == 0 || !rr_kube_entry_is_printable(value))
        return rr_kube_entry_refuse(user, field, "must be printable ASCII, and not empty", err);
    if (impersonation->count == RR_KUBE_IMPERSONATION_HEADERS_MAX)
        return rr_kube_entry_refuse(user, field, "has too many values: 64 can be sent", err);
    size_t at = impersonation->count++;
    impersonation->headers[at].name = rr_strdup(name);
    impersonation->headers[at].value = rr_strdup(value);
    return true;
}

static bool add_list(const struct rr_kube_entry *user, const char *field, const struct rr_yaml_node *list,
                     struct rr_slice name, struct rr_kube_impersonation *impersonation, struct rr_error *err)
{
    if (list != NULL && !rr_yaml_is_sequence(list))
        return rr_kube_entry_refuse(user, field, "is not a list", err);
    for (const struct rr_yaml_node *value = rr_yaml_first(list); value != NULL; value = rr_yaml_next(value))
        if (!add(user, field, name, rr_yaml_text(value), impersonation, err))
            return false;
    return true;
}

static bool stands_in_names(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte != '\0' && strchr("!#$&'*+-.^_`|~", byte) != NULL);
}

/* The API server converts header names to lower case, so keys are lower case there. '%' starts an escape. */
static void add_key(struct rr_buf *name, struct rr_slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        char byte = key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? (char)(key.ptr[i] + ('a' - 'A')) : key.ptr[i];
        if (stands_in_names(byte))
            rr_buf_add_byte(name, byte);
        else
            rr_buf_addf(name, "%%%02X", (unsigned)(unsigned char)byte);
    }
}

static bool add_extra(const struct rr_kube_entry *user, struct rr_kube_impersonation *impersonation,
                      struct rr_error *err)
{
    const struct rr_yaml_node *extra = rr_yaml_member(user->node, "as-user-extra");
    if (extra != NULL && !rr_yaml_is_mapping(extra))
        return rr_kube_entry_refuse(user, "as-user-extra", "is not a mapping", err);
    for (const struct rr_yaml_node *member = rr_yaml_first_member(extra); member != NULL;
         member = rr_yaml_next(member)) {
        rr_auto(buf) name = RR_BUF(NAME_MAX_BYTES);
        rr_buf_add(&name, RR_LIT("Impersonate-Extra-"));
        add_key(&name, rr_yaml_name(member));
        if (!rr_buf_ok(&name, err))
            return rr_kube_entry_refuse(user, "as-user-extra", "has a key that is too long", err);
        if (!add_list(user, "as-user-extra", member, rr_buf_slice(&name), impersonation, err))
            return false;
    }
    return true;
}

static bool add_all(const struct rr_kube_entry *user, struct rr_kube_impersonation *impersonation, struct rr_error *err)
{
    struct rr_slice uid = rr_kube_entry_text(user, "as-uid");
    return add(user, "as", RR_LIT("Impersonate-User"), rr_kube_entry_text(user, "as"), impersonation, err) &&
           (uid.len == 0 || add(user, "as-uid", RR_LIT("Impersonate-Uid"), uid, impersonation, err)) &&
           add_list(user, "as-groups", rr_yaml_member(user->node, "as-groups"), RR_LIT("Impersonate-Group"),
                    impersonation, err) &&
           add_extra(user, impersonation, err);
}

bool rr_kube_impersonation_load(const struct rr_kube_entry *user, struct rr_kube_impersonation **out_impersonation,
                                struct rr_error *err)
{
    static const char *const parts[] = { "as-uid", "as-groups", "as-user-extra" };
    bool has_user = rr_kube_entry_text(user, "as").len > 0;
    for (size_t i = 0; i < RR_COUNT(parts) && !has_user; i++)
        if (rr_yaml_member(user->node, parts[i]) != NULL)
            return rr_kube_entry_refuse(user, parts[i], "needs \"as\" beside it", err);
    if (!has_user)
        return true;
    struct rr_kube_impersonation *impersonation = RR_NEW(struct rr_kube_impersonation);
    if (add_all(user, impersonation, err)) {
        *out_impersonation = impersonation;
        return true;
    }
    rr_kube_impersonation_free(impersonation);
    return false;
}
