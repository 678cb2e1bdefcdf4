/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_build.h"

#include <redisrestore/base/mem.h>

enum { PATH_MAX_BYTES = RR_STAGE_PATH_MAX_BYTES + 1, NAME_ATTEMPTS = 1000 };

/* "appendonly.aof.{run}", with a number behind it if an earlier run of that name left files. */
static void add_stem(const struct rr_stage_build *build, struct rr_buf *out_name)
{
    for (int attempt = 1; attempt < NAME_ATTEMPTS; attempt++) {
        rr_auto(buf) stem = RR_BUF(PATH_MAX_BYTES);
        rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
        rr_buf_addf(&stem, "%s.%s", build->names->append_file, build->run);
        if (attempt > 1)
            rr_buf_addf(&stem, "-%d", attempt);
        rr_buf_addf(&path, "%s/%s.", build->names->append_dir, rr_buf_text(&stem));
        bool is_free = true;
        for (size_t i = 0; i < build->found->olds.count; i++)
            is_free &= strncmp(build->found->olds.of[i].path, rr_buf_text(&path), path.len) != 0;
        if (is_free || attempt + 1 == NAME_ATTEMPTS) {
            rr_buf_add(out_name, rr_buf_slice(&stem));
            return;
        }
    }
}

void rr_stage_base_name(const struct rr_stage_build *build, struct rr_buf *out_name)
{
    add_stem(build, out_name);
    rr_buf_add(out_name, RR_LIT(".base.rdb"));
}

void rr_stage_incremental_name(const struct rr_stage_build *build, struct rr_buf *out_name)
{
    add_stem(build, out_name);
    rr_buf_add(out_name, RR_LIT(".incr.aof"));
}

static const struct rr_stage_old *find(const struct rr_stage_build *build, const char *path)
{
    return rr_stage_olds_find(&build->found->olds, path);
}

/* For an old file that a rename will replace: keeps it first. */
static void keep(const struct rr_stage_build *build, struct rr_stage_steps *steps, const char *path)
{
    if (build->previous != NULL && find(build, path) != NULL)
        rr_stage_steps_add(steps, RR_STAGE_KEEP, NULL, path);
}

static bool is_replaced_at_the_end(const struct rr_stage_build *build, const char *path)
{
    for (size_t i = 0; build->rest != NULL && i < build->rest->count; i++)
        if (build->rest->of[i].op == RR_STAGE_INSTALL && strcmp(build->rest->of[i].path, path) == 0)
            return true;
    return false;
}

/* An old file that nothing replaces now. One that is replaced at the end stays until then: a second try of the steps
 * would take the new file for the old one. */
static void clear(const struct rr_stage_build *build, struct rr_stage_steps *steps, const char *path)
{
    if (is_replaced_at_the_end(build, path))
        keep(build, steps, path);
    else if (find(build, path) != NULL)
        rr_stage_steps_add(steps, build->previous != NULL ? RR_STAGE_ASIDE : RR_STAGE_DROP, NULL, path);
}

/* The manifest goes first: without it a server does not read the other files. */
static void clear_append_dir(const struct rr_stage_build *build, struct rr_stage_steps *steps, const char *manifest,
                             bool with_manifest)
{
    size_t len = strlen(build->names->append_dir);
    if (with_manifest)
        clear(build, steps, manifest);
    for (size_t i = 0; i < build->found->olds.count; i++) {
        const char *path = build->found->olds.of[i].path;
        if (strncmp(path, build->names->append_dir, len) == 0 && path[len] == '/' && strcmp(path, manifest) != 0)
            clear(build, steps, path);
    }
    if (with_manifest && build->found->has_append_dir)
        rr_stage_steps_add(steps, RR_STAGE_REMOVE_FOLDER, NULL, build->names->append_dir);
}

static void install_dump(const struct rr_stage_build *build, struct rr_stage_steps *steps)
{
    keep(build, steps, build->names->db_file);
    rr_stage_steps_add(steps, RR_STAGE_INSTALL, RR_STAGE_FILE_DUMP, build->names->db_file);
}

static void commit(struct rr_stage_plan *plan, const char *from, const char *path)
{
    plan->commit =
        (struct rr_stage_step){ RR_STAGE_INSTALL, rr_strdup(rr_slice_from(from)), rr_strdup(rr_slice_from(path)) };
}

static void add_all(struct rr_stage_steps *steps, const struct rr_stage_steps *added)
{
    for (size_t i = 0; added != NULL && i < added->count; i++)
        rr_stage_steps_add(steps, added->of[i].op, added->of[i].from, added->of[i].path);
}

/* The files of a backup. */
static void install_parts(const struct rr_stage_build *build, struct rr_stage_steps *steps)
{
    rr_auto(buf) base = RR_BUF(PATH_MAX_BYTES);
    rr_auto(buf) incremental = RR_BUF(PATH_MAX_BYTES);
    rr_buf_addf(&base, "%s/", build->names->append_dir);
    rr_buf_addf(&incremental, "%s/", build->names->append_dir);
    rr_stage_base_name(build, &base);
    rr_stage_incremental_name(build, &incremental);
    rr_stage_steps_add(steps, RR_STAGE_INSTALL, RR_STAGE_FILE_BASE, rr_buf_text(&base));
    rr_stage_steps_add(steps, RR_STAGE_INSTALL, RR_STAGE_FILE_INCREMENTAL, rr_buf_text(&incremental));
}

static void build_multi_part(const struct rr_stage_build *build, const char *manifest, struct rr_stage_plan *plan)
{
    if (!build->found->has_append_dir)
        rr_stage_steps_add(&plan->before, RR_STAGE_MAKE_FOLDER, NULL, build->names->append_dir);
    if (build->parts != NULL)
        add_all(&plan->before, build->parts);
    else
        install_parts(build, &plan->before);
    keep(build, &plan->before, manifest);
    commit(plan, RR_STAGE_FILE_MANIFEST, manifest);
    install_dump(build, &plan->after);
    clear_append_dir(build, &plan->after, manifest, false);
    clear(build, &plan->after, build->names->append_file);
}

static void build_single(const struct rr_stage_build *build, const char *manifest, struct rr_stage_plan *plan)
{
    keep(build, &plan->before, build->names->append_file);
    commit(plan, RR_STAGE_FILE_BASE, build->names->append_file);
    clear_append_dir(build, &plan->after, manifest, true);
    install_dump(build, &plan->after);
}

static void build_rdb(const struct rr_stage_build *build, const char *manifest, struct rr_stage_plan *plan)
{
    keep(build, &plan->before, build->names->db_file);
    commit(plan, RR_STAGE_FILE_BASE, build->names->db_file);
    keep(build, &plan->after, build->names->append_file);
    rr_stage_steps_add(&plan->after, RR_STAGE_INSTALL, RR_STAGE_FILE_GUARD, build->names->append_file);
    clear_append_dir(build, &plan->after, manifest, true);
}

void rr_stage_build_plan(const struct rr_stage_build *build, struct rr_stage_plan *out_plan)
{
    rr_auto(buf) manifest = RR_BUF(PATH_MAX_BYTES);
    rr_stage_manifest_path(build->names, &manifest);
    out_plan->run = rr_strdup(rr_slice_from(build->run));
    out_plan->previous = build->previous != NULL ? rr_strdup(rr_slice_from(build->previous)) : NULL;
    for (size_t i = 0; i < build->found->olds.count; i++) {
        const struct rr_stage_old *old = &build->found->olds.of[i];
        rr_stage_olds_add(&out_plan->olds, old->path, old->inode, old->size, old->modified_ns);
    }
    switch (build->answer->layout) {
    case RR_STAGE_MULTI_PART_AOF:
        build_multi_part(build, rr_buf_text(&manifest), out_plan);
        break;
    case RR_STAGE_SINGLE_AOF:
        build_single(build, rr_buf_text(&manifest), out_plan);
        break;
    case RR_STAGE_RDB:
        build_rdb(build, rr_buf_text(&manifest), out_plan);
        break;
    case RR_STAGE_AUTO:
    case RR_STAGE_LAYOUT_COUNT:
        rr_assert(false);
    }
    add_all(&out_plan->after, build->rest);
}
