#include "oneshot.h"

#include "runtime.h"
#include "signals.h"

#include <redisrestore/aws/credentials_chain.h>
#include <redisrestore/base/file.h>

#include <limits.h>

static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";

struct signer {
    struct rr_credentials_provider provider; /* its source is where the last credentials came from */
    struct rr_credentials_chain *chain;      /* borrows */
};

static bool credentials_get(void *context, int64_t deadline_ms, struct rr_stop *stop,
                            struct rr_credentials **out_credentials, struct rr_error *err)
{
    struct signer *signer = context;
    return rr_credentials_chain_get(signer->chain, deadline_ms, stop, out_credentials, &signer->provider.source, err);
}

static void credentials_expire(void *context, const struct rr_credentials *credentials)
{
    struct signer *signer = context;
    rr_credentials_chain_expire(signer->chain, credentials);
}

static bool discover_on_loop(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                             struct rr_stop *stop, struct rr_discovery_result *out_result, struct rr_error *err)
{
    struct rr_http_loop_options loop_options = { .name = "storage", .log = oneshot->log, .clock = &rr_clock_system };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&loop_options);
    struct rr_http_loop_options cloud_options = { .name = "cloud", .log = oneshot->log, .clock = &rr_clock_system };
    rr_auto_ptr(http_loop) cloud = rr_http_loop_new(&cloud_options);
    struct rr_credentials_chain_options chain_options = {
        .environment = oneshot->environment,
        .loop = cloud,
        .clock = &rr_clock_system,
        .random = &rr_random_system,
        .region = request->location.region,
    };
    rr_auto_ptr(credentials_chain) chain = rr_credentials_chain_new(&chain_options);
    struct signer signer = { .provider = { &signer, "", credentials_get, credentials_expire }, .chain = chain };
    struct rr_discovery_request signed_request = *request;
    signed_request.credentials = &signer.provider;
    rr_auto_ptr(s3_memory) memory = rr_s3_memory_new(&rr_clock_system);
    struct rr_discovery_context context = {
        .loop = loop, .clock = &rr_clock_system, .log = oneshot->log, .memory = memory
    };
    if (oneshot->progress != NULL) {
        context.progress_context = oneshot->progress;
        context.on_progress = rr_progress_on_page;
    }
    bool good = rr_discover(&context, &signed_request, stop, out_result, err);
    if (oneshot->progress != NULL)
        rr_progress_clear(oneshot->progress);
    return good;
}

bool rr_oneshot_ca_read(struct rr_slice path, struct rr_buf *out_pem, struct rr_error *err)
{
    if (path.len == 0)
        return true;
    rr_auto(buf) name = RR_BUF(PATH_MAX);
    rr_buf_add(&name, path);
    if (!rr_buf_ok(&name, err) || !rr_file_read(rr_buf_text(&name), out_pem, err))
        return rr_context(err, "CA file");
    if (out_pem->len == 0 || memmem(out_pem->ptr, out_pem->len, BEGIN, sizeof BEGIN - 1) == NULL)
        return rr_fail(err, RR_E_BAD_INPUT, "CA file: %.*s has no certificate in PEM", RR_ARG(path));
    return true;
}

bool rr_oneshot_run(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                    struct rr_discovery_result *out_result, int *out_signal, struct rr_error *err)
{
    rr_runtime_init();
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct rr_signals signals;
    rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);
    bool good = discover_on_loop(oneshot, request, &stop, out_result, err);
    *out_signal = rr_signals_end(&signals);
    rr_stop_done(&stop);
    rr_runtime_done();
    return good;
}
