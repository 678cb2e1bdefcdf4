/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_self_signed.h"

static int64_t now_unix_s(const struct rr_scrape_self_signed *made)
{
    return rr_clock_unix_ms(made->clock) / 1000;
}

bool rr_scrape_self_signed_make(struct rr_scrape_self_signed *made, struct rr_certificate *out_certificate,
                                struct rr_error *err)
{
    int64_t now_s = now_unix_s(made);
    if (!rr_certificate_make_self_signed(made->host, now_s, out_certificate, err))
        return false;
    made->made_unix_s = now_s;
    return true;
}

/* If the clock was set back to before the creation, the certificate is invalid too. */
static bool is_due(const struct rr_scrape_self_signed *made)
{
    int64_t age_s = now_unix_s(made) - made->made_unix_s;
    return age_s >= RR_SCRAPE_SELF_SIGNED_RENEW_S || age_s <= -RR_SCRAPE_SELF_SIGNED_LOOK_MS / 1000;
}

void rr_scrape_self_signed_look(struct rr_scrape_self_signed *made)
{
    if (!is_due(made))
        return;
    rr_auto(certificate) pair = { 0 };
    struct rr_error err = { 0 };
    int64_t before_s = made->made_unix_s;
    bool good = rr_scrape_self_signed_make(made, &pair, &err);
    if (good) {
        struct rr_server_tls tls = { rr_buf_slice(&pair.chain), rr_secret_reveal(&pair.key) };
        good = made->serve(made->context, &tls, &err);
    }
    if (good) {
        rr_info(made->log, "generated a new self-signed metrics certificate");
        return;
    }
    made->made_unix_s = before_s; /* retry at the next check */
    rr_warn(made->log, "failed to load new metrics certificate, using the current one", F_ERROR(&err));
}

static void watch(void *context)
{
    struct rr_scrape_self_signed *made = context;
    while (!rr_stop_wait(&made->stop,
                         rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_SCRAPE_SELF_SIGNED_LOOK_MS)))
        rr_scrape_self_signed_look(made);
}

void rr_scrape_self_signed_watch(struct rr_scrape_self_signed *made, void *context,
                                 bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err))
{
    made->context = context;
    made->serve = serve;
    made->watching = true;
    rr_stop_init(&made->stop, NULL);
    rr_thread_start(&made->thread, "certificate", watch, made);
}

void rr_scrape_self_signed_done(struct rr_scrape_self_signed *made)
{
    if (!made->watching)
        return;
    rr_stop_set(&made->stop);
    rr_thread_join(&made->thread);
    rr_stop_done(&made->stop);
    made->watching = false;
}
