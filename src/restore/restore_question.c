/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_question.h"

#include "restore_account.h"
#include "restore_trust.h"

enum { SUBJECT_MAX_BYTES = 1024, UID_MAX_BYTES = 128 };

/* Sets the identity of one kind of credentials. The kind itself is the provider's source. */
static void identify(struct rr_restore_question *question, struct rr_slice first, struct rr_slice second,
                     struct rr_slice third)
{
    question->identity[0] = first;
    question->identity[1] = second;
    question->identity[2] = third;
    question->identity_count = RR_RESTORE_IDENTITY_MAX;
}

/* --- a ServiceAccount --- */

static bool get_token(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                      struct rr_error *err)
{
    const struct rr_restore_question *question = context;
    int64_t longest_ms = rr_deadline_after(rr_clock_monotonic_ms(question->asking.clock), RR_KUBE_REQUEST_TIMEOUT_MS);
    struct rr_restore_reading reading = { .client = question->asking.kube,
                                          .namespace_name = question->namespace_name,
                                          .deadline_ms = deadline_ms < longest_ms ? deadline_ms : longest_ms,
                                          .stop = stop };
    return rr_restore_account_token(&reading, question->account, out_token, err);
}

static bool get_of_account(void *context, int64_t deadline_ms, struct rr_stop *stop,
                           struct rr_credentials **out_credentials, struct rr_error *err)
{
    const struct rr_restore_question *question = context;
    return rr_credentials_roles_get(question->asking.cloud->roles, &question->asker, deadline_ms, stop, out_credentials,
                                    err);
}

static void expire_of_account(void *context, const struct rr_credentials *credentials)
{
    const struct rr_restore_question *question = context;
    rr_credentials_roles_expire(question->asking.cloud->roles, &question->asker, credentials);
}

static bool use_account(struct rr_restore_question *question, const struct rr_restore_reading *reading,
                        const struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_restore_cloud *cloud = question->asking.cloud;
    rr_auto(buf) uid = RR_BUF(UID_MAX_BYTES);
    if (cloud->roles == NULL)
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "credentials of ServiceAccounts are off: start the controller with "
                       "--enable-service-account-credentials, or name a Secret");
    if (!rr_restore_account_check(reading, spec->signer, spec->role_arn, &uid, err))
        return false;
    question->account = spec->signer;
    question->subject = (struct rr_buf)RR_BUF(SUBJECT_MAX_BYTES);
    rr_buf_addf(&question->subject, "%.*s/%.*s/%s", RR_ARG(question->namespace_name), RR_ARG(spec->signer),
                rr_buf_text(&uid));
    /* The region of a store that is not AWS says nothing about STS. */
    bool is_aws_region = spec->endpoint.len == 0 && spec->region.len > 0;
    question->asker = (struct rr_credentials_role_asker){ .subject = rr_buf_slice(&question->subject),
                                                          .role_arn = spec->role_arn,
                                                          .region = is_aws_region ? spec->region : cloud->region,
                                                          .token = { question, get_token } };
    question->provider =
        (struct rr_credentials_provider){ question, "ServiceAccount", get_of_account, expire_of_account };
    identify(question, rr_buf_slice(&question->subject), spec->role_arn, question->asker.region);
    return rr_buf_ok(&question->subject, err);
}

/* --- the controller's own --- */

static bool get_ambient(void *context, int64_t deadline_ms, struct rr_stop *stop,
                        struct rr_credentials **out_credentials, struct rr_error *err)
{
    const struct rr_restore_question *question = context;
    const char *ignored;
    return rr_credentials_chain_get(question->asking.cloud->chain, deadline_ms, stop, out_credentials, &ignored, err);
}

static void expire_ambient(void *context, const struct rr_credentials *credentials)
{
    const struct rr_restore_question *question = context;
    rr_credentials_chain_expire(question->asking.cloud->chain, credentials);
}

static bool may_be_ambient(const struct rr_restore_cloud *cloud, struct rr_slice namespace_name)
{
    for (size_t i = 0; cloud->chain != NULL && i < cloud->ambient_namespace_count; i++) {
        struct rr_slice allowed = cloud->ambient_namespaces[i];
        if (rr_slice_equals(allowed, RR_LIT("*")) || rr_slice_equals(allowed, namespace_name))
            return true;
    }
    return false;
}

bool rr_restore_goes_to_aws(const struct rr_restore_spec *spec)
{
    return spec->endpoint.len == 0 && spec->ca == RR_RESTORE_CA_OF_SYSTEM;
}

/* The controller's own credentials are sent to AWS only, and only for the namespaces that the operator allows
 * (behaviour F-38). */
static bool use_ambient(struct rr_restore_question *question, const struct rr_restore_spec *spec, struct rr_error *err)
{
    struct rr_slice where = question->namespace_name;
    if (!rr_restore_goes_to_aws(spec))
        return rr_fail(err, RR_E_AMBIENT_FORBIDDEN,
                       "the controller's own credentials go to AWS alone: remove endpoint and tls, or name a Secret or "
                       "a ServiceAccount instead of ambient");
    if (!may_be_ambient(question->asking.cloud, where))
        return rr_fail(err, RR_E_AMBIENT_FORBIDDEN,
                       "namespace %.*s may not use the controller's own credentials: start the controller with "
                       "--ambient-credentials-namespace %.*s, or name a Secret or a ServiceAccount instead of ambient",
                       RR_ARG(where), RR_ARG(where));
    question->provider = (struct rr_credentials_provider){ question, "Ambient", get_ambient, expire_ambient };
    identify(question, RR_LIT("Ambient"), RR_LIT(""), RR_LIT(""));
    return true;
}

/* --- the question --- */

static bool use_secret(struct rr_restore_question *question, const struct rr_restore_reading *reading,
                       const struct rr_restore_spec *spec, struct rr_error *err)
{
    if (!rr_restore_secret_read(reading, spec->signer, &question->secret, err))
        return false;
    const struct rr_credentials *credentials = question->secret.credentials;
    question->provider = rr_credentials_static(question->secret.credentials, "Secret");
    identify(question, rr_credentials_access_key_id(credentials),
             rr_secret_reveal(rr_credentials_secret_access_key(credentials)),
             rr_secret_reveal(rr_credentials_session_token(credentials)));
    question->request.sse_customer_key = &question->secret.sse_customer_key;
    return true;
}

static bool find_signer(struct rr_restore_question *question, const struct rr_restore_reading *reading,
                        const struct rr_restore_spec *spec, struct rr_error *err)
{
    switch (spec->credentials) {
    case RR_RESTORE_SERVICE_ACCOUNT:
        return use_account(question, reading, spec, err);
    case RR_RESTORE_AMBIENT:
        return use_ambient(question, spec, err);
    case RR_RESTORE_SECRET:
        break;
    }
    return use_secret(question, reading, spec, err);
}

static bool find_trust(struct rr_restore_question *question, const struct rr_restore_reading *reading,
                       const struct rr_restore_spec *spec, struct rr_error *err)
{
    question->tls = (struct rr_http_tls){ .ca_setting = "spec.source.s3.tls.caSecretKeyRef" };
    question->request.tls = &question->tls;
    if (spec->ca == RR_RESTORE_CA_OF_SYSTEM || question->asking.trusts_itself)
        return true;
    if (!rr_restore_trust_read(reading, spec, &question->ca_pem, err))
        return false;
    question->tls.ca_pem = rr_buf_slice(&question->ca_pem);
    question->tls.ca_setting = "spec.source.s3.tls";
    return true;
}

static struct rr_discovery_request request_of(const struct rr_restore_spec *spec)
{
    return (struct rr_discovery_request){ .location = rr_restore_spec_location(spec),
                                          .prefix = spec->prefix,
                                          .criteria = spec->criteria,
                                          .timeout_ms = spec->discovery_timeout_ms,
                                          .expected_bucket_owner = spec->expected_bucket_owner,
                                          .requester_pays = spec->requester_pays };
}

bool rr_restore_question_open(struct rr_restore_question *question, const struct rr_restore_asking *asking,
                              struct rr_slice namespace_name, const struct rr_restore_spec *spec, struct rr_stop *stop,
                              struct rr_error *err)
{
    question->asking = *asking;
    question->namespace_name = namespace_name;
    question->request = request_of(spec);
    struct rr_restore_reading reading = {
        .client = asking->kube,
        .namespace_name = namespace_name,
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(asking->clock), RR_KUBE_REQUEST_TIMEOUT_MS),
        .stop = stop,
        .reader = asking->reader,
    };
    if ((!asking->signs_itself && !find_signer(question, &reading, spec, err)) ||
        !find_trust(question, &reading, spec, err))
        return false;
    question->request.credentials = asking->signs_itself ? NULL : &question->provider;
    return true;
}

void rr_restore_question_done(struct rr_restore_question *question)
{
    rr_restore_secret_done(&question->secret);
    rr_buf_done(&question->ca_pem);
    rr_buf_done(&question->subject);
    *question = (struct rr_restore_question){ 0 };
}
