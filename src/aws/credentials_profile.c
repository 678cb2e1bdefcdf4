/* SPDX-License-Identifier: Apache-2.0 */
#include "profiles.h"
#include "sts.h"

static struct rr_slice region_of(const struct rr_credentials_ask *ask, const struct rr_profiles *profiles,
                                 struct rr_slice profile)
{
    struct rr_slice region = rr_profiles_get(profiles, profile, "region");
    if (ask->region.len > 0)
        return ask->region;
    return region.len > 0 ? region : RR_LIT("us-east-1");
}

static struct rr_sts_role role_of(const struct rr_profiles *profiles, struct rr_slice profile)
{
    return (struct rr_sts_role){
        .arn = rr_profiles_get(profiles, profile, "role_arn"),
        .session_name = rr_profiles_get(profiles, profile, "role_session_name"),
        .external_id = rr_profiles_get(profiles, profile, "external_id"),
        .duration_s = rr_profiles_get(profiles, profile, "duration_seconds"),
    };
}

static bool get_keys(const struct rr_profiles *profiles, struct rr_slice profile,
                     struct rr_credentials_found *out_found, struct rr_error *err)
{
    static const char *const names[] = { "aws_access_key_id", "aws_secret_access_key", "aws_session_token" };
    out_found->source = "Profile";
    return rr_credentials_new(rr_profiles_get(profiles, profile, names[0]),
                              rr_profiles_get(profiles, profile, names[1]),
                              rr_profiles_get(profiles, profile, names[2]), names, &out_found->credentials, err);
}

static bool get_by_token(const struct rr_credentials_ask *ask, const struct rr_profiles *profiles,
                         struct rr_slice profile, struct rr_credentials_found *out_found, struct rr_error *err)
{
    struct rr_sts_role role = role_of(profiles, profile);
    rr_auto(buf) token = RR_SECRET_BUF(RR_CREDENTIALS_TOKEN_MAX);
    out_found->source = "WebIdentity";
    return rr_credentials_token_read(rr_profiles_get(profiles, profile, "web_identity_token_file"), true, &token,
                                     err) &&
           rr_sts_assume_with_token(ask, region_of(ask, profiles, profile), &role, rr_buf_slice(&token), out_found,
                                    err);
}

static bool must_be_found(bool good, const struct rr_credentials_found *found, const char *source, struct rr_error *err)
{
    if (!good || found->credentials != NULL)
        return good;
    return rr_fail(err, RR_E_NO_CREDENTIALS, "credential_source is %s, which has no credentials", source);
}

static bool get_base(const struct rr_credentials_ask *ask, const struct rr_profiles *profiles,
                     const struct rr_profile_plan *plan, struct rr_credentials_found *out_found, struct rr_error *err)
{
    switch (plan->base) {
    case RR_PROFILE_NOTHING:
        return true;
    case RR_PROFILE_KEYS:
        return get_keys(profiles, plan->profile, out_found, err);
    case RR_PROFILE_WEB_IDENTITY:
        return get_by_token(ask, profiles, plan->profile, out_found, err);
    case RR_PROFILE_PROCESS:
        return rr_credentials_process(ask, rr_profiles_get(profiles, plan->profile, "credential_process"), out_found,
                                      err);
    case RR_PROFILE_OF_ENVIRONMENT:
        return rr_credentials_from_environment(ask->environment, &out_found->credentials, err);
    case RR_PROFILE_OF_CONTAINER:
        return must_be_found(rr_credentials_container(ask, out_found, err), out_found, "EcsContainer", err);
    case RR_PROFILE_OF_INSTANCE:
        return must_be_found(rr_credentials_imds(ask, out_found, err), out_found, "Ec2InstanceMetadata", err);
    }
    rr_assert(false);
    return false;
}

static bool follow(const struct rr_credentials_ask *ask, const struct rr_profiles *profiles,
                   const struct rr_profile_plan *plan, struct rr_credentials_found *found, struct rr_error *err)
{
    if (!get_base(ask, profiles, plan, found, err))
        return rr_context(err, "profile \"%.*s\"", RR_ARG(plan->profile));
    for (size_t i = plan->role_count; i > 0; i--) {
        struct rr_slice profile = plan->roles[i - 1];
        struct rr_sts_role role = role_of(profiles, profile);
        rr_auto(credentials_found) next = { 0 };
        if (!rr_sts_assume(ask, region_of(ask, profiles, profile), &role, found->credentials, &next, err))
            return rr_context(err, "profile \"%.*s\"", RR_ARG(profile));
        rr_credentials_found_done(found);
        *found = rr_steal(next);
        found->source = "Profile";
    }
    return true;
}

static bool look(const struct rr_credentials_ask *ask, struct rr_profiles *profiles,
                 struct rr_credentials_found *out_found, struct rr_error *err)
{
    bool is_named;
    struct rr_slice profile = rr_profiles_current(ask->environment, &is_named);
    rr_auto(profiles_paths) paths = { 0 };
    if (!rr_profiles_read(ask->environment, profiles, &paths, err))
        return false;

    struct rr_profile_plan plan = { 0 };
    rr_auto(credentials_found) found = { 0 };
    if (is_named || rr_profiles_has(profiles, profile))
        if (!rr_profile_plan(profiles, profile, &plan, err) || !follow(ask, profiles, &plan, &found, err))
            return false;
    if (found.credentials == NULL)
        rr_credentials_looked(ask, "profile \"%.*s\" in the shared files (%s, %s)", RR_ARG(profile),
                              paths.credentials.len > 0 ? rr_buf_text(&paths.credentials) : "no HOME",
                              paths.config.len > 0 ? rr_buf_text(&paths.config) : "no HOME");
    *out_found = rr_steal(found);
    return true;
}

bool rr_credentials_profile(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                            struct rr_error *err)
{
    rr_auto(profiles) profiles = { 0 };
    return look(ask, &profiles, out_found, err);
}
