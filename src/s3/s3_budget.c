/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_budget.h"

#include <stdatomic.h>

static atomic_size_t taken; /* steps, of the whole process */

bool rr_s3_budget_take(void)
{
    if (atomic_fetch_add(&taken, 1) < RR_S3_BUDGET_BYTES / RR_S3_BUDGET_STEP)
        return true;
    (void)atomic_fetch_sub(&taken, 1);
    return false;
}

void rr_s3_budget_give_back(size_t steps)
{
    (void)atomic_fetch_sub(&taken, steps);
}

size_t rr_s3_budget_taken(void)
{
    return atomic_load(&taken);
}
