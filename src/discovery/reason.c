/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/reason.h>

#define RR_REASON_NAME(name, text, class, exit_code)  text,
#define RR_REASON_CLASS(name, text, class, exit_code) RR_CLASS_##class,
#define RR_REASON_EXIT(name, text, class, exit_code)  exit_code,

const char *rr_reason_name(enum rr_reason reason)
{
    static const char *const names[] = { RR_REASONS(RR_REASON_NAME) };
    rr_assert((size_t)reason < RR_COUNT(names));
    return names[reason];
}

enum rr_retry_class rr_reason_class(enum rr_reason reason)
{
    static const enum rr_retry_class classes[] = { RR_REASONS(RR_REASON_CLASS) };
    rr_assert((size_t)reason < RR_COUNT(classes));
    return classes[reason];
}

int rr_reason_exit_code(enum rr_reason reason)
{
    static const int codes[] = { RR_REASONS(RR_REASON_EXIT) };
    rr_assert((size_t)reason < RR_COUNT(codes));
    return codes[reason];
}

bool rr_reason_parse(struct rr_slice name, enum rr_reason *out_reason)
{
    for (int i = 0; i < RR_REASON_COUNT; i++) {
        if (rr_slice_equals(name, rr_slice_from(rr_reason_name((enum rr_reason)i)))) {
            *out_reason = (enum rr_reason)i;
            return true;
        }
    }
    return false;
}

struct fault {
    enum rr_owner owner;
    enum rr_reason reason;
};

#define RR_FAULT_ROW(code, whose, why) [RR_E_##code] = { RR_OWNER_##whose, RR_REASON_##why },
static const struct fault faults[RR_CODE_COUNT] = { RR_FAULTS(RR_FAULT_ROW) };
#undef RR_FAULT_ROW

/* A code that RR_FAULTS lacks does not compile: as many rows as codes, and the compiler refuses a row that comes twice.
 */
#define RR_FAULT_ONE(code, whose, why) +1
_Static_assert(RR_FAULTS(RR_FAULT_ONE) == RR_CODE_COUNT, "every error code has one row in RR_FAULTS");
#undef RR_FAULT_ONE

static struct fault fault_of(enum rr_code code)
{
    return code < RR_CODE_COUNT ? faults[code] : (struct fault){ RR_OWNER_NONE, RR_REASON_COUNT };
}

bool rr_reason_of_error(const struct rr_error *err, enum rr_reason *out_reason)
{
    struct fault fault = fault_of(err->code);
    if (fault.reason == RR_REASON_COUNT)
        return false;
    *out_reason = fault.reason;
    return true;
}

const char *rr_owner_of_error(const struct rr_error *err)
{
#define RR_OWNER_NAME(name, text) [RR_OWNER_##name] = (text),
    static const char *const names[] = { RR_OWNERS(RR_OWNER_NAME) };
#undef RR_OWNER_NAME
    return names[fault_of(err->code).owner];
}
