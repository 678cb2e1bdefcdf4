/* SPDX-License-Identifier: Apache-2.0 */
/* profiles: the shared config and credentials files, and the credentials that a profile selects (behaviour S-14).
 * Only rr_profiles_read reads files. Nothing here runs programs or sends requests. Threads: a set is read-only after it
 * was filled. */
#ifndef RR_AWS_PROFILES_H
#define RR_AWS_PROFILES_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/environment.h>
#include <redisrestore/base/secret.h>

enum { RR_PROFILE_ROLES_MAX = 8, RR_PROFILE_PROPERTIES_MAX = 20000 };

enum rr_profiles_file { RR_PROFILES_CREDENTIALS, RR_PROFILES_CONFIG };

struct rr_profile_property {
    char *profile, *name; /* own; name "": the profile exists */
    enum rr_profiles_file file;
    size_t broken_line;     /* 0, or the line that cannot be parsed; then `name` is the reason */
    bool is_service;        /* `profile` is the name of a [services ...] section, `name` is "s3.endpoint_url" */
    struct rr_secret value; /* secret, because any value may be a key */
};

struct rr_profiles {
    struct rr_profile_property
        *properties; /* owns; the credentials file takes precedence, and within a file the last value */
    size_t count, capacity;
    char *paths[2]; /* own, by enum rr_profiles_file; for messages */
};

/* Adds the content of a file. A line that cannot be parsed affects only callers that use its profile
 * (rr_profiles_check). Fails with RR_E_BAD_INPUT; the message names the line. */
RR_MUST_USE bool rr_profiles_add(struct rr_profiles *profiles, enum rr_profiles_file file, struct rr_slice text,
                                 struct rr_error *err);
void rr_profiles_done(struct rr_profiles *profiles);
bool rr_profiles_has(const struct rr_profiles *profiles, struct rr_slice profile);
/* Checks that all lines of the profile, and of its services section, could be parsed. Fails with RR_E_BAD_INPUT; the
 * message names profile, file and line. */
RR_MUST_USE bool rr_profiles_check(const struct rr_profiles *profiles, struct rr_slice profile, struct rr_error *err);
/* Appends `profile "x" in /path/config`: the location of that property. name "": the profile itself. */
void rr_profiles_describe(const struct rr_profiles *profiles, struct rr_slice profile, const char *name,
                          struct rr_buf *out_text);
struct rr_slice rr_profiles_get(const struct rr_profiles *profiles, struct rr_slice profile, const char *name);
/* Reads the services section that the profile names in `services`. */
struct rr_slice rr_profiles_get_of_service(const struct rr_profiles *profiles, struct rr_slice profile,
                                           const char *service_and_name);

/* Paths of the shared files: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else below HOME. Empty without HOME. */
struct rr_profiles_paths {
    struct rr_buf credentials, config; /* own */
};
void rr_profiles_paths_done(struct rr_profiles_paths *paths);
/* Reads both files. A missing file counts as empty. Fails with RR_E_BAD_INPUT; the message names file and line. Both
 * outputs are zeroed before, and filled on failure too. */
RR_MUST_USE bool rr_profiles_read(const struct rr_environment *environment, struct rr_profiles *profiles,
                                  struct rr_profiles_paths *paths, struct rr_error *err);
/* Returns AWS_PROFILE, AWS_DEFAULT_PROFILE, else "default". *out_is_named: one of the variables is set. */
struct rr_slice rr_profiles_current(const struct rr_environment *environment, bool *out_is_named);

enum rr_profile_base {
    RR_PROFILE_NOTHING, /* the profile has no credentials */
    RR_PROFILE_KEYS,
    RR_PROFILE_WEB_IDENTITY,
    RR_PROFILE_PROCESS,
    RR_PROFILE_OF_ENVIRONMENT, /* credential_source, also the next two */
    RR_PROFILE_OF_CONTAINER,
    RR_PROFILE_OF_INSTANCE,
};

/* The steps, in order: get the base credentials of `profile`, then assume the roles of `roles`, last to first. */
struct rr_profile_plan {
    enum rr_profile_base base;
    struct rr_slice profile;                     /* borrows from the set, also the next */
    struct rr_slice roles[RR_PROFILE_ROLES_MAX]; /* profiles with a role_arn */
    size_t role_count;
};

/* Fails with RR_E_NO_CREDENTIALS: missing profile, loop, incomplete keys, sso, mfa, a role without a source. The
 * message names the profile. */
RR_MUST_USE bool rr_profile_plan(const struct rr_profiles *profiles, struct rr_slice profile,
                                 struct rr_profile_plan *out_plan, struct rr_error *err);

#endif
