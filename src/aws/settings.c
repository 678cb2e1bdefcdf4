/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/settings.h>

#include "profiles.h"

#include <redisrestore/base/parse.h>

#include <stdio.h>

enum { ENDPOINT_MAX = 8 * 1024, REGION_MAX = 256, WHERE_MAX = 8 * 1024 };

/* State of one load. */
struct look {
    const struct rr_environment *environment;
    const struct rr_profiles *profiles;
    struct rr_slice profile;
    struct rr_error *err;
};

/* A value and its origin: the variable, else the profile's property. */
struct said {
    struct rr_slice text;
    const char *by; /* literal */
    bool is_of_profile;
};

static struct said find(const struct look *look, const char *variable, const char *property)
{
    struct said said = { rr_environment_get(look->environment, variable), variable, false };
    if (said.text.len == 0)
        said = (struct said){ rr_profiles_get(look->profiles, look->profile, property), property, true };
    return said;
}

/* Always returns false. */
static bool refuse(const struct look *look, const struct said *said, const char *what)
{
    rr_auto(buf) where = RR_BUF(WHERE_MAX);
    if (said->is_of_profile)
        rr_profiles_describe(look->profiles, look->profile, said->by, &where);
    return rr_fail(look->err, RR_E_BAD_INPUT, "%s%s%s must be %s", rr_buf_text(&where), where.len > 0 ? ": " : "",
                   said->by, what);
}

static bool read_switch(const struct look *look, const char *variable, const char *property, bool *out_is_on)
{
    struct said said = find(look, variable, property);
    *out_is_on = rr_slice_equals_nocase(said.text, RR_LIT("true"));
    return *out_is_on || said.text.len == 0 || rr_slice_equals_nocase(said.text, RR_LIT("false")) ||
           refuse(look, &said, "true or false");
}

static bool read_attempts(const struct look *look, int *out_attempts)
{
    struct said said = find(look, "AWS_MAX_ATTEMPTS", "max_attempts");
    char range[64];
    (void)snprintf(range, sizeof range, "a number from 1 to %d", RR_AWS_ATTEMPTS_MAX);
    *out_attempts = 0;
    return said.text.len == 0 || rr_parse_int(said.text, 1, RR_AWS_ATTEMPTS_MAX, out_attempts) ||
           refuse(look, &said, range);
}

static bool check_mode(const struct look *look)
{
    static const char *const modes[] = { "", "standard", "legacy", "adaptive" };
    struct said said = find(look, "AWS_RETRY_MODE", "retry_mode");
    for (size_t i = 0; i < RR_COUNT(modes); i++)
        if (rr_slice_equals_nocase(said.text, rr_slice_from(modes[i])))
            return true;
    return refuse(look, &said, "standard, legacy or adaptive");
}

static bool read_endpoint(const struct look *look, struct rr_buf *endpoint)
{
    bool ignored;
    if (!read_switch(look, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", &ignored))
        return false;
    const struct rr_slice texts[] = {
        rr_environment_get(look->environment, "AWS_ENDPOINT_URL_S3"),
        rr_environment_get(look->environment, "AWS_ENDPOINT_URL"),
        rr_profiles_get_of_service(look->profiles, look->profile, "s3.endpoint_url"),
        rr_profiles_get(look->profiles, look->profile, "endpoint_url"),
    };
    for (size_t i = 0; !ignored && endpoint->len == 0 && i < RR_COUNT(texts); i++)
        rr_buf_add(endpoint, texts[i]);
    return rr_buf_ok(endpoint, look->err) || rr_context(look->err, "the endpoint's URL");
}

static bool read_region(const struct look *look, struct rr_buf *region)
{
    struct said said = find(look, "AWS_REGION", "region");
    struct rr_slice older = rr_environment_get(look->environment, "AWS_DEFAULT_REGION");
    bool is_of_profile = rr_environment_get(look->environment, "AWS_REGION").len == 0;
    rr_buf_add(region, is_of_profile && older.len > 0 ? older : said.text);
    return rr_buf_ok(region, look->err) || rr_context(look->err, "the region");
}

static bool load(struct look *look, struct rr_profiles *profiles, struct rr_aws_settings *settings)
{
    rr_auto(profiles_paths) paths = { 0 };
    return rr_profiles_read(look->environment, profiles, &paths, look->err) &&
           rr_profiles_check(profiles, look->profile, look->err) && check_mode(look) &&
           read_attempts(look, &settings->attempts_max) &&
           read_switch(look, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &settings->dualstack) &&
           read_switch(look, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &settings->fips) &&
           read_endpoint(look, &settings->endpoint) && read_region(look, &settings->region);
}

bool rr_aws_settings_load(const struct rr_environment *environment, struct rr_aws_settings *out_settings,
                          struct rr_error *err)
{
    rr_auto(profiles) profiles = { 0 };
    rr_auto(aws_settings) settings = { .endpoint = RR_BUF(ENDPOINT_MAX), .region = RR_BUF(REGION_MAX) };
    bool is_named;
    struct look look = { environment, &profiles, rr_profiles_current(environment, &is_named), err };
    if (!load(&look, &profiles, &settings))
        return false;
    *out_settings = rr_steal(settings);
    return true;
}

void rr_aws_settings_done(struct rr_aws_settings *settings)
{
    if (settings == NULL)
        return;
    rr_buf_done(&settings->endpoint);
    rr_buf_done(&settings->region);
}
