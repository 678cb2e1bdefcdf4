#include <redisrestore/server/health.h>

enum { WHY_MAX_BYTES = 256 };

static void add(struct rr_health_check *checks, size_t *count, struct rr_health_check check)
{
    rr_assert(*count < RR_HEALTH_CHECKS_MAX);
    checks[(*count)++] = check;
}

void rr_health_add_live(struct rr_health *health, struct rr_health_check check)
{
    add(health->live, &health->live_count, check);
}

void rr_health_add_ready(struct rr_health *health, struct rr_health_check check)
{
    add(health->ready, &health->ready_count, check);
}

/* Whether the query has "name" or, with `value`, "name=value". */
static bool query_has(struct rr_slice query, const char *name, const char *value)
{
    while (query.len > 0) {
        struct rr_slice given = rr_slice_cut(&query, '&');
        struct rr_slice key = rr_slice_cut(&given, '=');
        if (rr_slice_equals(key, rr_slice_from(name)) &&
            (value == NULL || rr_slice_equals(given, rr_slice_from(value))))
            return true;
    }
    return false;
}

static void answer_one(const struct rr_health_check *check, struct rr_server_reply *out_reply)
{
    rr_auto(buf) why = RR_BUF(WHY_MAX_BYTES);
    bool ok = check->is_ok(check->context, &why);
    out_reply->status = ok ? 200 : 500;
    if (ok)
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
    else
        rr_buf_addf(&out_reply->body, "internal server error: %s\n", why.len > 0 ? rr_buf_text(&why) : "failed");
}

/* The aggregate never says why: it is read by anybody who can reach the port. */
static void answer_all(const char *name, const struct rr_health_check *checks, size_t count, struct rr_slice query,
                       struct rr_server_reply *out_reply)
{
    bool all_ok = true;
    rr_auto(buf) list = RR_BUF(out_reply->body.max);
    for (size_t i = 0; i < count; i++) {
        if (query_has(query, "exclude", checks[i].name)) {
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
    out_reply->status = all_ok ? 200 : 500;
    if (all_ok && !query_has(query, "verbose", NULL)) {
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
        return;
    }
    rr_buf_add(&out_reply->body, rr_buf_slice(&list));
    rr_buf_addf(&out_reply->body, "%s check %s\n", name, all_ok ? "passed" : "failed");
}

static void answer(const char *name, const struct rr_health_check *checks, size_t count, struct rr_slice rest,
                   struct rr_slice query, struct rr_server_reply *out_reply)
{
    if (rest.len <= 1) { /* "" or "/" */
        answer_all(name, checks, count, query, out_reply);
        return;
    }
    rest = rr_slice_from_offset(rest, 1);
    if (count == 0 && rr_slice_equals(rest, RR_LIT("ping"))) {
        out_reply->status = 200;
        rr_buf_add(&out_reply->body, RR_LIT("ok"));
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (rr_slice_equals(rest, rr_slice_from(checks[i].name)))
            answer_one(&checks[i], out_reply);
}

/* What follows `root` in `path`: "" or "/...". False for another path, "/healthzz" among them. */
static bool below(struct rr_slice path, struct rr_slice root, struct rr_slice *out_rest)
{
    if (!rr_slice_starts_with(path, root))
        return false;
    *out_rest = rr_slice_from_offset(path, root.len);
    return out_rest->len == 0 || out_rest->ptr[0] == '/';
}

void rr_health_on_get(void *context, struct rr_slice path, struct rr_slice query, struct rr_server_reply *out_reply)
{
    const struct rr_health *health = context;
    struct rr_slice rest;
    if (below(path, RR_LIT("/healthz"), &rest))
        answer("healthz", health->live, health->live_count, rest, query, out_reply);
    else if (below(path, RR_LIT("/readyz"), &rest))
        answer("readyz", health->ready, health->ready_count, rest, query, out_reply);
}
