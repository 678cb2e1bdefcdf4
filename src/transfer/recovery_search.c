/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/recovery_search.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/transfer/download.h>
#include <redisrestore/transfer/verify.h>

enum { MS_IN_S = 1000, MESSAGE_MAX_BYTES = 480, KEY_SHOWN_MAX_BYTES = 200 };

struct reader {
    const struct rr_s3_client *client;
    int64_t deadline_ms;
    struct rr_stop *stop;
};

const char *rr_recovery_pass_name(enum rr_recovery_pass pass)
{
#define RR_RECOVERY_PASS_NAME(name, text, words) text,
    static const char *const names[] = { RR_RECOVERY_PASSES(RR_RECOVERY_PASS_NAME) };
#undef RR_RECOVERY_PASS_NAME
    return names[pass];
}

const char *rr_recovery_pass_words(enum rr_recovery_pass pass)
{
#define RR_RECOVERY_PASS_WORDS(name, text, words) words,
    static const char *const all[] = { RR_RECOVERY_PASSES(RR_RECOVERY_PASS_WORDS) };
#undef RR_RECOVERY_PASS_WORDS
    return all[pass];
}

int64_t rr_recovery_search_end_ms(const struct rr_recovery_search *search)
{
    return search->unix_s * MS_IN_S + MS_IN_S - 1;
}

void rr_recovery_search_done(struct rr_recovery_search *search)
{
    for (size_t i = 0; i < search->count; i++)
        rr_buf_done(&search->looks[i].key);
    search->count = 0;
}

static enum rr_recovery_pass judge(const struct rr_recovery_search *search, const struct rr_rdb_facts *facts,
                                   struct rr_recovery_look *look)
{
    look->has_time = facts->has_created;
    look->unix_s = facts->created_unix_s;
    if (!look->has_time)
        return RR_RECOVERY_NO_TIME;
    return look->unix_s > search->unix_s ? RR_RECOVERY_MADE_LATER : RR_RECOVERY_TAKEN;
}

/* Reads the beginning of an RDB. *out_damage says what is wrong with one that is DAMAGED. */
static bool read_header(struct rr_recovery_search *search, const struct reader *reader,
                        const struct rr_backup_object *rdb, struct rr_recovery_look *look,
                        struct rr_verify_verdict *out_damage, struct rr_error *err)
{
    struct rr_download_object object = { .key = rdb->key, .etag = rdb->etag, .size = rdb->size, .is_rdb = true };
    struct rr_download_options options = { .without_checksum = true,
                                           .deadline_ms = reader->deadline_ms,
                                           .stop = reader->stop };
    struct rr_verify_options rules = { .decoded_max_bytes = RR_VERIFY_DECODED_DEFAULT_BYTES };
    rr_auto_ptr(source) source = rr_download_open(reader->client, &object, &options, err);
    if (source == NULL)
        return false;
    rr_auto_ptr(verify) verify = rr_verify_new(&rules);
    if (!rr_verify_read_header(verify, RR_VERIFY_RDB, source, err))
        return false;
    look->pass = RR_RECOVERY_DAMAGED;
    if (rr_verify_is_refused(verify))
        rr_verify_judge(verify, out_damage);
    else
        look->pass = judge(search, rr_verify_rdb(verify), look);
    return true;
}

/* An RDB that was stored after the moment may be skipped: it could only give a newer backup. */
static bool look_at(struct rr_recovery_search *search, const struct reader *reader, const struct rr_backup_object *rdb,
                    bool is_later, struct rr_error *err)
{
    struct rr_recovery_look *look = &search->looks[search->count++];
    struct rr_verify_verdict damage;
    *look = (struct rr_recovery_look){ .pass = RR_RECOVERY_NOT_READ };
    rr_buf_set_whole(&look->key, rdb->key);
    if (!read_header(search, reader, rdb, look, &damage, err)) {
        if (err->code == RR_E_OBJECT_ARCHIVED)
            look->pass = RR_RECOVERY_ARCHIVED;
        return is_later && look->pass == RR_RECOVERY_ARCHIVED;
    }
    if (look->pass != RR_RECOVERY_DAMAGED || is_later)
        return true;
    rr_auto(buf) key = RR_BUF(MESSAGE_MAX_BYTES);
    rr_escape_text(&key, rdb->key, KEY_SHOWN_MAX_BYTES);
    search->reason = damage.reason;
    return rr_fail(err, RR_E_INVALID, "%s: %s; choose an older backup by --not-after or --timestamp", rr_buf_text(&key),
                   damage.message);
}

/* "12 RDBs were looked at, made from ... to ..." */
static bool fail_unreachable(struct rr_recovery_search *search, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(MESSAGE_MAX_BYTES);
    char time[RR_TIME_TEXT_SIZE];
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < search->count; i++) {
        const struct rr_recovery_look *look = &search->looks[i];
        if (look->has_time) {
            first = look->unix_s < first ? look->unix_s : first;
            last = look->unix_s > last ? look->unix_s : last;
        }
    }
    rr_buf_add(&text, rr_time_rfc3339(search->unix_s, time));
    rr_buf_addf(&text, " cannot be reached: of %zu RDB%s that %s looked at, none is known to be made by then",
                search->count, rr_plural(search->count), search->count == 1 ? "was" : "were");
    if (first <= last) {
        rr_buf_add(&text, RR_LIT("; they were made from "));
        rr_buf_add(&text, rr_time_rfc3339(first, time));
        rr_buf_add(&text, RR_LIT(" to "));
        rr_buf_add(&text, rr_time_rfc3339(last, time));
    }
    if (search->count == RR_RECOVERY_LOOKS_MAX)
        rr_buf_add(&text, RR_LIT("; older ones were not looked at: choose one by --not-after or --timestamp"));
    search->reason = "RecoveryTargetUnreachable";
    return rr_fail(err, RR_E_INVALID, "%s", rr_buf_text(&text));
}

/* Takes the newest of those that may be taken. */
static bool take_newest(struct rr_recovery_search *search, size_t *out_chosen)
{
    struct rr_recovery_look *newest = NULL;
    for (size_t i = 0; i < search->count; i++) {
        struct rr_recovery_look *look = &search->looks[i];
        if (look->pass != RR_RECOVERY_TAKEN)
            continue;
        if (newest == NULL || look->unix_s > newest->unix_s) {
            if (newest != NULL)
                newest->pass = RR_RECOVERY_OLDER;
            newest = look;
            *out_chosen = i;
        } else {
            look->pass = RR_RECOVERY_OLDER;
        }
    }
    return newest != NULL;
}

bool rr_recovery_search_run(struct rr_recovery_search *search, const struct rr_s3_client *client,
                            const struct rr_backup_object *rdbs, size_t count, size_t later, int64_t deadline_ms,
                            struct rr_stop *stop, size_t *out_chosen, struct rr_error *err)
{
    const struct reader reader = { client, deadline_ms, stop };
    rr_assert(count <= RR_RECOVERY_LOOKS_MAX && later <= count);
    for (size_t i = 0; i < count; i++) {
        bool is_later = i < later;
        if (!is_later && take_newest(search, out_chosen))
            return true;
        if (!look_at(search, &reader, &rdbs[i], is_later, err))
            return false;
    }
    return take_newest(search, out_chosen) || fail_unreachable(search, err);
}
