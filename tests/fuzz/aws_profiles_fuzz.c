/* SPDX-License-Identifier: Apache-2.0 */
/* A shared config or credentials file, from anywhere: no crash, and a plan only from the file's content. */
#include "../../src/aws/profiles.h"

static void check(const struct rr_profiles *profiles, const struct rr_profile_plan *plan)
{
    rr_assert(plan->role_count <= RR_PROFILE_ROLES_MAX);
    for (size_t i = 0; i < plan->role_count; i++)
        rr_assert(rr_profiles_get(profiles, plan->roles[i], "role_arn").len > 0);
    if (plan->base == RR_PROFILE_KEYS)
        rr_assert(rr_profiles_get(profiles, plan->profile, "aws_secret_access_key").len > 0);
    rr_assert(plan->role_count == 0 || plan->base != RR_PROFILE_NOTHING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rr_auto(profiles) profiles = { 0 };
    struct rr_profile_plan plan = { 0 };
    struct rr_error err = { 0 };
    struct rr_slice text = { (const char *)data, size };
    for (int file = RR_PROFILES_CREDENTIALS; file <= RR_PROFILES_CONFIG; file++)
        if (!rr_profiles_add(&profiles, (enum rr_profiles_file)file, text, &err))
            rr_assert(err.code == RR_E_BAD_INPUT);
    if (rr_profile_plan(&profiles, RR_LIT("default"), &plan, &err))
        check(&profiles, &plan);
    else
        rr_assert(err.code == RR_E_NO_CREDENTIALS);
    return 0;
}
