/* SPDX-License-Identifier: Apache-2.0 */
#include "profiles.h"

enum { WHERE_MAX = 8 * 1024 };

struct planner {
    const struct rr_profiles *profiles;
    struct rr_profile_plan plan;
    struct rr_error *err;
};

static struct rr_slice get(const struct planner *planner, struct rr_slice profile, const char *name)
{
    return rr_profiles_get(planner->profiles, profile, name);
}

static bool has(const struct planner *planner, struct rr_slice profile, const char *name)
{
    return get(planner, profile, name).len > 0;
}

static bool refuse(const struct planner *planner, struct rr_slice profile, const char *why)
{
    rr_auto(buf) where = RR_BUF(WHERE_MAX);
    rr_profiles_describe(planner->profiles, profile, "", &where);
    return rr_fail(planner->err, RR_E_NO_CREDENTIALS, "%s: %s", rr_buf_text(&where), why);
}

static bool take_keys(struct planner *planner, struct rr_slice profile)
{
    if (!has(planner, profile, "aws_access_key_id"))
        return refuse(planner, profile, "aws_secret_access_key without aws_access_key_id");
    if (!has(planner, profile, "aws_secret_access_key"))
        return refuse(planner, profile, "aws_access_key_id without aws_secret_access_key");
    planner->plan.base = RR_PROFILE_KEYS;
    return true;
}

static bool has_any_key(const struct planner *planner, struct rr_slice profile)
{
    return has(planner, profile, "aws_access_key_id") || has(planner, profile, "aws_secret_access_key");
}

static bool take_source(struct planner *planner, struct rr_slice profile)
{
    struct rr_slice source = get(planner, profile, "credential_source");
    if (rr_slice_equals_nocase(source, RR_LIT("Environment")))
        planner->plan.base = RR_PROFILE_OF_ENVIRONMENT;
    else if (rr_slice_equals_nocase(source, RR_LIT("EcsContainer")))
        planner->plan.base = RR_PROFILE_OF_CONTAINER;
    else if (rr_slice_equals_nocase(source, RR_LIT("Ec2InstanceMetadata")))
        planner->plan.base = RR_PROFILE_OF_INSTANCE;
    else
        return refuse(planner, profile, "credential_source must be Environment, EcsContainer or Ec2InstanceMetadata");
    return true;
}

static bool has_sso(const struct planner *planner, struct rr_slice profile)
{
    static const char *const names[] = { "sso_session", "sso_start_url", "sso_account_id", "sso_role_name",
                                         "sso_region" };
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (has(planner, profile, names[i]))
            return true;
    return false;
}

/* Sets the base of the plan for a profile without a source profile. */
static bool take_base(struct planner *planner, struct rr_slice profile, bool is_role)
{
    planner->plan.profile = profile;
    if (is_role && has(planner, profile, "credential_source"))
        return take_source(planner, profile);
    if (is_role)
        return refuse(planner, profile, "role_arn needs source_profile, credential_source or web_identity_token_file");
    if (has_any_key(planner, profile))
        return take_keys(planner, profile);
    if (has_sso(planner, profile))
        return refuse(planner, profile,
                      "IAM Identity Center (sso_...) is not supported; use credential_process or keys");
    if (has(planner, profile, "credential_process"))
        planner->plan.base = RR_PROFILE_PROCESS;
    return true;
}

static bool was_visited(const struct planner *planner, struct rr_slice profile)
{
    for (size_t i = 0; i < planner->plan.role_count; i++)
        if (rr_slice_equals(planner->plan.roles[i], profile))
            return true;
    return false;
}

/* With *out_more, `*profile` is the next profile to visit. */
static bool visit(struct planner *planner, struct rr_slice *profile, bool *out_more)
{
    *out_more = false;
    if (!rr_profiles_has(planner->profiles, *profile))
        return refuse(planner, *profile, "there is no such profile in the shared config and credentials files");
    if (!rr_profiles_check(planner->profiles, *profile, planner->err)) {
        planner->err->code = RR_E_NO_CREDENTIALS;
        return false;
    }
    if (was_visited(planner, *profile)) {
        /* A profile may be its own source: its keys then assume its role. */
        planner->plan.profile = *profile;
        return has_any_key(planner, *profile)
                   ? take_keys(planner, *profile)
                   : refuse(planner, *profile, "source_profile leads back to it, and it has no keys");
    }
    if (!has(planner, *profile, "role_arn"))
        return take_base(planner, *profile, false);
    if (has(planner, *profile, "web_identity_token_file")) {
        planner->plan.profile = *profile;
        planner->plan.base = RR_PROFILE_WEB_IDENTITY;
        return true;
    }
    if (has(planner, *profile, "mfa_serial"))
        return refuse(planner, *profile, "mfa_serial is not supported: there is no prompt for a code");
    if (planner->plan.role_count == RR_PROFILE_ROLES_MAX)
        return refuse(planner, *profile, "the chain of source_profile is too long");
    planner->plan.roles[planner->plan.role_count++] = *profile;
    struct rr_slice source = get(planner, *profile, "source_profile");
    if (source.len > 0 && has(planner, *profile, "credential_source"))
        return refuse(planner, *profile, "source_profile and credential_source exclude each other");
    if (source.len == 0)
        return take_base(planner, *profile, true);
    *profile = source;
    *out_more = true;
    return true;
}

bool rr_profile_plan(const struct rr_profiles *profiles, struct rr_slice profile, struct rr_profile_plan *out_plan,
                     struct rr_error *err)
{
    struct planner planner = { .profiles = profiles, .err = err };
    for (bool more = true; more;)
        if (!visit(&planner, &profile, &more))
            return false;
    if (planner.plan.base == RR_PROFILE_NOTHING && planner.plan.role_count > 0)
        return refuse(&planner, planner.plan.profile, "it is the source of a role and has no credentials");
    *out_plan = planner.plan;
    return true;
}
