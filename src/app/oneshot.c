/* SPDX-License-Identifier: Apache-2.0 */
#include "oneshot.h"

#include "runtime.h"
#include "signals.h"

#include <redisrestore/aws/credentials_chain.h>
#include <redisrestore/aws/settings.h>
#include <redisrestore/base/file.h>
#include <redisrestore/crypto/pem.h>
#include <redisrestore/s3/s3_headers.h>
#include <redisrestore/text/proxy.h>

#include <limits.h>

enum { SSE_KEY_FILE_MAX_BYTES = 256 };

struct signer {
    struct rr_credentials_provider provider; /* its source is the origin of the last credentials */
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

/* Settings of the AWS environment and files for which the command has no flag or no value. */
struct surroundings {
    struct rr_aws_settings settings;
    struct rr_buf ca_pem;       /* of AWS_CA_BUNDLE; empty: the system's roots */
    struct rr_secret proxy;     /* for the store; unset: none */
    const char *proxy_variable; /* literal */
};

static void surroundings_done(struct surroundings *surroundings)
{
    rr_aws_settings_done(&surroundings->settings);
    rr_secret_done(&surroundings->proxy);
    rr_buf_done(&surroundings->ca_pem);
}

/* Sets fields that the request leaves empty. The request then borrows from the surroundings. */
static void complete_location(const struct rr_aws_settings *settings, struct rr_s3_location *location)
{
    if (location->endpoint.len == 0)
        location->endpoint = rr_buf_slice(&settings->endpoint);
    if (location->region.len == 0)
        location->region = rr_buf_slice(&settings->region);
    location->dualstack = settings->dualstack;
    location->fips = settings->fips;
}

static bool look_around(const struct rr_oneshot *oneshot, struct surroundings *around,
                        struct rr_discovery_request *request, struct rr_error *err)
{
    const struct rr_environment *environment = oneshot->environment;
    struct rr_s3_location *location = &request->location;
    around->ca_pem = (struct rr_buf)RR_BUF(RR_ONESHOT_CA_MAX_BYTES);
    if (!rr_aws_settings_load(environment, &around->settings, err) ||
        !rr_oneshot_ca_read(rr_environment_get(environment, RR_ONESHOT_CA_VARIABLE), RR_ONESHOT_CA_VARIABLE,
                            &around->ca_pem, err))
        return false;
    if (oneshot->pinned == NULL)
        complete_location(&around->settings, location);

    rr_auto(s3_endpoint) endpoint = { 0 };
    struct rr_error later; /* ignored: the discovery reports the same error */
    if (!rr_s3_endpoint_resolve(location, &endpoint, &later))
        return true;
    if (!rr_proxy_from_environment(rr_buf_slice(&endpoint.origin), environment, &around->proxy, &around->proxy_variable,
                                   err))
        return false;
    request->proxy = rr_secret_reveal(&around->proxy).ptr;
    return true;
}

/* Names the proxy in the message: if the proxy does not reply, it looks as if the store did not. */
static bool name_proxy(const struct surroundings *around, struct rr_error *err)
{
    if (around->proxy_variable == NULL || (err->code != RR_E_UNREACHABLE && err->code != RR_E_TLS))
        return false;
    return rr_context(err, "through the proxy of %s", around->proxy_variable);
}

/* Calls `use` with a client for the bucket. */
static bool use_result(const struct rr_oneshot *oneshot, const struct rr_discovery_context *context,
                       const struct rr_discovery_request *request, const struct rr_discovery_result *result,
                       struct rr_stop *stop, struct rr_error *err)
{
    if (oneshot->use == NULL)
        return true;
    rr_auto(s3_endpoint) endpoint = { 0 };
    if (!rr_s3_endpoint_resolve(&request->location, &endpoint, err))
        return false;
    struct rr_s3_client client = rr_discovery_client(context, request, &endpoint);
    return oneshot->use(oneshot->use_context, &client, result, stop, err);
}

static bool discover_on_loop(const struct rr_oneshot *oneshot, const struct surroundings *around,
                             const struct rr_discovery_request *request, struct rr_stop *stop,
                             struct rr_discovery_result *out_result, struct rr_error *err)
{
    struct rr_http_loop_options loop_options = { .name = "storage",
                                                 .log = oneshot->log,
                                                 .clock = &rr_clock_system,
                                                 .connections_max = (size_t)request->concurrency };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&loop_options);
    struct rr_http_loop_options cloud_options = { .name = "cloud", .log = oneshot->log, .clock = &rr_clock_system };
    rr_auto_ptr(http_loop) cloud = rr_http_loop_new(&cloud_options);
    struct rr_http_tls of_aws = { .ca_pem = rr_buf_slice(&around->ca_pem) };
    struct rr_credentials_chain_options chain_options = {
        .environment = oneshot->environment,
        .loop = cloud,
        .clock = &rr_clock_system,
        .random = &rr_random_system,
        .region = request->location.region,
        .environment_proxies = true,
        .dualstack = around->settings.dualstack,
        .fips = around->settings.fips,
        .tls = &of_aws,
    };
    rr_auto_ptr(credentials_chain) chain = rr_credentials_chain_new(&chain_options);
    struct signer signer = { .provider = { &signer, "", credentials_get, credentials_expire }, .chain = chain };
    struct rr_discovery_request signed_request = *request;
    if (oneshot->pinned == NULL || request->credentials == NULL)
        signed_request.credentials = &signer.provider;
    rr_auto_ptr(s3_memory) memory = rr_s3_memory_new(&rr_clock_system);
    struct rr_discovery_context context = {
        .loop = loop,
        .clock = &rr_clock_system,
        .log = oneshot->log,
        .memory = memory,
        .attempts_max = around->settings.attempts_max,
    };
    if (oneshot->pinned != NULL)
        return use_result(oneshot, &context, &signed_request, oneshot->pinned, stop, err);
    if (oneshot->progress != NULL) {
        context.progress_context = oneshot->progress;
        context.on_progress = rr_progress_on_page;
    }
    bool good = rr_discover(&context, &signed_request, stop, out_result, err);
    if (oneshot->progress != NULL)
        rr_progress_clear(oneshot->progress);
    return good && use_result(oneshot, &context, &signed_request, out_result, stop, err);
}

bool rr_oneshot_ca_read(struct rr_slice path, const char *said_by, struct rr_buf *out_pem, struct rr_error *err)
{
    if (path.len == 0)
        return true;
    rr_auto(buf) name = RR_BUF(PATH_MAX);
    rr_buf_add(&name, path);
    if (!rr_buf_ok(&name, err) || !rr_file_read(rr_buf_text(&name), out_pem, err))
        return rr_context(err, "%s", said_by);
    if (rr_pem_certificates_check(rr_buf_slice(out_pem), err))
        return true;
    return rr_context(err, "%s: %.*s", said_by, RR_ARG(path));
}

bool rr_oneshot_sse_key_read(struct rr_slice path, struct rr_secret *out_key, struct rr_error *err)
{
    if (path.len == 0)
        return true;
    rr_auto(buf) name = RR_BUF(PATH_MAX);
    rr_auto(buf) text = RR_SECRET_BUF(SSE_KEY_FILE_MAX_BYTES);
    rr_buf_add(&name, path);
    if (!rr_buf_ok(&name, err) || !rr_file_read(rr_buf_text(&name), &text, err))
        return rr_context(err, "SSE-C key");
    return rr_s3_sse_key_parse(rr_buf_slice(&text), out_key, err) ||
           rr_fail(err, RR_E_BAD_INPUT, "SSE-C key: %.*s must hold %d bytes or their base64", RR_ARG(path),
                   RR_S3_SSE_KEY_BYTES);
}

void rr_oneshot_name_variable(const struct rr_environment *environment, const struct rr_s3_location *location,
                              struct rr_error *err)
{
    const struct {
        struct rr_slice field, text;
        const char *variable;
    } said[] = {
        { RR_LIT("bucket: "), location->bucket, "S3_BUCKET" },
        { RR_LIT("region: "), location->region, "AWS_REGION" },
        { RR_LIT("region: "), location->region, "AWS_DEFAULT_REGION" },
        { RR_LIT("endpoint: "), location->endpoint, "AWS_ENDPOINT_URL_S3" },
        { RR_LIT("endpoint: "), location->endpoint, "AWS_ENDPOINT_URL" },
    };
    for (size_t i = 0; err->code == RR_E_BAD_INPUT && i < RR_COUNT(said); i++) {
        bool is_of_it =
            said[i].text.len > 0 && said[i].text.ptr == rr_environment_get(environment, said[i].variable).ptr;
        if (!is_of_it || !rr_slice_starts_with(rr_slice_from(err->message), said[i].field))
            continue;
        (void)!rr_context(err, "%s", said[i].variable);
        return;
    }
}

bool rr_oneshot_run(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                    struct rr_discovery_result *out_result, int *out_signal, struct rr_error *err)
{
    rr_runtime_init();
    struct rr_stop stop;
    rr_stop_init(&stop, oneshot->stop);
    struct rr_signals signals;
    if (oneshot->stop == NULL)
        rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);
    struct surroundings around = { 0 };
    struct rr_discovery_request whole = *request;
    bool good = look_around(oneshot, &around, &whole, err) &&
                (discover_on_loop(oneshot, &around, &whole, &stop, out_result, err) || name_proxy(&around, err));
    if (!good)
        rr_oneshot_name_variable(oneshot->environment, &request->location, err);
    surroundings_done(&around);
    *out_signal = oneshot->stop == NULL ? rr_signals_end(&signals) : 0;
    rr_stop_done(&stop);
    rr_runtime_done();
    return good;
}
