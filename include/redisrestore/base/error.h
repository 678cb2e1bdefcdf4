/* SPDX-License-Identifier: Apache-2.0 */
/* error: states what failed, for the person who reads it and for the code that decides what to do next.
 * A function that can fail returns bool, is RR_MUST_USE and takes `struct rr_error *err` last, never NULL.
 * Threads: an error belongs to its caller. */
#ifndef RR_BASE_ERROR_H
#define RR_BASE_ERROR_H

#include <redisrestore/base/core.h>

/* One list: name, category, text. The category decides between retry, wait and give up. */
#define RR_CODES(X)                                                                                                    \
    X(OK, NONE, "no error")                                                                                            \
    X(CANCELLED, NONE, "cancelled")                                                                                    \
    X(BAD_INPUT, TERMINAL, "invalid input")                                                                            \
    X(TOO_BIG, TERMINAL, "over a limit")                                                                               \
    X(INTERNAL, RETRY, "internal error")                                                                               \
    X(NOT_FOUND, CONFIG, "not found")                                                                                  \
    X(ALREADY_EXISTS, CONFIG, "already exists")                                                                        \
    X(CONFLICT, RETRY, "conflict")                                                                                     \
    X(GONE, RETRY, "resource version expired")                                                                         \
    X(INVALID, TERMINAL, "refused as invalid")                                                                         \
    X(UNAUTHENTICATED, CONFIG, "not authenticated")                                                                    \
    X(DENIED, CONFIG, "access refused")                                                                                \
    X(THROTTLED, RETRY, "throttled")                                                                                   \
    X(UNREACHABLE, RETRY, "unreachable")                                                                               \
    X(TIMEOUT, RETRY, "timed out")                                                                                     \
    X(TLS, CONFIG, "TLS failed")                                                                                       \
    X(ADDRESS_FORBIDDEN, CONFIG, "address not allowed")                                                                \
    X(BAD_REPLY, RETRY, "unexpected reply")                                                                            \
    X(LISTING_LOOP, RETRY, "listing does not end")                                                                     \
    X(BUCKET_NOT_FOUND, CONFIG, "bucket not found")                                                                    \
    X(WRONG_REGION, CONFIG, "wrong region")                                                                            \
    X(CLOCK_SKEWED, CONFIG, "clock skewed")                                                                            \
    X(NO_CREDENTIALS, CONFIG, "no credentials")                                                                        \
    X(SECRET_NOT_FOUND, CONFIG, "secret not found")                                                                    \
    X(SECRET_INVALID, CONFIG, "secret invalid")                                                                        \
    X(AMBIENT_FORBIDDEN, CONFIG, "own credentials not allowed here")                                                   \
    X(OBJECT_CHANGED, CONFIG, "object changed")                                                                        \
    X(OBJECT_GONE, CONFIG, "object gone")                                                                              \
    X(OBJECT_ARCHIVED, CONFIG, "object archived")                                                                      \
    X(API_SERVER, RETRY, "the Kubernetes API server failed")

#define RR_CODE_ENUM(name, category, text) RR_E_##name,
enum rr_code { RR_CODES(RR_CODE_ENUM) RR_CODE_COUNT };
#undef RR_CODE_ENUM

enum rr_category {
    RR_CATEGORY_NONE,     /* no failure */
    RR_CATEGORY_RETRY,    /* may pass by itself soon */
    RR_CATEGORY_CONFIG,   /* a setting must be changed, not necessarily by the requester */
    RR_CATEGORY_TERMINAL, /* a retry gets the same result */
};

/* Why a request got no complete reply. Retries depend on it, and the log may show it. The code that creates the error
 * decides whether the message may say it (behaviour F-51). One list: name, text. */
#define RR_CAUSES(X)                                                                                                   \
    X(UNKNOWN, "unknown cause")                                                                                        \
    X(NAME_NOT_FOUND, "host name does not resolve")                                                                    \
    X(NAME_TIMEOUT, "host name was not resolved in time")                                                              \
    X(REFUSED, "connection refused")                                                                                   \
    X(NO_ROUTE, "no route to host")                                                                                    \
    X(CONNECT_TIMEOUT, "connection timed out")                                                                         \
    X(SILENT, "no reply in time") /* after the connection was made: no reply, or a reply that stalled */               \
    X(BROKEN, "connection reset or closed before the reply was complete")                                              \
    X(PROXY, "proxy refused the connection")                           /* by its reply to CONNECT */                   \
    X(UNKNOWN_AUTHORITY, "certificate signed by an unknown authority") /* this and those below: RR_E_TLS */            \
    X(CERTIFICATE_EXPIRED, "certificate expired")                                                                      \
    X(CERTIFICATE_NOT_YET_VALID, "certificate not yet valid")                                                          \
    X(CERTIFICATE_WRONG_NAME, "certificate is for another host name")                                                  \
    X(CERTIFICATE_UNUSABLE, "certificate not accepted")

#define RR_CAUSE_ENUM(name, text) RR_CAUSE_##name,
enum rr_cause { RR_CAUSES(RR_CAUSE_ENUM) RR_CAUSE_COUNT };
#undef RR_CAUSE_ENUM

struct rr_error {
    enum rr_code code;
    enum rr_cause cause;     /* of RR_E_UNREACHABLE and RR_E_TLS */
    int http_status;         /* 0: no reply */
    uint32_t retry_after_ms; /* 0: unknown */
    char message[480]; /* may be shown to the requester: our own words, and names that the requester gave. No text of a
                          server, no resolved address, no secret */
    char detail[480];  /* for the log only; no secret */
};

/* Sets code and message and clears the other fields. Always returns false. A message that is too long ends in
 * "...". */
RR_MUST_USE RR_PRINTF(3, 4) bool rr_fail(struct rr_error *err, enum rr_code code, const char *format, ...);
/* The same for functions that do not return bool: callbacks, and functions that return another type. */
RR_PRINTF(3, 4) void rr_error_set(struct rr_error *err, enum rr_code code, const char *format, ...);
/* Puts "<words>: " before the message. Always returns false. */
RR_MUST_USE RR_PRINTF(2, 3) bool rr_context(struct rr_error *err, const char *format, ...);
/* Sets the detail. A text that is too long ends in "...". */
RR_PRINTF(2, 3) void rr_detail(struct rr_error *err, const char *format, ...);

/* The analyzer sees one file at a time and does not know what these two return. */
#if defined(__clang_analyzer__) && !defined(RR_ERROR_C)
#define rr_fail(...)    ((void)rr_fail(__VA_ARGS__), false)
#define rr_context(...) ((void)rr_context(__VA_ARGS__), false)
#endif

const char *rr_code_name(enum rr_code code);    /* "NOT_FOUND"; literal */
const char *rr_code_text(enum rr_code code);    /* "not found"; literal */
const char *rr_cause_text(enum rr_cause cause); /* "connection refused"; literal */
enum rr_category rr_code_category(enum rr_code code);

#endif
