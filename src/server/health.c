/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/health.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/base/http_status.h>

enum { WHY_MAX_BYTES = 256 };

/* Sorted by name, like the answers. */
static void add(struct rr_health_check *checks, size_t *count, struct rr_health_check check)
{
    rr_assert(*count < RR_HEALTH_CHECKS_MAX);
    size_t at = (*count)++;
    for (; at > 0 && strcmp(checks[at - 1].name, check.name) > 0; at--)
        checks[at] = checks[at - 1];
    checks[at] = check;
}

void rr_health_add_live(struct rr_health *health, struct rr_health_check check)
{
    add(health->live, &health->live_count, check);
}

void rr_health_add_ready(struct rr_health *health, struct rr_health_check check)
{
    add(health->ready, &health->ready_count, check);
}

static bool has_argument(const struct rr_server_request *request, const char *name)
{
    for (size_t i = 0; i < request->argument_count; i++)
        if (rr_slice_equals(request->arguments[i].name, rr_slice_from(name)))
            return true;
    return false;
}

static bool is_excluded(const struct rr_server_request *request, size_t arguments, struct rr_slice check)
{
    for (size_t i = 0; i < arguments; i++)
        if (rr_slice_equals(request->arguments[i].name, RR_LIT("exclude")) &&
            rr_slice_equals(request->arguments[i].value, check))
            return true;
    return false;
}

static const struct rr_health_check *find(const struct rr_health_check *checks, size_t count, struct rr_slice name)
{
    for (size_t i = 0; i < count; i++)
        if (rr_slice_equals(name, rr_slice_from(checks[i].name)))
            return &checks[i];
    return NULL;
}

/* Lists each name once, even if it was sent twice. */
static void warn_of_unknown_excludes(const struct rr_health_check *checks, size_t count,
                                     const struct rr_server_request *request, struct rr_buf *list)
{
    bool any = false;
    for (size_t i = 0; i < request->argument_count; i++) {
        struct rr_slice name = request->arguments[i].value;
        if (!rr_slice_equals(request->arguments[i].name, RR_LIT("exclude")) || find(checks, count, name) != NULL ||
            is_excluded(request, i, name))
            continue;
        rr_buf_add(list, any ? RR_LIT(",") : RR_LIT("warn: some health checks cannot be excluded: no matches for "));
        rr_escape_quoted(list, name);
        any = true;
    }
    if (any)
        rr_buf_add_byte(list, '\n');
}

static void answer_one(const struct rr_health_check *check, struct rr_server_reply *out_reply)
{
    rr_auto(buf) why = RR_BUF(WHY_MAX_BYTES);
    bool ok = check->is_ok(check->context, &why);
    out_reply->status = ok ? RR_HTTP_OK : RR_HTTP_SERVER_ERROR;
    if (ok)
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
    else
        rr_buf_addf(&out_reply->body, "internal server error: %s\n", why.len > 0 ? rr_buf_text(&why) : "failed");
}

/* The aggregate never shows reasons, because any client that reaches the port can read it. Both roots use the word
 * "healthz". */
static void answer_all(const struct rr_health_check *checks, size_t count, const struct rr_server_request *request,
                       struct rr_server_reply *out_reply)
{
    bool all_ok = true;
    rr_auto(buf) list = RR_BUF(out_reply->body.max);
    for (size_t i = 0; i < count; i++) {
        if (is_excluded(request, request->argument_count, rr_slice_from(checks[i].name))) {
            rr_buf_addf(&list, "[+]%s excluded: ok\n", checks[i].name);
            continue;
        }
        rr_auto(buf) why = RR_BUF(WHY_MAX_BYTES);
        bool ok = checks[i].is_ok(checks[i].context, &why);
        all_ok = all_ok && ok;
        rr_buf_addf(&list, ok ? "[+]%s ok\n" : "[-]%s failed: reason withheld\n", checks[i].name);
    }
    if (count == 0)
        rr_buf_add(&list, RR_LIT("[+]ping ok\n"));
    warn_of_unknown_excludes(checks, count, request, &list);
    out_reply->status = all_ok ? RR_HTTP_OK : RR_HTTP_SERVER_ERROR;
    if (all_ok && !has_argument(request, "verbose")) {
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
        return;
    }
    rr_buf_add(&out_reply->body, rr_buf_slice(&list));
    rr_buf_addf(&out_reply->body, "healthz check %s\n", all_ok ? "passed" : "failed");
}

/* `rest` is the path below the root: "" or "/..."; one '/' at the end is ignored. */
static void answer(const struct rr_health_check *checks, size_t count, struct rr_slice rest,
                   const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    if (rr_slice_ends_with(rest, RR_LIT("/")))
        rest = rr_slice_first(rest, rest.len - 1);
    if (rest.len == 0) {
        answer_all(checks, count, request, out_reply);
        return;
    }
    struct rr_slice name = rr_slice_from_offset(rest, 1);
    const struct rr_health_check *check = find(checks, count, name);
    if (check != NULL) {
        answer_one(check, out_reply);
    } else if (count == 0 && rr_slice_equals(name, RR_LIT("ping"))) {
        out_reply->status = RR_HTTP_OK;
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
    }
}

/* Returns the part of `path` behind `root`. Returns false for another path, such as "/healthzz". */
static bool below(struct rr_slice path, struct rr_slice root, struct rr_slice *out_rest)
{
    if (!rr_slice_starts_with(path, root))
        return false;
    *out_rest = rr_slice_from_offset(path, root.len);
    return out_rest->len == 0 || out_rest->ptr[0] == '/';
}

void rr_health_on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    const struct rr_health *health = context;
    struct rr_slice rest;
    if (below(request->path, RR_LIT("/healthz"), &rest))
        answer(health->live, health->live_count, rest, request, out_reply);
    else if (below(request->path, RR_LIT("/readyz"), &rest))
        answer(health->ready, health->ready_count, rest, request, out_reply);
}
