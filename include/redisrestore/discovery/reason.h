/* reason: the closed list of reasons (behaviour T-01), documented as API: name, class, exit code of `discover`, what it
 * is. Threads: pure. */
#ifndef RR_DISCOVERY_REASON_H
#define RR_DISCOVERY_REASON_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum rr_retry_class {
    RR_CLASS_NONE,      /* success, or nothing to do */
    RR_CLASS_TERMINAL,  /* not before the spec changes */
    RR_CLASS_CONFIG,    /* 60 s doubling to 300 s, +-20 % */
    RR_CLASS_STORAGE,   /* 5 s doubling to 600 s, +-20 % */
    RR_CLASS_SECRET,    /* F-32: 5 s doubling to 60 s */
    RR_CLASS_NOT_FOUND, /* terminal, or the interval; Wait: the interval, or 60 s doubling to 300 s */
};

#define RR_REASONS(X)                                                                                                  \
    X(BACKUP_DISCOVERED, "BackupDiscovered", NONE, 0)                                                                  \
    X(EXACT, "Exact", NONE, 0)                                                                                         \
    X(SESSION, "Session", NONE, 0)                                                                                     \
    X(AOF_NOT_FOUND, "AOFNotFound", NOT_FOUND, 3)                                                                      \
    X(NO_BACKUP_FOUND, "NoBackupFound", NOT_FOUND, 3)                                                                  \
    X(BACKUP_TOO_OLD, "BackupTooOld", NOT_FOUND, 3)                                                                    \
    X(SUSPENDED, "Suspended", NONE, 0)                                                                                 \
    X(PROGRESSING, "Progressing", NONE, 0)                                                                             \
    X(S3_UNAVAILABLE, "S3Unavailable", STORAGE, 4)                                                                     \
    X(S3_THROTTLED, "S3Throttled", STORAGE, 4)                                                                         \
    X(DISCOVERY_TIMEOUT, "DiscoveryTimeout", STORAGE, 4)                                                               \
    X(TLS_ERROR, "TLSError", CONFIG, 4)                                                                                \
    X(SECRET_NOT_FOUND, "SecretNotFound", SECRET, 5)                                                                   \
    X(SECRET_INVALID, "SecretInvalid", SECRET, 5)                                                                      \
    X(NO_CREDENTIALS, "NoCredentials", CONFIG, 5)                                                                      \
    X(ACCESS_DENIED, "AccessDenied", CONFIG, 5)                                                                        \
    X(CLOCK_SKEWED, "ClockSkewed", CONFIG, 5)                                                                          \
    X(AMBIENT_CREDENTIALS_FORBIDDEN, "AmbientCredentialsForbidden", CONFIG, 5)                                         \
    X(ENDPOINT_FORBIDDEN, "EndpointForbidden", CONFIG, 5)                                                              \
    X(BUCKET_NOT_FOUND, "BucketNotFound", CONFIG, 6)                                                                   \
    X(REGION_MISMATCH, "RegionMismatch", CONFIG, 6)                                                                    \
    X(MALFORMED_RESPONSE, "MalformedResponse", STORAGE, 6)                                                             \
    X(LISTING_LOOP, "ListingLoop", STORAGE, 6)                                                                         \
    X(INVALID_SPEC, "InvalidSpec", TERMINAL, 2)

#define RR_REASON_ENUM(name, text, class, exit_code) RR_REASON_##name,
enum rr_reason { RR_REASONS(RR_REASON_ENUM) RR_REASON_COUNT };
#undef RR_REASON_ENUM

const char *rr_reason_name(enum rr_reason reason); /* "NoBackupFound" */
enum rr_retry_class rr_reason_class(enum rr_reason reason);
int rr_reason_exit_code(enum rr_reason reason);
RR_MUST_USE bool rr_reason_parse(struct rr_slice name, enum rr_reason *out_reason);

/* The reason of a failed discovery. False when the error has none: cancelled, or internal (both stay errors). */
RR_MUST_USE bool rr_reason_of_error(const struct rr_error *err, enum rr_reason *out_reason);

#endif
