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

bool rr_reason_of_error(const struct rr_error *err, enum rr_reason *out_reason)
{
    static const struct {
        enum rr_code code;
        enum rr_reason reason;
    } known[] = {
        { RR_E_BAD_INPUT, RR_REASON_INVALID_SPEC },
        { RR_E_INVALID, RR_REASON_INVALID_SPEC },
        { RR_E_UNREACHABLE, RR_REASON_S3_UNAVAILABLE },
        { RR_E_THROTTLED, RR_REASON_S3_THROTTLED },
        { RR_E_TIMEOUT, RR_REASON_DISCOVERY_TIMEOUT },
        { RR_E_TLS, RR_REASON_TLS_ERROR },
        { RR_E_SECRET_NOT_FOUND, RR_REASON_SECRET_NOT_FOUND },
        { RR_E_SECRET_INVALID, RR_REASON_SECRET_INVALID },
        { RR_E_NO_CREDENTIALS, RR_REASON_NO_CREDENTIALS },
        { RR_E_AMBIENT_FORBIDDEN, RR_REASON_AMBIENT_CREDENTIALS_FORBIDDEN },
        { RR_E_DENIED, RR_REASON_ACCESS_DENIED },
        { RR_E_CLOCK_SKEWED, RR_REASON_CLOCK_SKEWED },
        { RR_E_ADDRESS_FORBIDDEN, RR_REASON_ENDPOINT_FORBIDDEN },
        { RR_E_BUCKET_NOT_FOUND, RR_REASON_BUCKET_NOT_FOUND },
        { RR_E_WRONG_REGION, RR_REASON_REGION_MISMATCH },
        { RR_E_BAD_REPLY, RR_REASON_MALFORMED_RESPONSE },
        { RR_E_TOO_BIG, RR_REASON_MALFORMED_RESPONSE },
        { RR_E_LISTING_LOOP, RR_REASON_LISTING_LOOP },
    };
    for (size_t i = 0; i < RR_COUNT(known); i++) {
        if (known[i].code == err->code) {
            *out_reason = known[i].reason;
            return true;
        }
    }
    return false;
}
