/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/settings.h>

#include "fakes/fake_environment.h"
#include "support/folder.h"
#include "support/test.h"

enum { VARIABLES_MAX = 8 };

/* An environment of the test's own, and a config file. */
struct setting {
    struct test_folder folder;
    struct fake_variable variables[VARIABLES_MAX + 1];
    size_t count;
    struct rr_aws_settings settings;
    struct rr_error err;
};

static void set(struct setting *setting, const char *name, const char *value)
{
    assert_in_range(setting->count, 0, VARIABLES_MAX - 1);
    setting->variables[setting->count++] = (struct fake_variable){ name, value };
}

static void setting_init(struct setting *setting, const char *config)
{
    *setting = (struct setting){ .folder = test_folder_make() };
    set(setting, "AWS_SHARED_CREDENTIALS_FILE", "/no/such/file");
    set(setting, "AWS_CONFIG_FILE", test_folder_write(&setting->folder, "config", config));
}

static bool load(struct setting *setting)
{
    struct fake_environment fake = { setting->variables };
    struct rr_environment environment = fake_environment(&fake);
    rr_aws_settings_done(&setting->settings);
    setting->settings = (struct rr_aws_settings){ 0 };
    return rr_aws_settings_load(&environment, &setting->settings, &setting->err);
}

static void setting_done(struct setting *setting)
{
    rr_aws_settings_done(&setting->settings);
    test_folder_remove(&setting->folder);
}

#define CONFIG                                                                                                         \
    "[default]\nendpoint_url = http://of-default\n"                                                                    \
    "[profile dev]\nservices = mine\nendpoint_url = http://of-dev\nregion = eu-west-1\nmax_attempts = 7\n"             \
    "retry_mode = adaptive\nuse_dualstack_endpoint = true\nuse_fips_endpoint = TRUE\n"                                 \
    "[profile plain]\nendpoint_url = http://of-plain\n"                                                                \
    "[services mine]\ns3 =\n  endpoint_url = http://of-services\nsts =\n  endpoint_url = http://of-sts\n"              \
    "[profile mine]\nendpoint_url = http://trap\n"

static void endpoint_must_be(struct setting *setting, const char *endpoint)
{
    assert_ok(load(setting), setting->err);
    assert_string_equal(rr_buf_text(&setting->settings.endpoint), endpoint);
}

static void s17_endpoint_comes_from_the_first_that_names_one(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, CONFIG);

    endpoint_must_be(&setting, "http://of-default");
    set(&setting, "AWS_PROFILE", "plain");
    endpoint_must_be(&setting, "http://of-plain");
    setting.variables[setting.count - 1].value = "dev";
    endpoint_must_be(&setting, "http://of-services");
    set(&setting, "AWS_ENDPOINT_URL", "http://of-all");
    endpoint_must_be(&setting, "http://of-all");
    set(&setting, "AWS_ENDPOINT_URL_S3", "http://of-s3");
    endpoint_must_be(&setting, "http://of-s3");
    set(&setting, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    endpoint_must_be(&setting, "");
    setting_done(&setting);
}

static void s07_profile_sets_what_the_environment_does_not(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, CONFIG);
    set(&setting, "AWS_PROFILE", "dev");

    assert_ok(load(&setting), setting.err);
    assert_int_equal(setting.settings.attempts_max, 7);
    assert_true(setting.settings.dualstack && setting.settings.fips);
    assert_string_equal(rr_buf_text(&setting.settings.region), "eu-west-1");

    set(&setting, "AWS_MAX_ATTEMPTS", "1");
    set(&setting, "AWS_USE_FIPS_ENDPOINT", "false");
    set(&setting, "AWS_DEFAULT_REGION", "us-east-2");
    assert_ok(load(&setting), setting.err);
    assert_int_equal(setting.settings.attempts_max, 1);
    assert_true(setting.settings.dualstack && !setting.settings.fips);
    assert_string_equal(rr_buf_text(&setting.settings.region), "us-east-2");

    set(&setting, "AWS_REGION", "us-west-2");
    assert_ok(load(&setting), setting.err);
    assert_string_equal(rr_buf_text(&setting.settings.region), "us-west-2");
    setting_done(&setting);
}

static void without_variables_and_files_nothing_is_set(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, "");

    assert_ok(load(&setting), setting.err);

    assert_int_equal(setting.settings.attempts_max, 0);
    assert_false(setting.settings.dualstack || setting.settings.fips);
    assert_int_equal(setting.settings.endpoint.len + setting.settings.region.len, 0);
    setting_done(&setting);
}

static void s07_values_that_mean_nothing_are_refused_by_name(void **state)
{
    (void)state;
    static const struct fake_variable bad[] = {
        { "AWS_MAX_ATTEMPTS", "0" },
        { "AWS_MAX_ATTEMPTS", "-1" },
        { "AWS_MAX_ATTEMPTS", "101" },
        { "AWS_MAX_ATTEMPTS", "three" },
        { "AWS_RETRY_MODE", "fast" },
        { "AWS_USE_FIPS_ENDPOINT", "1" },
        { "AWS_USE_DUALSTACK_ENDPOINT", "yes" },
        { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "on" },
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct setting setting;
        setting_init(&setting, "");
        set(&setting, bad[i].name, bad[i].value);

        assert_false(load(&setting));

        assert_int_equal(setting.err.code, RR_E_BAD_INPUT);
        assert_non_null(strstr(setting.err.message, bad[i].name));
        setting_done(&setting);
    }
}

static void s17_broken_file_is_named_with_the_line(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, "[default]\ncanary\n");

    assert_false(load(&setting));

    assert_non_null(strstr(setting.err.message, "config: line 2"));
    assert_null(strstr(setting.err.message, "canary"));
    setting_done(&setting);
}

static void s17_broken_entry_of_another_profile_or_service_is_no_error(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, "[profile other]\ncanary\n[services none]\ncanary\n[default]\nregion = eu-west-1\n");
    assert_ok(load(&setting), setting.err);
    assert_string_equal(rr_buf_text(&setting.settings.region), "eu-west-1");
    setting_done(&setting);

    setting_init(&setting, "[services mine]\ncanary\n[default]\nservices = mine\n");
    assert_false(load(&setting));
    assert_non_null(strstr(setting.err.message, "config: line 2"));
    setting_done(&setting);
}

static void s07_bad_value_of_a_profile_names_profile_and_file(void **state)
{
    (void)state;
    static const char *const lines[] = { "max_attempts = 0", "retry_mode = fast", "use_fips_endpoint = 1" };
    for (size_t i = 0; i < RR_COUNT(lines); i++) {
        struct setting setting;
        char config[128], where[64];
        (void)snprintf(config, sizeof config, "[profile dev]\n%s\n", lines[i]);
        setting_init(&setting, config);
        set(&setting, "AWS_DEFAULT_PROFILE", "dev");

        assert_false(load(&setting));

        (void)snprintf(where, sizeof where, "/config: %.*s must be", (int)strcspn(lines[i], " "), lines[i]);
        assert_ptr_equal(strstr(setting.err.message, "profile \"dev\" in /"), setting.err.message);
        assert_non_null(strstr(setting.err.message, where));
        setting_done(&setting);
    }
}

static void s14_older_variable_names_the_profile_where_the_newer_does_not(void **state)
{
    (void)state;
    struct setting setting;
    setting_init(&setting, "[profile one]\nregion = r1\n[profile two]\nregion = r2\n[default]\nregion = r0\n");
    set(&setting, "AWS_DEFAULT_PROFILE", "one");
    assert_ok(load(&setting), setting.err);
    assert_string_equal(rr_buf_text(&setting.settings.region), "r1");
    set(&setting, "AWS_PROFILE", "two");
    assert_ok(load(&setting), setting.err);
    assert_string_equal(rr_buf_text(&setting.settings.region), "r2");
    setting_done(&setting);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s17_endpoint_comes_from_the_first_that_names_one),
    cmocka_unit_test(s07_profile_sets_what_the_environment_does_not),
    cmocka_unit_test(without_variables_and_files_nothing_is_set),
    cmocka_unit_test(s07_values_that_mean_nothing_are_refused_by_name),
    cmocka_unit_test(s17_broken_file_is_named_with_the_line),
    cmocka_unit_test(s17_broken_entry_of_another_profile_or_service_is_no_error),
    cmocka_unit_test(s07_bad_value_of_a_profile_names_profile_and_file),
    cmocka_unit_test(s14_older_variable_names_the_profile_where_the_newer_does_not),
};

RR_TEST_MAIN(tests)
