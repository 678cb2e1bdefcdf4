/* SPDX-License-Identifier: Apache-2.0 */
/* A plan from anywhere names paths inside the data directory only, and is written as it is read. */
#include "stage_plan.h"

static void check_path(const char *path)
{
    struct rr_slice rest = rr_slice_from(path), first = rr_slice_cut(&rest, '/');
    rr_assert(first.len > 0 && !rr_slice_equals(first, RR_LIT("..")) && !rr_slice_equals(rest, RR_LIT("..")));
    rr_assert(!rr_slice_contains_byte(rest, '/') && !rr_slice_equals(first, RR_LIT(".redisrestore")));
}

static void check_steps(const struct rr_stage_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        check_path(steps->of[i].path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_error err = { 0 };
    rr_auto(stage_plan) plan = { 0 };
    rr_auto(stage_plan) again = { 0 };
    if (!rr_stage_plan_read((struct rr_slice){ (const char *)data, size }, &plan, &err))
        return 0;
    check_steps(&plan.before);
    check_steps(&plan.after);
    check_path(plan.commit.path);
    for (size_t i = 0; i < plan.olds.count; i++)
        check_path(plan.olds.of[i].path);
    rr_auto(buf) first = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_auto(buf) second = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_stage_plan_write(&plan, &first);
    if (first.overflow)
        return 0;
    rr_assert(rr_stage_plan_read(rr_buf_slice(&first), &again, &err));
    rr_stage_plan_write(&again, &second);
    rr_assert(rr_slice_equals(rr_buf_slice(&first), rr_buf_slice(&second)));
    return 0;
}
