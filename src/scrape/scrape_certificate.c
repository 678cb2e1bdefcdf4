/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_certificate.h"

#include <redisrestore/base/clock.h>
#include <redisrestore/base/file.h>
#include <redisrestore/crypto/pem.h>

enum { PATH_MAX_BYTES = 4096 };

void rr_scrape_certificate_init(struct rr_scrape_certificate *watched, const char *folder, const struct rr_log *log,
                                struct rr_metrics *metrics)
{
    *watched = (struct rr_scrape_certificate){ .folder = folder, .log = log };
    rr_stop_init(&watched->stop, NULL);
    watched->reads =
        rr_metrics_counter(metrics, "certwatcher_read_certificate_total", "Total number of certificate reads.", NULL);
    watched->errors = rr_metrics_counter(metrics, "certwatcher_read_certificate_errors_total",
                                         "Total number of certificate read errors.", NULL);
    rr_metric_touch(watched->reads, NULL);
    rr_metric_touch(watched->errors, NULL);
}

static bool read_file(const char *folder, const char *name, struct rr_buf *out_content, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    rr_buf_addf(&path, "%s/%s", folder, name);
    return rr_buf_ok(&path, err) && rr_file_read(rr_buf_text(&path), out_content, err);
}

static bool read_pair(const char *folder, struct rr_certificate *out_certificate, struct rr_error *err)
{
    rr_auto(certificate) read = { .chain = RR_BUF(RR_CERTIFICATE_PEM_MAX_BYTES) };
    rr_auto(buf) key = RR_SECRET_BUF(RR_CERTIFICATE_PEM_MAX_BYTES);
    bool done = read_file(folder, "tls.crt", &read.chain, err) && read_file(folder, "tls.key", &key, err);
    if (done)
        rr_secret_set(&read.key, rr_buf_slice(&key));
    if (done)
        *out_certificate = rr_steal(read);
    return done;
}

/* The digest of the pair, or of the error if there is none. */
static void digest(const struct rr_certificate *pair, const char *message, uint8_t out_digest[RR_SHA256_BYTES])
{
    struct rr_slice key = rr_secret_reveal(&pair->key);
    uint8_t parts[3 * RR_SHA256_BYTES];
    rr_sha256(rr_buf_slice(&pair->chain), parts);
    rr_sha256(key, parts + RR_SHA256_BYTES);
    rr_sha256(rr_slice_from(message), parts + 2 * RR_SHA256_BYTES);
    rr_sha256((struct rr_slice){ (const char *)parts, sizeof(parts) }, out_digest);
}

static bool read_and_check(struct rr_scrape_certificate *watched, struct rr_certificate *out_pair, struct rr_error *err)
{
    rr_metric_add(watched->reads, NULL, 1);
    if (!read_pair(watched->folder, out_pair, err))
        return false;
    struct rr_slice chain = rr_buf_slice(&out_pair->chain);
    return (rr_pem_certificates_check(chain, err) && rr_pem_pair_check(chain, rr_secret_reveal(&out_pair->key), err)) ||
           rr_context(err, "%s", watched->folder);
}

bool rr_scrape_certificate_read(struct rr_scrape_certificate *watched, struct rr_certificate *out_certificate,
                                struct rr_error *err)
{
    rr_auto(certificate) pair = { 0 };
    if (!read_and_check(watched, &pair, err)) {
        rr_metric_add(watched->errors, NULL, 1);
        return rr_context(err, "--metrics-cert-dir");
    }
    digest(&pair, "", watched->served);
    *out_certificate = rr_steal(pair);
    return true;
}

void rr_scrape_certificate_look(struct rr_scrape_certificate *watched)
{
    rr_auto(certificate) pair = { 0 };
    struct rr_error err = { 0 };
    uint8_t now[RR_SHA256_BYTES], failed[RR_SHA256_BYTES];
    bool good = read_and_check(watched, &pair, &err);
    if (good) {
        digest(&pair, "", now);
        if (memcmp(now, watched->served, sizeof(now)) == 0) {
            memset(watched->complained, 0, sizeof(watched->complained));
            return;
        }
        if (memcmp(now, watched->complained, sizeof(now)) == 0)
            return; /* GnuTLS refused this pair already */
        struct rr_server_tls tls = { rr_buf_slice(&pair.chain), rr_secret_reveal(&pair.key) };
        good = watched->serve(watched->context, &tls, &err);
        if (!good && err.code == RR_E_CONFLICT)
            return; /* the next check serves it */
        memcpy(failed, now, sizeof(failed));
    } else {
        digest(&pair, err.message, failed);
    }
    if (good) {
        memcpy(watched->served, now, sizeof(now));
        memset(watched->complained, 0, sizeof(watched->complained));
        rr_info(watched->log, "metrics certificate reloaded", F_TEXT(LOG_PATH, rr_slice_from(watched->folder)));
        return;
    }
    rr_metric_add(watched->errors, NULL, 1);
    if (memcmp(failed, watched->complained, sizeof(failed)) == 0)
        return;
    memcpy(watched->complained, failed, sizeof(failed));
    rr_warn(watched->log, "failed to load new metrics certificate, using the current one", F_ERROR(&err));
}

static void watch(void *context)
{
    struct rr_scrape_certificate *watched = context;
    while (!rr_stop_wait(&watched->stop,
                         rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_SCRAPE_CERTIFICATE_EVERY_MS)))
        rr_scrape_certificate_look(watched);
}

void rr_scrape_certificate_watch(struct rr_scrape_certificate *watched, void *context,
                                 bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err))
{
    watched->context = context;
    watched->serve = serve;
    rr_thread_start(&watched->thread, "certificate", watch, watched);
}

void rr_scrape_certificate_done(struct rr_scrape_certificate *watched)
{
    if (watched->folder == NULL)
        return;
    rr_stop_set(&watched->stop);
    rr_thread_join(&watched->thread);
    rr_stop_done(&watched->stop);
    watched->folder = NULL;
}
