/* SPDX-License-Identifier: Apache-2.0 */
#include "profiles.h"

#include "support/test.h"

static bool plan_of(const char *config, const char *credentials, const char *profile, struct rr_profiles *profiles,
                    struct rr_profile_plan *plan, struct rr_error *err)
{
    return rr_profiles_add(profiles, RR_PROFILES_CREDENTIALS, rr_slice_from(credentials), err) &&
           rr_profiles_add(profiles, RR_PROFILES_CONFIG, rr_slice_from(config), err) &&
           rr_profile_plan(profiles, rr_slice_from(profile), plan, err);
}

static void must_plan(const char *config, const char *profile, enum rr_profile_base base, size_t roles)
{
    rr_auto(profiles) profiles = { 0 };
    struct rr_profile_plan plan = { 0 };
    struct rr_error err = { 0 };
    assert_ok(plan_of(config, "", profile, &profiles, &plan, &err), err);
    assert_int_equal(plan.base, base);
    assert_int_equal(plan.role_count, roles);
}

static void must_refuse(const char *config, const char *words)
{
    rr_auto(profiles) profiles = { 0 };
    struct rr_profile_plan plan = { 0 };
    struct rr_error err = { 0 };
    assert_false(plan_of(config, "", "p", &profiles, &plan, &err));
    assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
    assert_non_null(strstr(err.message, "profile \""));
    assert_non_null(strstr(err.message, words));
}

static void s14_credentials_file_wins_on_the_same_key(void **state)
{
    (void)state;
    rr_auto(profiles) profiles = { 0 };
    struct rr_profile_plan plan = { 0 };
    struct rr_error err = { 0 };
    assert_ok(plan_of("[profile p]\naws_access_key_id=C\nregion=r\n[p]\nrole_arn=x\n",
                      "[p]\nAWS_Access_Key_ID=K\naws_secret_access_key=S\n[profile q]\n", "p", &profiles, &plan, &err),
              err);
    assert_slice(rr_profiles_get(&profiles, RR_LIT("p"), "aws_access_key_id"), "K");
    assert_slice(rr_profiles_get(&profiles, RR_LIT("p"), "region"), "r");
    assert_int_equal(plan.base, RR_PROFILE_KEYS);
    assert_false(rr_profiles_has(&profiles, RR_LIT("q")));
}

static void s14_last_of_duplicate_sections_and_keys_wins(void **state)
{
    (void)state;
    rr_auto(profiles) profiles = { 0 };
    struct rr_profile_plan plan = { 0 };
    struct rr_error err = { 0 };
    assert_ok(plan_of("[profile p]\nregion=one\nregion=two\n[profile q]\nregion=other\n[profile p]\nregion=three\n"
                      "aws_access_key_id=C3\n",
                      "[p]\naws_access_key_id=K1\naws_secret_access_key=S1\n[p]\naws_access_key_id=K2\n", "p",
                      &profiles, &plan, &err),
              err);
    assert_slice(rr_profiles_get(&profiles, RR_LIT("p"), "region"), "three");
    assert_slice(rr_profiles_get(&profiles, RR_LIT("p"), "aws_access_key_id"), "K2");
    assert_slice(rr_profiles_get(&profiles, RR_LIT("p"), "aws_secret_access_key"), "S1");
}

static void s14_broken_entry_fails_only_the_runs_that_use_its_profile(void **state)
{
    (void)state;
    static const char *const broken[] = { "[profile q]\ncredential_process = a\n  b\n",
                                          "[profile q] text\n",
                                          "[profile q]\nhello\n",
                                          "[profile q]\n= x\n",
                                          "[sso-session s]\nhello\n",
                                          "[q\n" };
    for (size_t i = 0; i < RR_COUNT(broken); i++) {
        rr_auto(buf) text = RR_BUF(1000);
        rr_buf_addf(&text, "%s[profile p]\ncredential_process = x\n", broken[i]);
        must_plan(rr_buf_text(&text), "p", RR_PROFILE_PROCESS, 0);
    }
    must_refuse("[profile p]\ncredential_process = a\n  b\n", "profile \"p\": the config file: line 3: a value over");
    must_refuse("[profile p] text\n", "line 1: text after");
    must_refuse("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nhello\n",
                "profile \"q\": the config file: line 5");
}

static void s14_profile_says_where_its_credentials_are(void **state)
{
    (void)state;
    must_plan("[default]\nregion = x\n", "default", RR_PROFILE_NOTHING, 0);
    must_plan("[profile p]\naws_access_key_id=a\naws_secret_access_key=b\n", "p", RR_PROFILE_KEYS, 0);
    must_plan("[profile p]\ncredential_process = x\n", "p", RR_PROFILE_PROCESS, 0);
    must_plan("[profile p]\nrole_arn=r\nweb_identity_token_file=f\n", "p", RR_PROFILE_WEB_IDENTITY, 0);
    must_plan("[profile p]\nrole_arn=r\ncredential_source=Environment\n", "p", RR_PROFILE_OF_ENVIRONMENT, 1);
    must_plan("[profile p]\nrole_arn=r\ncredential_source=EcsContainer\n", "p", RR_PROFILE_OF_CONTAINER, 1);
    must_plan("[profile p]\nrole_arn=r\ncredential_source=Ec2InstanceMetadata\n", "p", RR_PROFILE_OF_INSTANCE, 1);
}

static void s14_roles_are_assumed_through_their_sources(void **state)
{
    (void)state;
    must_plan("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nrole_arn=s\nsource_profile=default\n"
              "[default]\naws_access_key_id=a\naws_secret_access_key=b\n",
              "p", RR_PROFILE_KEYS, 2);
    must_plan("[profile p]\nrole_arn=r\nsource_profile=p\naws_access_key_id=a\naws_secret_access_key=b\n", "p",
              RR_PROFILE_KEYS, 1);
}

static void s14_role_loops_and_unsupported_settings_are_refused(void **state)
{
    (void)state;
    must_refuse("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nrole_arn=s\nsource_profile=p\n", "leads back");
    must_refuse("[profile p]\nrole_arn=r\nsource_profile=p\n", "leads back");
    must_refuse("[profile q]\n", "no such profile");
    must_refuse("[profile p]\nrole_arn=r\nsource_profile=q\n", "no such profile");
    must_refuse("[profile p]\nrole_arn=r\n", "needs source_profile");
    must_refuse("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\n", "has no credentials");
    must_refuse("[profile p]\nrole_arn=r\ncredential_source=Elsewhere\n", "must be Environment");
    must_refuse("[profile p]\nrole_arn=r\nmfa_serial=m\nsource_profile=q\n", "mfa_serial");
    must_refuse("[profile p]\nsso_session=s\n", "sso_");
    must_refuse("[profile p]\naws_access_key_id=a\n", "without aws_secret_access_key");
    must_refuse("[profile p]\naws_secret_access_key=a\n", "without aws_access_key_id");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s14_credentials_file_wins_on_the_same_key),
    cmocka_unit_test(s14_last_of_duplicate_sections_and_keys_wins),
    cmocka_unit_test(s14_broken_entry_fails_only_the_runs_that_use_its_profile),
    cmocka_unit_test(s14_profile_says_where_its_credentials_are),
    cmocka_unit_test(s14_roles_are_assumed_through_their_sources),
    cmocka_unit_test(s14_role_loops_and_unsupported_settings_are_refused),
};

RR_TEST_MAIN(tests)
