/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_trust.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/pem.h>

void rr_kube_pems_unref(struct rr_kube_pems *pems)
{
    if (pems == NULL || atomic_fetch_sub_explicit(&pems->references, 1, memory_order_acq_rel) > 1)
        return;
    rr_buf_done(&pems->ca);
    rr_secret_done(&pems->client_cert);
    rr_secret_done(&pems->client_key);
    rr_free(pems);
}

static struct rr_kube_pems *new_pems(struct rr_slice ca, struct rr_slice cert, struct rr_slice key)
{
    struct rr_kube_pems *pems = RR_NEW(struct rr_kube_pems);
    atomic_init(&pems->references, 1);
    pems->ca = (struct rr_buf)RR_BUF(RR_KUBE_PEM_MAX_BYTES);
    rr_buf_add(&pems->ca, ca);
    if (cert.len > 0) {
        rr_secret_set(&pems->client_cert, cert);
        rr_secret_set(&pems->client_key, key);
    }
    return pems;
}

void rr_kube_trust_init(struct rr_kube_trust *trust, const struct rr_kube_config *config, const struct rr_clock *clock,
                        const struct rr_log *log, struct rr_metric_family *reloads)
{
    *trust = (struct rr_kube_trust){ .config = config, .clock = clock, .log = log, .reloads = reloads };
    rr_assert(pthread_mutex_init(&trust->lock, NULL) == 0);
    trust->guarded.pems = new_pems(rr_buf_slice(&config->ca_pem), rr_secret_reveal(&config->client_cert_pem),
                                   rr_secret_reveal(&config->client_key_pem));
    trust->guarded.checked_at_ms = rr_clock_monotonic_ms(clock);
}

void rr_kube_trust_done(struct rr_kube_trust *trust)
{
    rr_kube_pems_unref(trust->guarded.pems);
    (void)pthread_mutex_destroy(&trust->lock);
}

/* --- one check of the files --- */

/* The result of one check. The reasons are values of the metric's label. */
struct look {
    struct rr_buf text, key; /* of the CA, or of certificate and key */
    const char *reason;      /* "unchanged", "changed", or why it failed: "read_error", "empty", "malformed" */
    bool good;
    struct rr_error err;
};

static void look_done(struct look *look)
{
    rr_buf_done(&look->text);
    rr_buf_done(&look->key);
}

static bool read_one(const struct rr_buf *path, struct rr_buf *text, struct look *look)
{
    *text = (struct rr_buf)RR_SECRET_BUF(RR_KUBE_PEM_MAX_BYTES); /* one of them is a key */
    if (!rr_file_read(rr_buf_text(path), text, &look->err)) {
        look->reason = "read_error";
        return false;
    }
    if (rr_slice_trim(rr_buf_slice(text)).len > 0)
        return true;
    look->reason = "empty";
    return rr_fail(&look->err, RR_E_BAD_INPUT, "%s is empty", rr_buf_text(path));
}

/* The two files do not change in one step: a new certificate with the old key is not yet a valid pair. */
static bool is_usable(const struct rr_buf *path, struct look *look)
{
    bool pair = look->key.len > 0;
    if (pair ? rr_pem_pair_check(rr_buf_slice(&look->text), rr_buf_slice(&look->key), &look->err)
             : rr_pem_certificates_check(rr_buf_slice(&look->text), &look->err))
        return true;
    look->reason = look->err.code == RR_E_CONFLICT ? "mismatch" : "malformed";
    return rr_context(&look->err, "%s", rr_buf_text(path));
}

/* `key_path` empty: there is no key. */
static void look_at(struct look *look, const struct rr_buf *path, const struct rr_buf *key_path, struct rr_slice held,
                    struct rr_slice held_key)
{
    look->good = read_one(path, &look->text, look) && (key_path->len == 0 || read_one(key_path, &look->key, look));
    if (!look->good)
        return;
    bool same = rr_slice_equals(rr_buf_slice(&look->text), held) && rr_slice_equals(rr_buf_slice(&look->key), held_key);
    look->reason = same ? "unchanged" : "changed";
    look->good = same || is_usable(path, look);
}

static bool has_changed(const struct look *look)
{
    return look->good && strcmp(look->reason, "changed") == 0;
}

/* A repeated failure is logged once. */
static void tell(const struct rr_kube_trust *trust, const char *changed, const char *failed, const struct look *look,
                 bool *failing)
{
    rr_metric_add(trust->reloads, RR_LABELS(look->good ? "success" : "failure", look->reason), 1);
    if (has_changed(look))
        rr_log_write(trust->log, RR_LOG_INFO, changed, (const struct rr_field[]){ { 0 } });
    else if (!look->good && !*failing)
        rr_log_write(trust->log, RR_LOG_WARN, failed, (const struct rr_field[]){ F_ERROR(&look->err), { 0 } });
    *failing = !look->good;
}

/* Lock held. */
static void look_again(struct rr_kube_trust *trust)
{
    const struct rr_kube_config *config = trust->config;
    const struct rr_buf no_key = { 0 };
    struct rr_kube_pems *held = trust->guarded.pems;
    struct rr_slice cert = rr_secret_reveal(&held->client_cert), key = rr_secret_reveal(&held->client_key);
    struct look ca = { 0 }, pair = { 0 };
    if (config->ca_file.len > 0) {
        look_at(&ca, &config->ca_file, &no_key, rr_buf_slice(&held->ca), (struct rr_slice){ 0 });
        tell(trust, "certificate authority reloaded", "failed to read certificate authority, using the current one",
             &ca, &trust->guarded.ca_failing);
    }
    if (config->client_cert_file.len > 0) {
        look_at(&pair, &config->client_cert_file, &config->client_key_file, cert, key);
        tell(trust, "client certificate reloaded", "failed to read client certificate, using the current one", &pair,
             &trust->guarded.pair_failing);
    }
    if (has_changed(&ca) || has_changed(&pair)) {
        bool pair_changed = has_changed(&pair);
        trust->guarded.pems =
            new_pems(rr_buf_slice(has_changed(&ca) ? &ca.text : &held->ca),
                     pair_changed ? rr_buf_slice(&pair.text) : cert, pair_changed ? rr_buf_slice(&pair.key) : key);
        rr_kube_pems_unref(held);
    }
    look_done(&ca);
    look_done(&pair);
}

struct rr_kube_pems *rr_kube_trust_get(struct rr_kube_trust *trust)
{
    bool has_files = trust->config->ca_file.len > 0 || trust->config->client_cert_file.len > 0;
    int64_t now_ms = rr_clock_monotonic_ms(trust->clock);
    pthread_mutex_lock(&trust->lock);
    if (has_files && now_ms - trust->guarded.checked_at_ms >= RR_KUBE_TRUST_FRESH_MS) {
        trust->guarded.checked_at_ms = now_ms;
        look_again(trust);
    }
    struct rr_kube_pems *pems = trust->guarded.pems;
    atomic_fetch_add_explicit(&pems->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&trust->lock);
    return pems;
}
