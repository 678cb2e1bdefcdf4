/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_plan.h"

#include "stage_dir.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

#include <inttypes.h>
#include <stdio.h>

enum { VERSION = 1, NUMBER_TEXT_BYTES = 24 };

static const char *const op_names[RR_STAGE_OP_COUNT] = {
    [RR_STAGE_MAKE_FOLDER] = "MakeFolder",
    [RR_STAGE_INSTALL] = "Install",
    [RR_STAGE_KEEP] = "Keep",
    [RR_STAGE_ASIDE] = "Aside",
    [RR_STAGE_DROP] = "Drop",
    [RR_STAGE_REMOVE_FOLDER] = "RemoveFolder",
};

static void step_done(struct rr_stage_step *step)
{
    rr_free(step->from);
    rr_free(step->path);
}

void rr_stage_steps_done(struct rr_stage_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        step_done(&steps->of[i]);
    rr_free(steps->of);
}

void rr_stage_plan_done(struct rr_stage_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->olds.count; i++)
        rr_free(plan->olds.of[i].path);
    rr_free(plan->olds.of);
    rr_stage_steps_done(&plan->before);
    rr_stage_steps_done(&plan->after);
    step_done(&plan->commit);
    rr_free(plan->run);
    rr_free(plan->previous);
    rr_free(plan->put_back);
    rr_free(plan->marker);
    *plan = (struct rr_stage_plan){ 0 };
}

static struct rr_stage_step step_of(enum rr_stage_op op, struct rr_slice from, struct rr_slice path)
{
    return (struct rr_stage_step){ op, from.len > 0 ? rr_strdup(from) : NULL, rr_strdup(path) };
}

void rr_stage_steps_add(struct rr_stage_steps *steps, enum rr_stage_op op, const char *from, const char *path)
{
    rr_grow(&steps->of, &steps->cap, steps->count);
    steps->of[steps->count++] = step_of(op, rr_slice_from(from), rr_slice_from(path));
}

void rr_stage_olds_add(struct rr_stage_olds *olds, const char *path, uint64_t inode, uint64_t size,
                       uint64_t modified_ns)
{
    rr_grow(&olds->of, &olds->cap, olds->count);
    olds->of[olds->count++] = (struct rr_stage_old){ rr_strdup(rr_slice_from(path)), inode, size, modified_ns };
}

const struct rr_stage_old *rr_stage_olds_find(const struct rr_stage_olds *olds, const char *path)
{
    for (size_t i = 0; i < olds->count; i++)
        if (strcmp(olds->of[i].path, path) == 0)
            return &olds->of[i];
    return NULL;
}

uint64_t rr_stage_olds_size(const struct rr_stage_olds *olds, const char *path)
{
    const struct rr_stage_old *old = rr_stage_olds_find(olds, path);
    return old != NULL ? old->size : 0;
}

bool rr_stage_is_run(struct rr_slice run)
{
    static const char *const taken[] = { RR_STAGE_LOCK_FILE, RR_STAGE_PLAN_FILE, RR_STAGE_UNFINISHED_FILE };
    for (size_t i = 0; i < RR_COUNT(taken); i++)
        if (rr_slice_equals(run, rr_slice_from(taken[i])))
            return false;
    for (size_t i = 0; i < run.len; i++) {
        char byte = run.ptr[i];
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-')
            return false;
    }
    return run.len > 0 && run.len <= RR_STAGE_RUN_MAX_BYTES && !rr_slice_starts_with(run, RR_LIT(RR_STAGE_PREVIOUS));
}

static void put_text(struct rr_json_writer *json, const char *name, const char *text)
{
    if (text != NULL)
        rr_json_put_text(json, name, rr_slice_from(text));
}

/* As text: a JSON number holds 53 bits. */
static void put_number(struct rr_json_writer *json, const char *name, uint64_t number)
{
    char text[NUMBER_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    put_text(json, name, text);
}

static void put_step(struct rr_json_writer *json, const char *name, const struct rr_stage_step *step)
{
    rr_json_open_object(json, name);
    put_text(json, "op", op_names[step->op]);
    put_text(json, "from", step->from);
    put_text(json, "path", step->path);
    rr_json_close(json);
}

static void put_steps(struct rr_json_writer *json, const char *name, const struct rr_stage_steps *steps)
{
    rr_json_open_array(json, name);
    for (size_t i = 0; i < steps->count; i++)
        put_step(json, NULL, &steps->of[i]);
    rr_json_close(json);
}

bool rr_stage_plan_fits(const struct rr_stage_plan *plan)
{
    return plan->olds.count <= RR_STAGE_STEPS_MAX && plan->before.count <= RR_STAGE_STEPS_MAX &&
           plan->after.count <= RR_STAGE_STEPS_MAX;
}

void rr_stage_plan_write(const struct rr_stage_plan *plan, struct rr_buf *out_text)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_text, 1);
    rr_json_open_object(&json, NULL);
    rr_json_put_int(&json, "version", VERSION);
    put_text(&json, "run", plan->run);
    put_text(&json, "previous", plan->previous);
    put_text(&json, RR_STAGE_PUT_BACK, plan->put_back);
    put_text(&json, "marker", plan->marker);
    rr_json_open_array(&json, "old");
    for (size_t i = 0; i < plan->olds.count; i++) {
        const struct rr_stage_old *old = &plan->olds.of[i];
        rr_json_open_object(&json, NULL);
        put_text(&json, "path", old->path);
        put_number(&json, "inode", old->inode);
        put_number(&json, "size", old->size);
        put_number(&json, "modified", old->modified_ns);
        rr_json_close(&json);
    }
    rr_json_close(&json);
    put_steps(&json, "before", &plan->before);
    put_step(&json, "commit", &plan->commit);
    put_steps(&json, "after", &plan->after);
    rr_json_close(&json);
}

static bool is_component(struct rr_slice name)
{
    return name.len > 0 && !rr_slice_equals(name, RR_LIT(".")) && !rr_slice_equals(name, RR_LIT("..")) &&
           !rr_slice_has_control(name) && !rr_slice_contains_byte(name, '/');
}

/* "name" or "folder/name"; the folder of our own files is not among them. */
static bool is_path(struct rr_slice path)
{
    struct rr_slice rest = path, first = rr_slice_cut(&rest, '/');
    bool has_folder = first.len < path.len;
    return path.len <= RR_STAGE_PATH_MAX_BYTES && is_component(first) && (!has_folder || is_component(rest)) &&
           !rr_slice_equals(first, RR_LIT(RR_STAGE_OWN));
}

static bool read_step(const struct rr_json_node *node, struct rr_stage_step *out_step)
{
    struct rr_slice op = rr_json_text(rr_json_member(node, "op")), from = rr_json_text(rr_json_member(node, "from")),
                    path = rr_json_text(rr_json_member(node, "path"));
    for (int i = 0; i < RR_STAGE_OP_COUNT; i++) {
        if (!rr_slice_equals(op, rr_slice_from(op_names[i])))
            continue;
        if (!is_path(path) || (i == RR_STAGE_INSTALL ? !is_component(from) : from.len > 0))
            return false;
        *out_step = step_of((enum rr_stage_op)i, from, path);
        return true;
    }
    return false;
}

static bool read_steps(const struct rr_json_node *node, struct rr_stage_steps *steps)
{
    if (!rr_json_is_array(node))
        return false;
    for (const struct rr_json_node *each = rr_json_first(node); each != NULL; each = rr_json_next(each)) {
        struct rr_stage_step step;
        if (steps->count == RR_STAGE_STEPS_MAX || !read_step(each, &step))
            return false;
        rr_grow(&steps->of, &steps->cap, steps->count);
        steps->of[steps->count++] = step;
    }
    return true;
}

static bool read_olds(const struct rr_json_node *node, struct rr_stage_olds *olds)
{
    if (!rr_json_is_array(node))
        return false;
    for (const struct rr_json_node *each = rr_json_first(node); each != NULL; each = rr_json_next(each)) {
        uint64_t inode = 0, size = 0, modified = 0;
        struct rr_slice path = rr_json_text(rr_json_member(each, "path"));
        if (olds->count == RR_STAGE_STEPS_MAX || !is_path(path) ||
            !rr_parse_u64(rr_json_text(rr_json_member(each, "inode")), &inode) ||
            !rr_parse_u64(rr_json_text(rr_json_member(each, "size")), &size) ||
            !rr_parse_u64(rr_json_text(rr_json_member(each, "modified")), &modified))
            return false;
        rr_grow(&olds->of, &olds->cap, olds->count);
        olds->of[olds->count++] = (struct rr_stage_old){ rr_strdup(path), inode, size, modified };
    }
    return true;
}

/* Before the commit only new files are installed, which have the run in their names: those that are taken back. */
static bool has_run_in_names(const struct rr_stage_plan *plan)
{
    char part[RR_STAGE_RUN_MAX_BYTES + sizeof "."];
    (void)snprintf(part, sizeof part, ".%s", plan->run);
    for (size_t i = 0; i < plan->before.count; i++)
        if (plan->before.of[i].op == RR_STAGE_INSTALL && strstr(plan->before.of[i].path, part) == NULL)
            return false;
    return true;
}

/* Takes the name of a folder of previous data, or leaves NULL where there is none. */
static bool read_previous(const struct rr_json_node *root, const char *member, char **out_name)
{
    struct rr_slice name = rr_json_text(rr_json_member(root, member));
    if (name.len == 0)
        return true;
    if (!is_component(name) || !rr_slice_starts_with(name, RR_LIT(RR_STAGE_PREVIOUS "-")))
        return false;
    *out_name = rr_strdup(name);
    return true;
}

static bool read_all(const struct rr_json_node *root, struct rr_stage_plan *plan)
{
    int64_t version = 0;
    struct rr_slice run = rr_json_text(rr_json_member(root, "run")),
                    marker = rr_json_text(rr_json_member(root, "marker"));
    if (!rr_json_int64(rr_json_member(root, "version"), &version) || version != VERSION || !rr_stage_is_run(run) ||
        marker.len == 0)
        return false;
    plan->run = rr_strdup(run);
    plan->marker = rr_strdup(marker);
    return read_previous(root, "previous", &plan->previous) &&
           read_previous(root, RR_STAGE_PUT_BACK, &plan->put_back) &&
           read_olds(rr_json_member(root, "old"), &plan->olds) &&
           read_steps(rr_json_member(root, "before"), &plan->before) && has_run_in_names(plan) &&
           read_step(rr_json_member(root, "commit"), &plan->commit) && plan->commit.op == RR_STAGE_INSTALL &&
           read_steps(rr_json_member(root, "after"), &plan->after);
}

bool rr_stage_plan_read(struct rr_slice text, struct rr_stage_plan *out_plan, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    *out_plan = (struct rr_stage_plan){ 0 };
    if (!rr_json_parse(text, &json, err) || !read_all(json.root, out_plan))
        return rr_fail(err, RR_E_INVALID, "it is no plan that this version wrote");
    return true;
}
