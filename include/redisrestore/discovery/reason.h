/* SPDX-License-Identifier: Apache-2.0 */
/* reason: the closed list of reasons of a status (behaviour T-01), and which error has which reason. Users rely on the
 * names, the retry classes and the exit codes (docs/reference/reasons.md). Threads: pure. */
#ifndef RR_DISCOVERY_REASON_H
#define RR_DISCOVERY_REASON_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* When the controller retries a discovery that ended with a reason of this class. Each delay varies by up to 20 %, and
 * none is longer than `interval`. With `interval` (which varies by 10 %), the controller looks again after every class
 * except TERMINAL; an object that is suspended waits for its resume. */
enum rr_retry_class {
    RR_CLASS_NONE,       /* success, or nothing to do */
    RR_CLASS_TERMINAL,   /* no retry before the spec changes or the controller starts */
    RR_CLASS_CONFIG,     /* 50 s for 10 minutes after a new class, spec or start, then 60 s doubling to 250 s */
    RR_CLASS_STORAGE,    /* 5 s doubling to 600 s */
    RR_CLASS_SECRET,     /* F-32: 5 s doubling to 60 s */
    RR_CLASS_KUBERNETES, /* F-60: reported after 10 s of failures, then 5 s doubling to 250 s */
    RR_CLASS_NOT_FOUND,  /* after `interval`; without it 60 s doubling to 300 s if the object has `onNoBackup: Wait`,
                          * otherwise none before the spec changes or the controller starts */
};

/* X(identifier, name, retry class, exit code of `discover` and of the commands that print a status). Exact, Session and
 * AOFNotFound are about the AOF of the chosen RDB: one of the same timestamp, one of the same replication session (with
 * `pairing: Session`), none. They are reasons of the condition Paired. AOFNotFound is a reason of Ready too if the RDB
 * may not be used alone: only then do its class and exit code count. */
#define RR_REASONS(X)                                                                                                  \
    X(BACKUP_DISCOVERED, "BackupDiscovered", NONE, 0)                                                                  \
    X(EXACT, "Exact", NONE, 0)                                                                                         \
    X(SESSION, "Session", NONE, 0)                                                                                     \
    X(AOF_NOT_FOUND, "AOFNotFound", NOT_FOUND, 3)                                                                      \
    X(NO_BACKUP_FOUND, "NoBackupFound", NOT_FOUND, 3)                                                                  \
    X(BACKUP_TOO_OLD, "BackupTooOld", NOT_FOUND, 3)                                                                    \
    X(SUSPENDED, "Suspended", NONE, 7)                                                                                 \
    X(PROGRESSING, "Progressing", NONE, 7)                                                                             \
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
    X(API_SERVER_ERROR, "APIServerError", KUBERNETES, 1)                                                               \
    X(INTERNAL_ERROR, "InternalError", STORAGE, 1)                                                                     \
    X(INVALID_SPEC, "InvalidSpec", TERMINAL, 2)

#define RR_REASON_ENUM(name, text, class, exit_code) RR_REASON_##name,
enum rr_reason { RR_REASONS(RR_REASON_ENUM) RR_REASON_COUNT };
#undef RR_REASON_ENUM

const char *rr_reason_name(enum rr_reason reason); /* "NoBackupFound"; literal */
enum rr_retry_class rr_reason_class(enum rr_reason reason);
int rr_reason_exit_code(enum rr_reason reason);
/* Returns false for a name that is not in the list. */
RR_MUST_USE bool rr_reason_parse(struct rr_slice name, enum rr_reason *out_reason);

/* The owner of a failure: the party that most likely can fix the cause of an error code. */
#define RR_OWNERS(X)                                                                                                   \
    X(NONE, "none")         /* no failure */                                                                           \
    X(AUTHOR, "author")     /* who writes the object or runs `discover`, or manages its Secret or bucket */            \
    X(STORE, "store")       /* or the network path to it */                                                            \
    X(OPERATOR, "operator") /* of the controller: its flags, its permissions, its clock */                             \
    X(CLUSTER, "cluster")   /* the API server, or the network path to it */                                            \
    X(PRODUCT, "product")   /* a fault of this program */
#define RR_OWNER_ENUM(name, text) RR_OWNER_##name,
enum rr_owner { RR_OWNERS(RR_OWNER_ENUM) RR_OWNER_COUNT };
#undef RR_OWNER_ENUM

/* X(error code, owner of a discovery's failure, reason in the status), for each error code (behaviour F-60). A missing
 * code does not compile, so that no failure leaves an object without a reason. COUNT stands for RR_REASON_COUNT: no
 * reason, because nothing failed. A failed reply of the API server becomes RR_E_API_SERVER, except 404
 * and 403 of what the spec needs: its reader sets an error of its own, such as SECRET_NOT_FOUND. A
 * discovery downloads nothing. So NOT_FOUND, ALREADY_EXISTS, CONFLICT, GONE, UNAUTHENTICATED and OBJECT_* come here
 * only by a bug: their owner is PRODUCT. */
#define RR_FAULTS(X)                                                                                                   \
    X(OK, NONE, COUNT)                                                                                                 \
    X(CANCELLED, NONE, COUNT)                                                                                          \
    X(BAD_INPUT, AUTHOR, INVALID_SPEC)                                                                                 \
    X(TOO_BIG, STORE, MALFORMED_RESPONSE)                                                                              \
    X(INTERNAL, PRODUCT, INTERNAL_ERROR)                                                                               \
    X(NOT_FOUND, PRODUCT, INTERNAL_ERROR)                                                                              \
    X(ALREADY_EXISTS, PRODUCT, INTERNAL_ERROR)                                                                         \
    X(CONFLICT, PRODUCT, INTERNAL_ERROR)                                                                               \
    X(GONE, PRODUCT, INTERNAL_ERROR)                                                                                   \
    X(INVALID, AUTHOR, INVALID_SPEC)                                                                                   \
    X(UNAUTHENTICATED, PRODUCT, INTERNAL_ERROR)                                                                        \
    X(DENIED, AUTHOR, ACCESS_DENIED)                                                                                   \
    X(THROTTLED, STORE, S3_THROTTLED)                                                                                  \
    X(UNREACHABLE, STORE, S3_UNAVAILABLE)                                                                              \
    X(TIMEOUT, STORE, DISCOVERY_TIMEOUT)                                                                               \
    X(TLS, STORE, TLS_ERROR)                                                                                           \
    X(ADDRESS_FORBIDDEN, OPERATOR, ENDPOINT_FORBIDDEN)                                                                 \
    X(BAD_REPLY, STORE, MALFORMED_RESPONSE)                                                                            \
    X(LISTING_LOOP, STORE, LISTING_LOOP)                                                                               \
    X(BUCKET_NOT_FOUND, AUTHOR, BUCKET_NOT_FOUND)                                                                      \
    X(WRONG_REGION, AUTHOR, REGION_MISMATCH)                                                                           \
    X(CLOCK_SKEWED, OPERATOR, CLOCK_SKEWED)                                                                            \
    X(NO_CREDENTIALS, AUTHOR, NO_CREDENTIALS)                                                                          \
    X(SECRET_NOT_FOUND, AUTHOR, SECRET_NOT_FOUND)                                                                      \
    X(SECRET_INVALID, AUTHOR, SECRET_INVALID)                                                                          \
    X(AMBIENT_FORBIDDEN, OPERATOR, AMBIENT_CREDENTIALS_FORBIDDEN)                                                      \
    X(OBJECT_CHANGED, PRODUCT, INTERNAL_ERROR)                                                                         \
    X(OBJECT_GONE, PRODUCT, INTERNAL_ERROR)                                                                            \
    X(OBJECT_ARCHIVED, PRODUCT, INTERNAL_ERROR)                                                                        \
    X(API_SERVER, CLUSTER, API_SERVER_ERROR)

/* Returns the reason of a failed discovery. Returns false if nothing failed: no error, or cancelled. */
RR_MUST_USE bool rr_reason_of_error(const struct rr_error *err, enum rr_reason *out_reason);
const char *rr_owner_of_error(const struct rr_error *err); /* such as "store"; literal, for the log */

#endif
