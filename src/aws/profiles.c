/* SPDX-License-Identifier: Apache-2.0 */
#include "profiles.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/ini.h>

enum { SERVICE_NAME_MAX = 256 }; /* no service that is read has a longer name */

struct filling {
    struct rr_profiles *profiles;
    enum rr_profiles_file file;
};

/* Returns the name in "kind name", or empty when the section is of another kind. */
static struct rr_slice name_of(struct rr_slice section, struct rr_slice kind)
{
    struct rr_slice name = rr_slice_from_offset(section, kind.len);
    if (!rr_slice_starts_with(section, kind) || name.len == 0 || !rr_is_blank(name.ptr[0]))
        return rr_slice_from(NULL);
    return rr_slice_trim(name);
}

/* Returns the profile of a section, or empty when it is none. "default" needs no prefix in either file. */
static struct rr_slice profile_of(enum rr_profiles_file file, struct rr_slice section)
{
    if (file == RR_PROFILES_CREDENTIALS || rr_slice_equals(section, RR_LIT("default")))
        return section;
    return name_of(section, RR_LIT("profile"));
}

static bool add(const struct filling *filling, struct rr_slice profile, bool is_service, struct rr_slice name,
                struct rr_slice value, struct rr_error *err)
{
    struct rr_profiles *profiles = filling->profiles;
    if (profiles->count == RR_PROFILE_PROPERTIES_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "more than %d properties", RR_PROFILE_PROPERTIES_MAX);
    rr_grow(&profiles->properties, &profiles->capacity, profiles->count);
    struct rr_profile_property *property = &profiles->properties[profiles->count++];
    *property = (struct rr_profile_property){
        .profile = rr_strdup(profile), .name = rr_strdup(name), .file = filling->file, .is_service = is_service
    };
    for (char *at = property->name; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    if (value.len > 0)
        rr_secret_set(&property->value, value);
    return true;
}

static bool on_section(void *context, struct rr_slice section, struct rr_error *err)
{
    struct filling *filling = context;
    struct rr_slice profile = profile_of(filling->file, section);
    return profile.len == 0 || add(filling, profile, false, RR_LIT(""), RR_LIT(""), err);
}

static bool on_property(void *context, struct rr_slice section, struct rr_slice name, struct rr_slice value,
                        struct rr_error *err)
{
    struct filling *filling = context;
    struct rr_slice profile = profile_of(filling->file, section);
    return profile.len == 0 || value.len == 0 || add(filling, profile, false, name, value, err);
}

static bool on_subproperty(void *context, struct rr_slice section, struct rr_slice property, struct rr_slice name,
                           struct rr_slice value, struct rr_error *err)
{
    struct filling *filling = context;
    struct rr_slice services = name_of(section, RR_LIT("services"));
    if (filling->file != RR_PROFILES_CONFIG || services.len == 0 || value.len == 0)
        return true;
    rr_auto(buf) full = RR_BUF(SERVICE_NAME_MAX);
    rr_buf_addf(&full, "%.*s.%.*s", RR_ARG(property), RR_ARG(name));
    return full.overflow || add(filling, services, true, rr_buf_slice(&full), value, err);
}

/* Ignores a section that is neither a profile nor services. */
static bool on_broken(void *context, struct rr_slice section, size_t line_number, const char *why, struct rr_error *err)
{
    struct filling *filling = context;
    struct rr_slice profile = profile_of(filling->file, section), services = name_of(section, RR_LIT("services"));
    bool is_service = filling->file == RR_PROFILES_CONFIG && services.len > 0;
    if (profile.len == 0 && !is_service)
        return true;
    if (!add(filling, is_service ? services : profile, is_service, rr_slice_from(why), RR_LIT(""), err))
        return false;
    filling->profiles->properties[filling->profiles->count - 1].broken_line = line_number;
    return true;
}

bool rr_profiles_add(struct rr_profiles *profiles, enum rr_profiles_file file, struct rr_slice text,
                     struct rr_error *err)
{
    struct filling filling = { profiles, file };
    struct rr_ini_handler handler = { &filling, on_section, on_property, on_subproperty, on_broken };
    return rr_ini_parse(text, &handler, err);
}

void rr_profiles_done(struct rr_profiles *profiles)
{
    for (size_t i = 0; i < profiles->count; i++) {
        rr_free(profiles->properties[i].profile);
        rr_free(profiles->properties[i].name);
        rr_secret_done(&profiles->properties[i].value);
    }
    rr_free(profiles->properties);
    rr_free(profiles->paths[RR_PROFILES_CREDENTIALS]);
    rr_free(profiles->paths[RR_PROFILES_CONFIG]);
    *profiles = (struct rr_profiles){ 0 };
}

static const struct rr_profile_property *find(const struct rr_profiles *profiles, struct rr_slice profile,
                                              bool is_service, const char *name)
{
    const struct rr_profile_property *best = NULL;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct rr_profile_property *property = &profiles->properties[i];
        if (property->broken_line == 0 && property->is_service == is_service && strcmp(property->name, name) == 0 &&
            rr_slice_equals(rr_slice_from(property->profile), profile) &&
            (best == NULL || best->file != RR_PROFILES_CREDENTIALS || property->file == RR_PROFILES_CREDENTIALS))
            best = property;
    }
    return best;
}

static const char *path_of(const struct rr_profiles *profiles, enum rr_profiles_file file)
{
    static const char *const names[] = { "the credentials file", "the config file" };
    return profiles->paths[file] != NULL ? profiles->paths[file] : names[file];
}

void rr_profiles_describe(const struct rr_profiles *profiles, struct rr_slice profile, const char *name,
                          struct rr_buf *out_text)
{
    const struct rr_profile_property *property = find(profiles, profile, false, name);
    rr_buf_addf(out_text, "profile \"%.*s\"", RR_ARG(profile));
    if (property != NULL)
        rr_buf_addf(out_text, " in %s", path_of(profiles, property->file));
}

bool rr_profiles_check(const struct rr_profiles *profiles, struct rr_slice profile, struct rr_error *err)
{
    struct rr_slice services = rr_profiles_get(profiles, profile, "services");
    for (size_t i = 0; i < profiles->count; i++) {
        const struct rr_profile_property *property = &profiles->properties[i];
        struct rr_slice wanted = property->is_service ? services : profile;
        if (property->broken_line > 0 && rr_slice_equals(rr_slice_from(property->profile), wanted))
            return rr_fail(err, RR_E_BAD_INPUT, "profile \"%.*s\": %s: line %zu: %s", RR_ARG(profile),
                           path_of(profiles, property->file), property->broken_line, property->name);
    }
    return true;
}

bool rr_profiles_has(const struct rr_profiles *profiles, struct rr_slice profile)
{
    return find(profiles, profile, false, "") != NULL;
}

struct rr_slice rr_profiles_get(const struct rr_profiles *profiles, struct rr_slice profile, const char *name)
{
    const struct rr_profile_property *property = find(profiles, profile, false, name);
    return property != NULL ? rr_secret_reveal(&property->value) : rr_slice_from(NULL);
}

struct rr_slice rr_profiles_get_of_service(const struct rr_profiles *profiles, struct rr_slice profile,
                                           const char *service_and_name)
{
    const struct rr_profile_property *property =
        find(profiles, rr_profiles_get(profiles, profile, "services"), true, service_and_name);
    return property != NULL ? rr_secret_reveal(&property->value) : rr_slice_from(NULL);
}
