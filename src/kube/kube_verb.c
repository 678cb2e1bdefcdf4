/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

/* Cuts "/api/v1/..." or "/apis/{group}/{version}/...": the rest of the path has the same form. */
static struct rr_slice cut_group(struct rr_slice *path)
{
    struct rr_slice group = { 0 };
    (void)rr_slice_cut(path, '/'); /* the text before the first slash is empty */
    if (rr_slice_equals(rr_slice_cut(path, '/'), RR_LIT("apis")))
        group = rr_slice_cut(path, '/');
    (void)rr_slice_cut(path, '/'); /* the version */
    return group;
}

static const char *verb_of(const char *method, bool is_watch, bool has_name)
{
    static const struct {
        const char *method, *verb;
    } verbs[] = { { "POST", "create" }, { "PUT", "update" }, { "PATCH", "patch" }, { "DELETE", "delete" } };
    if (is_watch)
        return "watch";
    for (size_t i = 0; i < RR_COUNT(verbs); i++)
        if (strcmp(verbs[i].method, method) == 0)
            return verbs[i].verb;
    return has_name ? "get" : "list";
}

struct rr_kube_asked rr_kube_asked_of(const char *method, bool is_watch, struct rr_slice path)
{
    struct rr_kube_asked asked = { .group = cut_group(&path) };
    asked.plural = rr_slice_cut(&path, '/');
    if (rr_slice_equals(asked.plural, RR_LIT("namespaces")) && rr_slice_contains_byte(path, '/')) {
        asked.namespace_name = rr_slice_cut(&path, '/');
        asked.plural = rr_slice_cut(&path, '/');
    }
    asked.name = rr_slice_cut(&path, '/');
    asked.subresource = path;
    asked.verb = verb_of(method, is_watch, asked.name.len > 0);
    return asked;
}

static void add_with(struct rr_buf *text, const char *before, struct rr_slice part)
{
    if (part.len > 0)
        rr_buf_addf(text, "%s%.*s", before, RR_ARG(part));
}

void rr_kube_asked_describe(const struct rr_kube_asked *asked, struct rr_buf *text)
{
    rr_buf_addf(text, "%s %.*s", asked->verb, RR_ARG(asked->plural));
    add_with(text, "/", asked->subresource);
    add_with(text, ".", asked->group);
    add_with(text, " ", asked->name);
    add_with(text, " in namespace ", asked->namespace_name);
}

void rr_kube_asked_advise(const struct rr_kube_asked *asked, struct rr_buf *text)
{
    rr_buf_addf(text, "grant the verb \"%s\" on \"%.*s", asked->verb, RR_ARG(asked->plural));
    add_with(text, "/", asked->subresource);
    rr_buf_addf(text, "\" in API group \"%.*s\" by a %s", RR_ARG(asked->group),
                asked->namespace_name.len > 0 ? "Role or ClusterRole" : "ClusterRole");
}
