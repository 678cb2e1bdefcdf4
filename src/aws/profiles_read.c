/* SPDX-License-Identifier: Apache-2.0 */
#include "profiles.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>

enum { FILE_MAX_BYTES = 1 << 20, PATH_TEXT_MAX = 4096 };

/* Gets the path from the variable, else a file in the home folder. Empty without a home folder. */
static void path_of(const struct rr_environment *environment, const char *variable, const char *name,
                    struct rr_buf *out_path)
{
    struct rr_slice path = rr_environment_get(environment, variable);
    struct rr_slice home = rr_environment_get(environment, "HOME");
    rr_buf_add(out_path, path);
    if (path.len == 0 && home.len > 0)
        rr_buf_addf(out_path, "%.*s/.aws/%s", RR_ARG(home), name);
}

/* A missing file counts as empty. */
static bool add_file(struct rr_profiles *profiles, enum rr_profiles_file file, const struct rr_buf *path,
                     struct rr_error *err)
{
    if (path->len == 0)
        return true;
    rr_auto(buf) text = RR_SECRET_BUF(FILE_MAX_BYTES);
    if (!rr_buf_ok(path, err))
        return rr_context(err, "the path of the shared files");
    if (!rr_file_read(rr_buf_text(path), &text, err))
        return err->code == RR_E_NOT_FOUND;
    profiles->paths[file] = rr_strdup(rr_buf_slice(path));
    return rr_profiles_add(profiles, file, rr_buf_slice(&text), err) || rr_context(err, "%s", rr_buf_text(path));
}

void rr_profiles_paths_done(struct rr_profiles_paths *paths)
{
    if (paths == NULL)
        return;
    rr_buf_done(&paths->credentials);
    rr_buf_done(&paths->config);
}

bool rr_profiles_read(const struct rr_environment *environment, struct rr_profiles *profiles,
                      struct rr_profiles_paths *paths, struct rr_error *err)
{
    paths->credentials.max = paths->config.max = PATH_TEXT_MAX;
    path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials", &paths->credentials);
    path_of(environment, "AWS_CONFIG_FILE", "config", &paths->config);
    return add_file(profiles, RR_PROFILES_CREDENTIALS, &paths->credentials, err) &&
           add_file(profiles, RR_PROFILES_CONFIG, &paths->config, err);
}

struct rr_slice rr_profiles_current(const struct rr_environment *environment, bool *out_is_named)
{
    struct rr_slice profile = rr_environment_get(environment, "AWS_PROFILE");
    if (profile.len == 0)
        profile = rr_environment_get(environment, "AWS_DEFAULT_PROFILE");
    *out_is_named = profile.len > 0;
    return profile.len > 0 ? profile : RR_LIT("default");
}
