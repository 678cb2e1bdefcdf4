/* SPDX-License-Identifier: Apache-2.0 */
#include "signs.h"

#include "table.h"

#include <redisrestore/base/escape.h>

enum {
    TEXT_MAX_BYTES = 4096,
    SHOWN_MAX_BYTES = 1024,
    AWAY_AFTER_MS = 60 * 1000, /* a leader renews every 2 s; the rest allows for clocks that differ */
};

static bool set_controller_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_namespace(value, &((struct rr_signs_options *)options)->namespace_name, err);
}

const struct rr_option rr_signs_flags[RR_SIGNS_FLAG_COUNT] = {
    { "controller-namespace", "NAME", "namespace that the controller runs in (default " RR_SIGNS_NAMESPACE ")",
      set_controller_namespace },
};

struct rr_slice rr_signs_namespace(const struct rr_signs_options *options)
{
    return options->namespace_name.len > 0 ? options->namespace_name : RR_LIT(RR_SIGNS_NAMESPACE);
}

void rr_signs_done(struct rr_signs *signs)
{
    rr_buf_done(&signs->controller_text);
    rr_buf_done(&signs->warnings_unknown);
    for (size_t i = 0; i < signs->warning_count; i++)
        rr_buf_done(&signs->warnings[i].text);
    signs->warning_count = 0;
}

struct looking {
    struct rr_signs *signs;
    struct rr_slice namespace_name; /* of the Lease */
    int64_t now_unix_ms;
};

static void add_foreign(struct rr_buf *text, const struct rr_json_node *node)
{
    rr_escape_text(text, rr_json_text(node), SHOWN_MAX_BYTES);
}

static void add_ago(struct rr_buf *text, int64_t unix_ms, int64_t now_unix_ms)
{
    rr_table_age(text, now_unix_ms - unix_ms);
    rr_buf_add(text, RR_LIT(" ago"));
}

/* The name is the value of --leader-elect-id. Its default and its value in the chart end like this. */
static bool is_ours(const struct rr_json_node *lease)
{
    return rr_slice_ends_with(rr_json_text(rr_json_path(lease, "metadata", "name", NULL)), RR_LIT(".redisrestore.dev"));
}

/* Keeps the Lease with the best sign of life: a running controller comes before one that is away. */
static bool on_lease(void *context, const struct rr_json_node *lease, struct rr_error *err)
{
    const struct looking *looking = context;
    const struct rr_json_node *spec = rr_json_member(lease, "spec"), *holder = rr_json_member(spec, "holderIdentity");
    int64_t renewed_ms = 0;
    (void)err;
    if (!is_ours(lease))
        return true;
    bool is_held = rr_json_text(holder).len > 0;
    bool has_time = rr_restore_view_date(spec, "renewTime", &renewed_ms);
    bool is_running = is_held && has_time && looking->now_unix_ms - renewed_ms <= AWAY_AFTER_MS;
    enum rr_signs_controller found = is_running ? RR_SIGNS_RUNNING : RR_SIGNS_AWAY;
    if (found <= looking->signs->controller)
        return true;
    looking->signs->controller = found;
    struct rr_buf *text = &looking->signs->controller_text;
    rr_buf_clear(text);
    rr_buf_addf(text, "%s: Lease %.*s/", is_running ? "running" : "not running", RR_ARG(looking->namespace_name));
    add_foreign(text, rr_json_path(lease, "metadata", "name", NULL));
    rr_buf_add(text, is_held ? RR_LIT(" is held by ") : RR_LIT(" is held by no replica"));
    add_foreign(text, holder);
    if (has_time) {
        rr_buf_add(text, RR_LIT(", renewed "));
        add_ago(text, renewed_ms, looking->now_unix_ms);
    }
    return true;
}

static int64_t time_of_event(const struct rr_json_node *event)
{
    const struct rr_json_node *places[] = { rr_json_member(event, "series"), event, event,
                                            rr_json_member(event, "metadata") };
    static const char *const names[] = { "lastObservedTime", "lastTimestamp", "eventTime", "creationTimestamp" };
    int64_t unix_ms = 0;
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (rr_restore_view_date(places[i], names[i], &unix_ms))
            return unix_ms;
    return 0;
}

/* Keeps the newest Warnings, in order. */
static bool on_event(void *context, const struct rr_json_node *event, struct rr_error *err)
{
    const struct looking *looking = context;
    struct rr_signs *signs = looking->signs;
    int64_t unix_ms = time_of_event(event);
    size_t at = signs->warning_count;
    (void)err;
    while (at > 0 && signs->warnings[at - 1].unix_ms < unix_ms)
        at--;
    if (at == RR_SIGNS_WARNINGS_MAX)
        return true;
    if (signs->warning_count == RR_SIGNS_WARNINGS_MAX)
        rr_buf_done(&signs->warnings[--signs->warning_count].text);
    memmove(&signs->warnings[at + 1], &signs->warnings[at], (signs->warning_count++ - at) * sizeof(signs->warnings[0]));
    signs->warnings[at] = (struct rr_signs_warning){ unix_ms, RR_BUF(TEXT_MAX_BYTES) };
    struct rr_buf *text = &signs->warnings[at].text;
    add_foreign(text, rr_json_member(event, "reason"));
    rr_buf_add(text, RR_LIT(", "));
    add_ago(text, unix_ms, looking->now_unix_ms);
    rr_buf_add(text, RR_LIT(": "));
    add_foreign(text, rr_json_member(event, "message"));
    return true;
}

static void say_not_known(struct rr_buf *text, const char *what, struct rr_slice namespace_name,
                          const struct rr_error *err)
{
    if (err->code == RR_E_DENIED)
        rr_buf_addf(text, "not known: no permission to list %s in namespace %.*s", what, RR_ARG(namespace_name));
    else
        rr_buf_addf(text, "not known: %s", err->message);
}

static struct rr_restore_at at_of(struct rr_cluster *cluster, struct rr_slice namespace_name)
{
    struct rr_cluster_options options = { .namespace_name = namespace_name };
    return rr_cluster_at(cluster, &options, (struct rr_slice){ 0 });
}

static bool look_for_lease(struct rr_cluster *cluster, struct looking *looking, struct rr_error *err)
{
    struct rr_signs *signs = looking->signs;
    struct rr_restore_at at = at_of(cluster, looking->namespace_name);
    if (!rr_restore_list_leases(&at, looking, on_lease, err)) {
        signs->controller = RR_SIGNS_UNKNOWN; /* even if a part of the list arrived */
        rr_buf_clear(&signs->controller_text);
        say_not_known(&signs->controller_text, "leases", looking->namespace_name, err);
        return err->code != RR_E_CANCELLED;
    }
    if (signs->controller == RR_SIGNS_UNKNOWN) {
        signs->controller = RR_SIGNS_NO_LEASE;
        rr_buf_addf(&signs->controller_text,
                    "unknown: namespace %.*s has no Lease of a controller. Either no controller runs there, or it runs "
                    "without --leader-elect, which needs no Lease. To tell which: kubectl -n %.*s get pods. If it runs "
                    "in another namespace, name that with --controller-namespace",
                    RR_ARG(looking->namespace_name), RR_ARG(looking->namespace_name));
    }
    return true;
}

static bool look_for_warnings(struct rr_cluster *cluster, const struct rr_restore_view *view, struct looking *looking,
                              struct rr_error *err)
{
    struct rr_restore_at at = at_of(cluster, view->namespace_name);
    if (view->uid.len == 0 || rr_restore_list_warnings(&at, view->uid, looking, on_event, err))
        return true;
    say_not_known(&looking->signs->warnings_unknown, "events", view->namespace_name, err);
    return err->code != RR_E_CANCELLED;
}

bool rr_signs_look(struct rr_cluster *cluster, const struct rr_signs_options *options,
                   const struct rr_restore_view *view, int64_t now_unix_ms, struct rr_signs *out_signs,
                   struct rr_error *err)
{
    *out_signs =
        (struct rr_signs){ .controller_text = RR_BUF(TEXT_MAX_BYTES), .warnings_unknown = RR_BUF(TEXT_MAX_BYTES) };
    struct looking looking = { out_signs, rr_signs_namespace(options), now_unix_ms };
    return look_for_lease(cluster, &looking, err) && look_for_warnings(cluster, view, &looking, err);
}

void rr_signs_add_meaning(struct rr_buf *text, const struct rr_restore_view *view, enum rr_restore_freshness freshness,
                          int64_t now_unix_ms)
{
    int64_t last_ms = now_unix_ms;
    switch (freshness) {
    case RR_RESTORE_FRESH:
        rr_buf_add(text, RR_LIT("the status is up to date"));
        break;
    case RR_RESTORE_UNANSWERED:
        rr_buf_add(text, RR_LIT("no controller has written a status for this object yet"));
        break;
    case RR_RESTORE_OUTDATED:
        rr_buf_addf(text, "the status is about generation %lld of the object, which is at generation %lld now",
                    (long long)view->observed_generation, (long long)view->generation);
        break;
    case RR_RESTORE_OVERDUE:
        (void)!rr_restore_view_date(view->status, "lastDiscoveryTime", &last_ms);
        rr_buf_add(text, RR_LIT("the last discovery was recorded "));
        add_ago(text, last_ms, now_unix_ms);
        rr_buf_add(text, RR_LIT(", although `interval` is "));
        rr_table_age(text, view->interval_ms);
        break;
    }
}

const char *rr_signs_action(const struct rr_signs *signs)
{
    switch (signs->controller) {
    case RR_SIGNS_RUNNING:
        return "Look again in a few seconds. If the status stays as it is, see the controller's log: it may not watch "
               "this object (`--namespace`, `--selector`), or may not write its status";
    case RR_SIGNS_AWAY:
        return "Start the controller: nothing updates this status until it runs";
    case RR_SIGNS_NO_LEASE:
    case RR_SIGNS_UNKNOWN:
        break;
    }
    return "Look again in a few seconds. If the status stays as it is, check that a controller runs and watches this "
           "object (`--namespace`, `--selector`)";
}

const char *const *rr_signs_commands(void)
{
    static const char *const commands[] = {
        "kubectl -n {controller} get pods",
        "kubectl -n {controller} logs deployment/redisrestore-controller --since=15m",
        "kubectl -n {namespace} auth can-i patch redisrestores --subresource=status "
        "--as=system:serviceaccount:{controller}:redisrestore-controller",
        NULL,
    };
    return commands;
}

void rr_signs_lines(const struct rr_signs *signs, void *context,
                    void (*add)(void *context, const char *title, const char *text))
{
    add(context, "Controller", rr_buf_text(&signs->controller_text));
    for (size_t i = 0; i < signs->warning_count; i++)
        add(context, "Warning", rr_buf_text(&signs->warnings[i].text));
    if (signs->warnings_unknown.len > 0)
        add(context, "Warnings", rr_buf_text(&signs->warnings_unknown));
}

void rr_signs_write(struct rr_json_writer *json, const struct rr_signs *signs)
{
    static const char *const states[] = { [RR_SIGNS_UNKNOWN] = "Unknown",
                                          [RR_SIGNS_NO_LEASE] = "NotFound",
                                          [RR_SIGNS_AWAY] = "NotRunning",
                                          [RR_SIGNS_RUNNING] = "Running" };
    rr_json_open_object(json, "controller");
    rr_json_put_text(json, "state", rr_slice_from(states[signs->controller]));
    rr_json_put_text(json, "message", rr_buf_slice(&signs->controller_text));
    rr_json_close(json);
    rr_json_open_array(json, "warnings");
    for (size_t i = 0; i < signs->warning_count; i++)
        rr_json_put_text(json, NULL, rr_buf_slice(&signs->warnings[i].text));
    rr_json_close(json);
    if (signs->warnings_unknown.len > 0)
        rr_json_put_text(json, "warningsUnknown", rr_buf_slice(&signs->warnings_unknown));
}
