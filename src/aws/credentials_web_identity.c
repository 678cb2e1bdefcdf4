/* SPDX-License-Identifier: Apache-2.0 */
#include "sts.h"

bool rr_credentials_web_identity(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                 struct rr_error *err)
{
    static const char file_variable[] = "AWS_WEB_IDENTITY_TOKEN_FILE", role_variable[] = "AWS_ROLE_ARN";
    struct rr_slice path = rr_environment_get(ask->environment, file_variable);
    struct rr_sts_role role = {
        .arn = rr_environment_get(ask->environment, role_variable),
        .session_name = rr_environment_get(ask->environment, "AWS_ROLE_SESSION_NAME"),
    };
    struct rr_slice region = ask->region.len > 0 ? ask->region : RR_LIT("us-east-1");
    if (path.len == 0) {
        rr_credentials_looked(ask, "%s", file_variable);
        return true;
    }
    if (role.arn.len == 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "the environment variable %s is set, but %s is not", file_variable,
                       role_variable);
    rr_auto(buf) token = RR_SECRET_BUF(RR_CREDENTIALS_TOKEN_MAX);
    if (!rr_credentials_token_read(path, true, &token, err) ||
        !rr_sts_assume_with_token(ask, region, &role, rr_buf_slice(&token), out_found, err))
        return rr_context(err, "web identity of %s", file_variable);
    out_found->source = "WebIdentity";
    return true;
}
