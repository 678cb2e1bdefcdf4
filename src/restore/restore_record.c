/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_record.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/digest.h>

enum { OWN_VERSIONS = 3 }; /* the watch is one or two writes behind */

/* A status kept as JSON, which takes a fraction of the size of its buffers. */
struct kept {
    struct rr_buf text; /* owns; empty: nothing is kept */
    size_t *total;      /* size of all kept statuses of this kind */
};

struct record {
    char *uid; /* owns; NULL: nothing is remembered yet */
    struct rr_restore_memory memory;
    struct rr_stop *running; /* borrows; NULL: nothing runs */
    bool forgotten;          /* the object is gone, but its reconcile has not ended yet */
    struct kept unwritten, written;
    struct rr_restore_verdict *verdict; /* owns; of `unwritten`, without its status; NULL: nothing is kept. Not a
                                         * member, because it is large and few objects have one. */
    char *seen, *version; /* owns; of `written`. seen: the resourceVersion in the cache at the time of the write */
    bool in_part;
    char *own[OWN_VERSIONS]; /* owns; the resourceVersions of the last writes, newest first */
    bool has_digest;         /* the whole status was stored as it was written */
    uint8_t digest[RR_SHA256_BYTES];
    int64_t answered;       /* the generation that the stored status answers; 0: its question is not known */
    uint64_t question;      /* of that generation */
    int64_t applied_unix_s; /* of the last write; 0: not known */
};

struct rr_restore_records {
    pthread_mutex_t lock;
    struct {
        struct rr_map items; /* of record, owns */
        size_t unwritten_bytes, written_bytes;
    } guarded;
};

/* --- a kept status --- */

static void kept_drop(struct kept *kept)
{
    if (kept->total != NULL)
        *kept->total -= kept->text.cap;
    rr_buf_done(&kept->text);
    *kept = (struct kept){ 0 };
}

/* Takes the text over, or drops it if there is no room. Returns false if nothing is kept. */
static bool kept_put(struct kept *kept, size_t *total, struct rr_buf *text)
{
    struct rr_error ignored;
    kept_drop(kept);
    if (!rr_buf_ok(text, &ignored) || *total + text->cap > RR_RESTORE_RECORDS_MAX_BYTES) {
        rr_buf_done(text);
        return false;
    }
    *total += text->cap;
    *kept = (struct kept){ .text = *text, .total = total };
    return true;
}

static struct rr_buf encode(const struct rr_restore_status *status)
{
    struct rr_buf text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    rr_restore_status_encode(&text, status);
    return text;
}

/* Replaces *out_status by the status of `text`, which is one of encode(). */
static void decode(struct rr_slice text, struct rr_restore_status *out_status)
{
    rr_restore_status_done(out_status);
    rr_restore_status_init(out_status);
    rr_restore_status_decode(text, out_status);
}

/* --- records; all of it needs the lock --- */

static void drop_unwritten(struct record *record)
{
    kept_drop(&record->unwritten);
    rr_free(record->verdict);
    record->verdict = NULL;
}

static void drop_written(struct record *record)
{
    kept_drop(&record->written);
    rr_free(record->seen);
    rr_free(record->version);
    record->seen = record->version = NULL;
}

static void forget_own(struct record *record)
{
    for (size_t i = 0; i < OWN_VERSIONS; i++) {
        rr_free(record->own[i]);
        record->own[i] = NULL;
    }
    record->has_digest = false;
    record->answered = record->applied_unix_s = 0;
}

static void record_free(void *value)
{
    struct record *record = value;
    if (record == NULL)
        return;
    drop_unwritten(record);
    drop_written(record);
    forget_own(record);
    rr_free(record->uid);
    rr_free(record);
}

static struct record *find(const struct rr_restore_records *records, struct rr_slice key)
{
    return rr_map_get(&records->guarded.items, key);
}

/* Returns the record of this key, or NULL if there is none or it is about another object. */
static struct record *find_of(const struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid)
{
    struct record *record = find(records, key);
    return record != NULL && rr_slice_equals(rr_slice_from(record->uid), uid) ? record : NULL;
}

/* Returns the record of this key. Creates it if there is none. */
static struct record *make(struct rr_restore_records *records, struct rr_slice key)
{
    struct record *record = find(records, key);
    if (record == NULL) {
        record = RR_NEW(struct record);
        (void)rr_map_put(&records->guarded.items, key, record); /* there was none */
    }
    record->forgotten = false;
    return record;
}

/* The same for this object. Drops a record of another object of that name. */
static struct record *make_of(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid)
{
    struct record *record = make(records, key);
    if (!rr_slice_equals(rr_slice_from(record->uid), uid)) {
        drop_unwritten(record);
        drop_written(record);
        forget_own(record);
        rr_free(record->uid);
        record->uid = rr_strdup(uid);
        record->memory = (struct rr_restore_memory){ 0 };
    }
    return record;
}

struct rr_restore_records *rr_restore_records_new(void)
{
    struct rr_restore_records *records = RR_NEW(struct rr_restore_records);
    rr_assert(pthread_mutex_init(&records->lock, NULL) == 0);
    return records;
}

void rr_restore_records_free(struct rr_restore_records *records)
{
    if (records == NULL)
        return;
    rr_map_done(&records->guarded.items, record_free);
    (void)pthread_mutex_destroy(&records->lock);
    rr_free(records);
}

/* --- memory, and the running reconcile --- */

struct rr_restore_memory rr_restore_records_recall(struct rr_restore_records *records, struct rr_slice key,
                                                   struct rr_slice uid)
{
    pthread_mutex_lock(&records->lock);
    const struct record *record = find_of(records, key, uid);
    struct rr_restore_memory memory = { 0 };
    if (record != NULL)
        memory = record->memory;
    pthread_mutex_unlock(&records->lock);
    return memory;
}

void rr_restore_records_remember(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                 const struct rr_restore_memory *memory)
{
    pthread_mutex_lock(&records->lock);
    make_of(records, key, uid)->memory = *memory;
    pthread_mutex_unlock(&records->lock);
}

void rr_restore_records_forget(struct rr_restore_records *records, struct rr_slice key)
{
    pthread_mutex_lock(&records->lock);
    struct record *record = find(records, key);
    if (record != NULL && record->running != NULL)
        record->forgotten = true;
    else
        record_free(rr_map_remove(&records->guarded.items, key));
    pthread_mutex_unlock(&records->lock);
}

void rr_restore_records_enter(struct rr_restore_records *records, struct rr_slice key, struct rr_stop *stop)
{
    pthread_mutex_lock(&records->lock);
    make(records, key)->running = stop;
    pthread_mutex_unlock(&records->lock);
}

void rr_restore_records_leave(struct rr_restore_records *records, struct rr_slice key)
{
    pthread_mutex_lock(&records->lock);
    struct record *record = find(records, key);
    rr_assert(record != NULL);
    record->running = NULL;
    if (record->forgotten)
        record_free(rr_map_remove(&records->guarded.items, key));
    pthread_mutex_unlock(&records->lock);
}

/* Set the stop under the lock: it lives until leave, which needs the lock too. The stop's watchers only wake a loop or
 * a waiter. */
void rr_restore_records_cancel(struct rr_restore_records *records, struct rr_slice key)
{
    pthread_mutex_lock(&records->lock);
    const struct record *record = find(records, key);
    if (record != NULL && record->running != NULL)
        rr_stop_set(record->running);
    pthread_mutex_unlock(&records->lock);
}

/* --- the verdict that was not written --- */

void rr_restore_records_keep_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       const struct rr_restore_verdict *verdict)
{
    struct rr_buf text = encode(&verdict->status);
    pthread_mutex_lock(&records->lock);
    struct record *record = make_of(records, key, uid);
    drop_unwritten(record);
    if (kept_put(&record->unwritten, &records->guarded.unwritten_bytes, &text)) {
        record->verdict = RR_NEW(struct rr_restore_verdict);
        *record->verdict = *verdict;
        record->verdict->status = (struct rr_restore_status){ 0 }; /* the caller still owns it */
    }
    pthread_mutex_unlock(&records->lock);
}

bool rr_restore_records_take_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       int64_t generation, int64_t not_before_ms,
                                       struct rr_restore_verdict *out_verdict)
{
    struct rr_restore_verdict verdict = { 0 };
    rr_auto(buf) text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    bool is_same_object = false;
    pthread_mutex_lock(&records->lock);
    struct record *record = find(records, key);
    if (record != NULL && record->verdict != NULL) {
        is_same_object = rr_slice_equals(rr_slice_from(record->uid), uid);
        verdict = *record->verdict;
        rr_buf_add(&text, rr_buf_slice(&record->unwritten.text));
        drop_unwritten(record);
    }
    pthread_mutex_unlock(&records->lock);
    verdict.status = out_verdict->status;
    bool usable = is_same_object && verdict.generation == generation && verdict.made_ms > not_before_ms;
    if (usable) {
        decode(rr_buf_slice(&text), &verdict.status);
        *out_verdict = verdict;
    }
    return usable;
}

void rr_restore_records_drop_unwritten(struct rr_restore_records *records, struct rr_slice key)
{
    pthread_mutex_lock(&records->lock);
    struct record *record = find(records, key);
    if (record != NULL)
        drop_unwritten(record);
    pthread_mutex_unlock(&records->lock);
}

/* --- the written status --- */

/* Returns true if the cache's object is still the one that the write was based on, or is not newer than the result of
 * the write. */
static bool counts(const struct record *record, const struct rr_object *object)
{
    return record->written.total != NULL && object != NULL &&
           rr_slice_equals(rr_slice_from(record->uid), object->uid) &&
           (rr_slice_equals(rr_slice_from(record->seen), object->resource_version) ||
            (record->in_part && rr_slice_equals(rr_slice_from(record->version), object->resource_version)));
}

void rr_restore_records_settle_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object)
{
    pthread_mutex_lock(&records->lock);
    struct record *record = find(records, key);
    if (record != NULL && !counts(record, object))
        drop_written(record);
    pthread_mutex_unlock(&records->lock);
}

void rr_restore_records_keep_written(struct rr_restore_records *records, struct rr_slice key,
                                     const struct rr_object *object, struct rr_slice version,
                                     const struct rr_restore_status *status, bool in_part)
{
    struct rr_buf text = encode(status);
    uint8_t digest[RR_SHA256_BYTES];
    rr_sha256(rr_buf_slice(&text), digest);
    pthread_mutex_lock(&records->lock);
    struct record *record = make_of(records, key, object->uid);
    drop_written(record);
    rr_free(record->own[OWN_VERSIONS - 1]);
    memmove(record->own + 1, record->own, (OWN_VERSIONS - 1) * sizeof(record->own[0]));
    record->own[0] = rr_strdup(version);
    record->has_digest = !in_part;
    memcpy(record->digest, digest, RR_SHA256_BYTES);
    if (kept_put(&record->written, &records->guarded.written_bytes, &text)) {
        record->seen = rr_strdup(object->resource_version);
        record->version = rr_strdup(version);
        record->in_part = in_part;
    }
    pthread_mutex_unlock(&records->lock);
}

/* Returns the position of `version` among the last writes; OWN_VERSIONS if it is none of them. */
static size_t find_own(const struct record *record, struct rr_slice version)
{
    size_t at = 0;
    while (at < OWN_VERSIONS && (record->own[at] == NULL || !rr_slice_equals(rr_slice_from(record->own[at]), version)))
        at++;
    return at;
}

bool rr_restore_records_is_altered(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object, const struct rr_restore_status *stored,
                                   bool *out_known)
{
    uint8_t expected[RR_SHA256_BYTES] = { 0 }, digest[RR_SHA256_BYTES];
    pthread_mutex_lock(&records->lock);
    const struct record *record = find_of(records, key, object->uid);
    bool known = record != NULL && record->has_digest;
    bool is_behind =
        known && find_own(record, object->resource_version) % OWN_VERSIONS != 0; /* an older write of this process */
    if (known)
        memcpy(expected, record->digest, sizeof expected);
    pthread_mutex_unlock(&records->lock);
    *out_known = known;
    if (!known || is_behind)
        return false;
    rr_auto(buf) text = encode(stored);
    rr_sha256(rr_buf_slice(&text), digest);
    return memcmp(expected, digest, sizeof digest) != 0;
}

bool rr_restore_records_is_foreign(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object)
{
    pthread_mutex_lock(&records->lock);
    const struct record *record = find_of(records, key, object->uid);
    bool foreign = record != NULL && record->running == NULL && record->own[0] != NULL &&
                   find_own(record, object->resource_version) == OWN_VERSIONS;
    pthread_mutex_unlock(&records->lock);
    return foreign;
}

void rr_restore_records_keep_applied(struct rr_restore_records *records, struct rr_slice key,
                                     const struct rr_object *object, int64_t applied_unix_s)
{
    pthread_mutex_lock(&records->lock);
    make_of(records, key, object->uid)->applied_unix_s = applied_unix_s;
    pthread_mutex_unlock(&records->lock);
}

int64_t rr_restore_records_applied(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object)
{
    pthread_mutex_lock(&records->lock);
    const struct record *record = find_of(records, key, object->uid);
    int64_t applied_unix_s = record != NULL ? record->applied_unix_s : 0;
    pthread_mutex_unlock(&records->lock);
    return applied_unix_s;
}

void rr_restore_records_keep_question(struct rr_restore_records *records, struct rr_slice key,
                                      const struct rr_object *object, bool is_known, uint64_t question)
{
    pthread_mutex_lock(&records->lock);
    struct record *record = make_of(records, key, object->uid);
    record->answered = is_known ? object->generation : 0;
    record->question = question;
    pthread_mutex_unlock(&records->lock);
}

bool rr_restore_records_is_same_question(struct rr_restore_records *records, struct rr_slice key,
                                         const struct rr_object *object, int64_t answered, uint64_t question)
{
    pthread_mutex_lock(&records->lock);
    const struct record *record = find_of(records, key, object->uid);
    bool same = record != NULL && answered > 0 && record->answered == answered && record->question == question;
    pthread_mutex_unlock(&records->lock);
    return same;
}

/* Copies the status that counts. Returns false if there is none. The caller holds the lock. */
static bool copy_written(const struct rr_restore_records *records, struct rr_slice key, const struct rr_object *object,
                         struct rr_buf *out_version, struct rr_buf *out_text)
{
    const struct record *record = find(records, key);
    if (record == NULL || !counts(record, object))
        return false;
    rr_buf_add(out_version, rr_slice_from(record->version));
    rr_buf_add(out_text, rr_buf_slice(&record->written.text));
    return true;
}

bool rr_restore_records_recall_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object, struct rr_buf *out_version,
                                       struct rr_restore_status *out_status)
{
    rr_auto(buf) version = RR_BUF(out_version->max), text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    pthread_mutex_lock(&records->lock);
    bool found = copy_written(records, key, object, &version, &text);
    pthread_mutex_unlock(&records->lock);
    if (!found)
        return false;
    decode(rr_buf_slice(&text), out_status);
    rr_buf_set(out_version, rr_buf_slice(&version));
    return true;
}
