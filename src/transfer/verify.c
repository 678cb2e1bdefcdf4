/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_internal.h"

#include <redisrestore/base/mem.h>

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_BYTES = 64 * 1024, END_BYTE = 0xff, CHECKSUM_BYTES = 8, CHECKSUM_SINCE_VERSION = 5 };
struct rr_verify *rr_verify_new(const struct rr_verify_options *options)
{
    struct rr_verify *verify = RR_NEW(struct rr_verify);
    verify->options = *options;
    return verify;
}

void rr_verify_free(struct rr_verify *verify)
{
    if (verify == NULL)
        return;
    rr_decoder_free(verify->decoder);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        rr_free(verify->version_ids[kind]);
    rr_free(verify);
}

const char *rr_verify_kind_name(enum rr_verify_kind kind)
{
    return kind == RR_VERIFY_RDB ? "RDB" : "AOF";
}

bool rr_verify_refuse(struct rr_verify *verify, enum rr_verify_result result, const char *reason, const char *format,
                      ...)
{
    if (verify->is_refused)
        return false;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(verify->verdict.message, sizeof verify->verdict.message, format, arguments);
    va_end(arguments);
    verify->is_refused = true;
    verify->verdict.result = result;
    verify->verdict.reason = reason;
    return false;
}

static bool refuse_rdb(struct rr_verify *verify, const struct rr_rdb *rdb, const struct rr_error *err)
{
    return rr_verify_refuse(verify, rdb->fault == RR_RDB_FAULT_PRE_RELEASE ? RR_VERIFY_UNSUPPORTED : RR_VERIFY_DAMAGED,
                            rr_rdb_fault_reason(rdb->fault), "%s%s",
                            verify->kind == RR_VERIFY_AOF ? "the preamble of the AOF: " : "", err->message);
}

static void begin_commands(struct rr_verify *verify)
{
    const struct rr_rdb_facts *rdb = verify->files[RR_VERIFY_RDB].was_read ? &verify->rdb.facts : NULL;
    struct rr_aof_target target = rr_recovery_aof_target(&verify->options.target, rdb, verify->preamble_bytes);
    rr_aof_set_target(&verify->aof, &target);
    verify->place = RR_VERIFY_IN_COMMANDS;
}

/* Which parser takes the decoded bytes of an AOF: it may begin with an RDB. */
static void begin_stream(struct rr_verify *verify)
{
    struct rr_slice magic = { verify->magic, verify->magic_len };
    if (!rr_verify_is_preamble(magic)) {
        begin_commands(verify);
        return;
    }
    verify->place = RR_VERIFY_IN_PREAMBLE;
    rr_rdb_init(&verify->preamble, true);
}

static bool hand_over(struct rr_verify *verify, enum rr_verify_part part, struct rr_slice bytes)
{
    const struct rr_verify_tap *tap = &verify->options.tap;
    if (tap->take != NULL && bytes.len > 0 && !verify->tap_failed)
        verify->tap_failed = !tap->take(tap->context, part, bytes, &verify->tap_error);
    return !verify->tap_failed;
}

static bool take_decoded(struct rr_verify *verify, struct rr_slice bytes)
{
    struct rr_error err;
    size_t used = 0;
    if (verify->place == RR_VERIFY_IN_RDB) {
        if (!rr_rdb_feed(&verify->rdb, bytes, &used, &err))
            return refuse_rdb(verify, &verify->rdb, &err);
        return rr_verify_judge_early(verify, &verify->rdb) && hand_over(verify, RR_VERIFY_PART_RDB, bytes);
    }
    if (verify->place == RR_VERIFY_IN_PREAMBLE) {
        if (!rr_rdb_feed(&verify->preamble, bytes, &used, &err))
            return refuse_rdb(verify, &verify->preamble, &err);
        if (!rr_verify_judge_early(verify, &verify->preamble) ||
            !hand_over(verify, RR_VERIFY_PART_PREAMBLE, rr_slice_first(bytes, used)))
            return false;
        bytes = rr_slice_from_offset(bytes, used);
        if (rr_rdb_is_complete(&verify->preamble)) {
            if (!rr_rdb_end(&verify->preamble, &err))
                return refuse_rdb(verify, &verify->preamble, &err);
            verify->preamble_bytes = verify->preamble.facts.bytes;
            begin_commands(verify);
        }
    }
    if (verify->place != RR_VERIFY_IN_COMMANDS)
        return true;
    rr_aof_feed(&verify->aof, bytes);
    return hand_over(verify, RR_VERIFY_PART_COMMANDS, bytes);
}

/* The first bytes of an AOF are kept until it is known what it begins with. */
static bool take_magic(struct rr_verify *verify, struct rr_slice *bytes)
{
    while (verify->magic_len < RR_VERIFY_HEAD_BYTES && bytes->len > 0) {
        verify->magic[verify->magic_len++] = bytes->ptr[0];
        *bytes = rr_slice_from_offset(*bytes, 1);
    }
    if (verify->magic_len < RR_VERIFY_HEAD_BYTES)
        return true;
    begin_stream(verify);
    return take_decoded(verify, (struct rr_slice){ verify->magic, verify->magic_len });
}

static bool on_decoded(void *context, struct rr_slice bytes, struct rr_error *err)
{
    struct rr_verify *verify = context;
    struct rr_verify_file *file = &verify->files[verify->kind];
    file->decoded_bytes += bytes.len;
    bool is_good =
        file->decoded_bytes <= verify->options.decoded_max_bytes ||
        rr_verify_refuse(verify, RR_VERIFY_UNSUPPORTED, "TooLarge",
                         "the %s has more than %llu bytes when it is decompressed (--max-decoded)",
                         rr_verify_kind_name(verify->kind), (unsigned long long)verify->options.decoded_max_bytes);
    if (is_good && verify->place == RR_VERIFY_IN_MAGIC)
        is_good = take_magic(verify, &bytes);
    if (is_good && bytes.len > 0)
        is_good = take_decoded(verify, bytes);
    return is_good || rr_fail(err, RR_E_BAD_INPUT, "refused");
}

void rr_verify_begin(struct rr_verify *verify, enum rr_verify_kind kind)
{
    verify->kind = kind;
    verify->head_len = verify->magic_len = 0;
    verify->files[kind] = (struct rr_verify_file){ .was_read = !verify->is_refused, .size = RR_SOURCE_SIZE_UNKNOWN };
    verify->has_commands = false;
    verify->place = kind == RR_VERIFY_RDB ? RR_VERIFY_IN_RDB : RR_VERIFY_IN_MAGIC;
    rr_decoder_free(verify->decoder);
    verify->decoder = NULL;
    if (kind == RR_VERIFY_RDB)
        rr_rdb_init(&verify->rdb, false);
    else
        rr_aof_init(&verify->aof);
}

static bool decode(struct rr_verify *verify, struct rr_slice bytes)
{
    struct rr_error err;
    bool is_good = rr_decoder_feed(verify->decoder, bytes, &err);
    verify->files[verify->kind].compression = rr_decoder_format(verify->decoder);
    if (is_good)
        return true;
    enum rr_decode_fault fault = rr_decoder_fault(verify->decoder);
    if (fault == RR_DECODE_OK)
        return false; /* the parser has reported the refusal */
    return rr_verify_refuse(verify, fault == RR_DECODE_DAMAGED ? RR_VERIFY_DAMAGED : RR_VERIFY_UNSUPPORTED,
                            "BadCompression", "the %s: %s", rr_verify_kind_name(verify->kind), err.message);
}

static bool begin_decoding(struct rr_verify *verify)
{
    struct rr_slice head = { verify->head, verify->head_len };
    verify->decoder = rr_decoder_new(rr_decode_format_of(head), on_decoded, verify);
    return decode(verify, head);
}

bool rr_verify_feed(struct rr_verify *verify, struct rr_slice bytes)
{
    if (verify->is_refused || verify->tap_failed)
        return false;
    verify->files[verify->kind].stored_bytes += bytes.len;
    if (verify->decoder == NULL) {
        struct rr_slice head = rr_slice_first(bytes, sizeof verify->head - verify->head_len);
        if (head.len > 0)
            memcpy(verify->head + verify->head_len, head.ptr, head.len);
        verify->head_len += head.len;
        bytes = rr_slice_from_offset(bytes, head.len);
        if (verify->head_len < sizeof verify->head)
            return true;
        if (!begin_decoding(verify))
            return false;
    }
    return decode(verify, bytes);
}

void rr_verify_end(struct rr_verify *verify)
{
    struct rr_error err;
    if (verify->is_refused || verify->tap_failed || (verify->decoder == NULL && !begin_decoding(verify)))
        return;
    if (!rr_decoder_end(verify->decoder, &err)) {
        (void)rr_verify_refuse(verify, RR_VERIFY_DAMAGED, "BadCompression", "the %s: %s",
                               rr_verify_kind_name(verify->kind), err.message);
        return;
    }
    if (verify->place == RR_VERIFY_IN_MAGIC) { /* an AOF of fewer bytes than its magic */
        begin_stream(verify);
        (void)take_decoded(verify, (struct rr_slice){ verify->magic, verify->magic_len });
    }
    if (verify->place == RR_VERIFY_IN_RDB && !rr_rdb_end(&verify->rdb, &err))
        (void)refuse_rdb(verify, &verify->rdb, &err);
    if (verify->place == RR_VERIFY_IN_PREAMBLE && !rr_rdb_end(&verify->preamble, &err))
        (void)refuse_rdb(verify, &verify->preamble, &err);
    verify->has_commands = verify->place == RR_VERIFY_IN_COMMANDS;
    if (verify->has_commands)
        rr_aof_end(&verify->aof);
}

static void remember_object(struct rr_verify *verify, enum rr_verify_kind kind, const struct rr_source *source)
{
    verify->is_object[kind] = source->is_object;
    verify->objects[kind] = source->object;
    verify->objects[kind].etag = (struct rr_slice){ 0 }; /* the source may end first */
    rr_free(verify->version_ids[kind]);
    verify->version_ids[kind] = rr_strdup(source->object.version_id);
    verify->objects[kind].version_id = rr_slice_from(verify->version_ids[kind]);
}

bool rr_verify_read(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source, struct rr_error *err)
{
    struct rr_slice bytes;
    rr_verify_begin(verify, kind);
    verify->files[kind].size = source->size;
    if (verify->is_refused)
        return true;
    do {
        if (!rr_source_next(source, &bytes, err))
            return false;
        if (bytes.len == 0)
            rr_verify_end(verify);
    } while (bytes.len > 0 && rr_verify_feed(verify, bytes));
    remember_object(verify, kind, source);
    if (verify->tap_failed)
        *err = verify->tap_error;
    return !verify->tap_failed;
}

/* The end byte, and since version 5 the checksum behind it. */
static bool read_end(struct rr_verify *verify, struct rr_source *source, struct rr_error *err)
{
    static const char zeros[CHECKSUM_BYTES];
    struct rr_rdb_facts *facts = &verify->rdb.facts;
    bool has_checksum = facts->version >= CHECKSUM_SINCE_VERSION;
    size_t len = 1 + (has_checksum ? CHECKSUM_BYTES : 0);
    struct rr_slice end;
    if (!rr_source_read_at(source, source->size - len, len, &end, err))
        return false;
    if ((unsigned char)end.ptr[0] != END_BYTE)
        (void)rr_verify_refuse(
            verify, RR_VERIFY_DAMAGED, rr_rdb_fault_reason(RR_RDB_FAULT_TRUNCATED),
            "the RDB does not end with its end byte and checksum at byte %llu: it was cut short, or bytes "
            "follow its end",
            (unsigned long long)(source->size - len));
    else if (!has_checksum)
        facts->checksum = RR_RDB_CHECKSUM_NONE;
    else
        facts->checksum =
            memcmp(end.ptr + 1, zeros, CHECKSUM_BYTES) == 0 ? RR_RDB_CHECKSUM_DISABLED : RR_RDB_CHECKSUM_PRESENT;
    return true;
}

bool rr_verify_read_header(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source,
                           struct rr_error *err)
{
    struct rr_verify_file *file = &verify->files[kind];
    struct rr_slice bytes = { 0 };
    size_t len = source->size < HEADER_BYTES ? (size_t)source->size : HEADER_BYTES;
    rr_verify_begin(verify, kind);
    file->size = source->size;
    remember_object(verify, kind, source);
    if (verify->is_refused)
        return true;
    if (len > 0 && !rr_source_read_at(source, 0, len, &bytes, err))
        return false;
    file->is_header = len < source->size;
    bool is_good = bytes.len == 0 || rr_verify_feed(verify, bytes);
    if (is_good && !file->is_header)
        rr_verify_end(verify);
    bool has_known_end = kind == RR_VERIFY_RDB && file->compression == RR_DECODE_NONE;
    return !is_good || !file->is_header || !has_known_end || read_end(verify, source, err);
}

const struct rr_source_object *rr_verify_object(const struct rr_verify *verify, enum rr_verify_kind kind)
{
    return verify->is_object[kind] ? &verify->objects[kind] : NULL;
}

static struct rr_recovery_source recovery_source(const struct rr_verify *verify)
{
    const struct rr_aof_facts *aof = verify->options.drops_aof ? NULL : rr_verify_aof(verify);
    return (struct rr_recovery_source){ rr_verify_rdb(verify), aof, verify->preamble_bytes };
}

void rr_verify_recovery(const struct rr_verify *verify, struct rr_recovery *out_recovery)
{
    struct rr_recovery_source source = recovery_source(verify);
    rr_recovery_of(&verify->options.target, &source, out_recovery);
}

struct rr_recovery_window rr_verify_window(const struct rr_verify *verify)
{
    if (verify->files[RR_VERIFY_AOF].is_header)
        return (struct rr_recovery_window){ 0 };
    struct rr_recovery_source source = recovery_source(verify);
    return rr_recovery_window(&source);
}

const struct rr_verify_file *rr_verify_file(const struct rr_verify *verify, enum rr_verify_kind kind)
{
    return &verify->files[kind];
}

bool rr_verify_is_refused(const struct rr_verify *verify)
{
    return verify->is_refused;
}

bool rr_verify_has_preamble(const struct rr_verify *verify)
{
    return verify->preamble.facts.version > 0;
}

const struct rr_rdb_facts *rr_verify_rdb(const struct rr_verify *verify)
{
    if (rr_verify_has_preamble(verify))
        return &verify->preamble.facts;
    return verify->files[RR_VERIFY_RDB].was_read ? &verify->rdb.facts : NULL;
}

const struct rr_aof_facts *rr_verify_aof(const struct rr_verify *verify)
{
    return verify->has_commands ? &verify->aof.facts : NULL;
}

bool rr_verify_drops_aof(const struct rr_verify *verify)
{
    return verify->options.drops_aof;
}

uint64_t rr_verify_preamble_bytes(const struct rr_verify *verify)
{
    return verify->preamble_bytes;
}
