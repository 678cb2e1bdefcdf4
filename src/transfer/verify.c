/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify.h>

#include <redisrestore/base/mem.h>

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_BYTES = 64 * 1024, END_BYTE = 0xff, CHECKSUM_BYTES = 8, CHECKSUM_SINCE_VERSION = 5 };
enum { MAGIC_BYTES = 6 }; /* enough for every compression, and for "REDIS" and "VALKEY" of a preamble */

enum place { PLACE_NONE, PLACE_MAGIC, PLACE_RDB, PLACE_PREAMBLE, PLACE_COMMANDS };

struct rr_verify {
    struct rr_verify_options options;
    struct rr_verify_file files[RR_VERIFY_KIND_COUNT];
    enum rr_verify_kind kind;   /* of the file at hand */
    struct rr_decoder *decoder; /* owns; NULL: its format is not known yet */
    char head[RR_DECODE_MAGIC_BYTES];
    size_t head_len;
    enum place place; /* in the decoded bytes */
    char magic[MAGIC_BYTES];
    size_t magic_len;
    uint64_t preamble_bytes;
    bool is_object[RR_VERIFY_KIND_COUNT];
    struct rr_source_object objects[RR_VERIFY_KIND_COUNT];
    char *version_ids[RR_VERIFY_KIND_COUNT]; /* own; of `objects` */
    bool is_refused;                         /* by decoder, parser or limit: `verdict` says why */
    bool tap_failed;                         /* with `tap_error` */
    struct rr_error tap_error;
    struct rr_verify_verdict verdict;
    struct rr_rdb rdb, preamble;
    struct rr_aof aof;
};

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

static const char *name_of(enum rr_verify_kind kind)
{
    return kind == RR_VERIFY_RDB ? "RDB" : "AOF";
}

/* The first refusal counts. Always false. */
RR_PRINTF(4, 5)
static bool refuse(struct rr_verify *verify, enum rr_verify_result result, const char *reason, const char *format, ...)
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
    return refuse(verify, rdb->fault == RR_RDB_FAULT_PRE_RELEASE ? RR_VERIFY_UNSUPPORTED : RR_VERIFY_DAMAGED,
                  rr_rdb_fault_reason(rdb->fault), "%s%s",
                  verify->kind == RR_VERIFY_AOF ? "the preamble of the AOF: " : "", err->message);
}

static void begin_commands(struct rr_verify *verify)
{
    const struct rr_rdb_facts *rdb = verify->files[RR_VERIFY_RDB].was_read ? &verify->rdb.facts : NULL;
    struct rr_aof_target target = rr_recovery_aof_target(&verify->options.target, rdb, verify->preamble_bytes);
    rr_aof_set_target(&verify->aof, &target);
    verify->place = PLACE_COMMANDS;
}

/* Which parser takes the decoded bytes of an AOF: it may begin with an RDB. */
static void begin_stream(struct rr_verify *verify)
{
    struct rr_slice magic = { verify->magic, verify->magic_len };
    bool is_preamble = rr_slice_starts_with(magic, RR_LIT("REDIS")) || rr_slice_starts_with(magic, RR_LIT("VALKEY"));
    if (!is_preamble) {
        begin_commands(verify);
        return;
    }
    verify->place = PLACE_PREAMBLE;
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
    if (verify->place == PLACE_RDB)
        return rr_rdb_feed(&verify->rdb, bytes, &used, &err) ? hand_over(verify, RR_VERIFY_PART_RDB, bytes)
                                                             : refuse_rdb(verify, &verify->rdb, &err);
    if (verify->place == PLACE_PREAMBLE) {
        if (!rr_rdb_feed(&verify->preamble, bytes, &used, &err))
            return refuse_rdb(verify, &verify->preamble, &err);
        if (!hand_over(verify, RR_VERIFY_PART_PREAMBLE, rr_slice_first(bytes, used)))
            return false;
        bytes = rr_slice_from_offset(bytes, used);
        if (rr_rdb_is_complete(&verify->preamble)) {
            if (!rr_rdb_end(&verify->preamble, &err))
                return refuse_rdb(verify, &verify->preamble, &err);
            verify->preamble_bytes = verify->preamble.facts.bytes;
            begin_commands(verify);
        }
    }
    if (verify->place != PLACE_COMMANDS)
        return true;
    rr_aof_feed(&verify->aof, bytes);
    return hand_over(verify, RR_VERIFY_PART_COMMANDS, bytes);
}

/* The first bytes of an AOF are kept until it is known what it begins with. */
static bool take_magic(struct rr_verify *verify, struct rr_slice *bytes)
{
    while (verify->magic_len < MAGIC_BYTES && bytes->len > 0) {
        verify->magic[verify->magic_len++] = bytes->ptr[0];
        *bytes = rr_slice_from_offset(*bytes, 1);
    }
    if (verify->magic_len < MAGIC_BYTES)
        return true;
    begin_stream(verify);
    return take_decoded(verify, (struct rr_slice){ verify->magic, verify->magic_len });
}

static bool on_decoded(void *context, struct rr_slice bytes, struct rr_error *err)
{
    struct rr_verify *verify = context;
    struct rr_verify_file *file = &verify->files[verify->kind];
    file->decoded_bytes += bytes.len;
    bool is_good = file->decoded_bytes <= verify->options.decoded_max_bytes ||
                   refuse(verify, RR_VERIFY_UNSUPPORTED, "TooLarge",
                          "the %s has more than %llu bytes when it is decompressed (--max-decoded)",
                          name_of(verify->kind), (unsigned long long)verify->options.decoded_max_bytes);
    if (is_good && verify->place == PLACE_MAGIC)
        is_good = take_magic(verify, &bytes);
    if (is_good && bytes.len > 0)
        is_good = take_decoded(verify, bytes);
    return is_good || rr_fail(err, RR_E_BAD_INPUT, "refused");
}

void rr_verify_begin(struct rr_verify *verify, enum rr_verify_kind kind)
{
    verify->kind = kind;
    verify->head_len = verify->magic_len = 0;
    verify->files[kind] = (struct rr_verify_file){ .was_read = !verify->is_refused };
    verify->place = kind == RR_VERIFY_RDB ? PLACE_RDB : PLACE_MAGIC;
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
        return false; /* the parser refused, and said so */
    return refuse(verify, fault == RR_DECODE_DAMAGED ? RR_VERIFY_DAMAGED : RR_VERIFY_UNSUPPORTED, "BadCompression",
                  "the %s: %s", name_of(verify->kind), err.message);
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
        (void)refuse(verify, RR_VERIFY_DAMAGED, "BadCompression", "the %s: %s", name_of(verify->kind), err.message);
        return;
    }
    if (verify->place == PLACE_MAGIC) { /* an AOF of fewer bytes than its magic */
        begin_stream(verify);
        (void)take_decoded(verify, (struct rr_slice){ verify->magic, verify->magic_len });
    }
    if (verify->place == PLACE_RDB && !rr_rdb_end(&verify->rdb, &err))
        (void)refuse_rdb(verify, &verify->rdb, &err);
    if (verify->place == PLACE_PREAMBLE && !rr_rdb_end(&verify->preamble, &err))
        (void)refuse_rdb(verify, &verify->preamble, &err);
    if (verify->kind == RR_VERIFY_AOF)
        rr_aof_end(&verify->aof);
}

static void remember_object(struct rr_verify *verify, enum rr_verify_kind kind, const struct rr_source *source)
{
    verify->is_object[kind] = source->is_object;
    verify->objects[kind] = source->object;
    rr_free(verify->version_ids[kind]);
    verify->version_ids[kind] = rr_strdup(source->object.version_id); /* the source may end first */
    verify->objects[kind].version_id = rr_slice_from(verify->version_ids[kind]);
}

bool rr_verify_read(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source, struct rr_error *err)
{
    struct rr_slice bytes;
    rr_verify_begin(verify, kind);
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
        (void)refuse(verify, RR_VERIFY_DAMAGED, rr_rdb_fault_reason(RR_RDB_FAULT_TRUNCATED),
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

static bool is_allowed(const struct rr_verify *verify, const struct rr_aof_name *name)
{
    for (size_t i = 0; i < verify->options.allowed_count; i++)
        if (rr_slice_equals_nocase(verify->options.allowed[i], (struct rr_slice){ name->text, name->len }))
            return true;
    return false;
}

/* Commands behind the cut are not loaded. */
static bool is_restored(const struct rr_aof_facts *aof, uint64_t position)
{
    return !aof->is_reached || position < aof->cut;
}

static void judge_commands(struct rr_verify *verify)
{
    const struct rr_aof_facts *aof = &verify->aof.facts;
    unsigned long long base = verify->preamble_bytes;
    if (aof->tail == RR_AOF_DAMAGED && !aof->is_reached && !verify->options.accepts_damaged_aof)
        (void)refuse(verify, RR_VERIFY_DAMAGED, "DamagedAOF",
                     "the AOF is not a stream of commands from byte %llu on; its commands are whole up to byte %llu",
                     base + aof->damaged_at, base + aof->safe_end);
    if (aof->has_forbidden && is_restored(aof, aof->forbidden_at))
        (void)refuse(verify, RR_VERIFY_UNSUPPORTED, "ForbiddenCommand",
                     "the AOF has the command %.*s at byte %llu, which would change the server itself",
                     (int)aof->forbidden.len, aof->forbidden.text, base + aof->forbidden_at);
    if (aof->has_malformed && is_restored(aof, aof->malformed_at))
        (void)refuse(
            verify, RR_VERIFY_DAMAGED, "MalformedCommand",
            "the AOF has the command %.*s at byte %llu with too few arguments: a server would crash or stop there",
            (int)aof->malformed.len, aof->malformed.text, base + aof->malformed_at);
    size_t unknown = aof->is_reached ? aof->cut_unknown_count : aof->unknown_count;
    bool has_room = unknown <= RR_AOF_UNKNOWN_MAX;
    for (size_t i = 0; i < unknown && i < RR_AOF_UNKNOWN_MAX; i++)
        if (!is_allowed(verify, &aof->unknown[i]))
            (void)refuse(verify, RR_VERIFY_UNSUPPORTED, "UnknownCommand",
                         "the AOF has the command %.*s, which Redis and Valkey do not have without a module; "
                         "--allow-command %.*s accepts it",
                         (int)aof->unknown[i].len, aof->unknown[i].text, (int)aof->unknown[i].len,
                         aof->unknown[i].text);
    if (!has_room)
        (void)refuse(verify, RR_VERIFY_UNSUPPORTED, "UnknownCommand",
                     "the AOF has %zu different unknown commands; at most %d are supported", unknown,
                     RR_AOF_UNKNOWN_MAX);
}

/* By the store's facts about the objects. */
static void judge_objects(struct rr_verify *verify)
{
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        const struct rr_source_object *object = &verify->objects[kind];
        if (object->checksum == RR_SOURCE_CHECKSUM_MISMATCH)
            (void)refuse(verify, RR_VERIFY_DAMAGED, "StoreChecksumMismatch",
                         "the %s does not have the %s checksum that the store has for it: its bytes changed in the "
                         "store or on the way",
                         name_of((enum rr_verify_kind)kind), object->algorithm);
    }
    if (rr_verify_pairing(verify) == RR_VERIFY_PAIRING_MISMATCH)
        (void)refuse(verify, RR_VERIFY_DAMAGED, "PairMismatch",
                     "RDB and AOF are not of one moment: their replication offsets differ (in the metadata of the "
                     "objects, or in the RDB)");
}

static bool is_proved_by_store(const struct rr_verify *verify)
{
    enum rr_verify_kind kind = verify->preamble.facts.version > 0 ? RR_VERIFY_AOF : RR_VERIFY_RDB;
    return verify->objects[kind].checksum == RR_SOURCE_CHECKSUM_VERIFIED;
}

void rr_verify_judge(struct rr_verify *verify, struct rr_verify_verdict *out_verdict)
{
    const struct rr_rdb_facts *rdb = rr_verify_rdb(verify);
    struct rr_error err;
    if (!verify->is_refused && verify->files[RR_VERIFY_AOF].was_read)
        judge_commands(verify);
    if (!verify->is_refused)
        judge_objects(verify);
    bool is_proved = rdb == NULL || rdb->structure_checked || rdb->checksum == RR_RDB_CHECKSUM_VERIFIED;
    if (!is_proved && !is_proved_by_store(verify))
        (void)refuse(verify, RR_VERIFY_UNSUPPORTED, "NotProved",
                     "nothing proves the RDB: its format is unknown from byte %llu on, and neither it nor the "
                     "store has a checksum",
                     (unsigned long long)rdb->not_checked_from);
    struct rr_recovery recovery;
    rr_verify_recovery(verify, &recovery);
    if (!recovery.is_reachable)
        (void)refuse(verify, RR_VERIFY_UNSUPPORTED, "RecoveryTargetUnreachable", "%s", recovery.message);
    *out_verdict = verify->verdict;
    if (out_verdict->reason == NULL)
        out_verdict->reason = "";
    if (verify->options.has_server && rdb != NULL && rdb->version > 0) {
        out_verdict->is_loadable = rr_redis_server_loads(&verify->options.server, rdb, &err);
        if (!out_verdict->is_loadable)
            (void)snprintf(out_verdict->server_message, sizeof out_verdict->server_message, "%s", err.message);
    }
}

/* Offsets that are known must agree. An AOF is proved to belong to the RDB if both have one. */
enum rr_verify_pairing rr_verify_pairing(const struct rr_verify *verify)
{
    const struct rr_source_object *rdb = &verify->objects[RR_VERIFY_RDB], *aof = &verify->objects[RR_VERIFY_AOF];
    const struct rr_rdb_facts *facts = &verify->rdb.facts;
    if (verify->preamble.facts.version > 0) /* the RDB is not used */
        return RR_VERIFY_PAIRING_NOT_OFFERED;
    if ((rdb->has_offset && facts->has_replication_offset && rdb->offset != facts->replication_offset) ||
        (aof->has_offset && facts->has_replication_offset && aof->offset != facts->replication_offset) ||
        (aof->has_offset && rdb->has_offset && aof->offset != rdb->offset))
        return RR_VERIFY_PAIRING_MISMATCH;
    return aof->has_offset && (rdb->has_offset || facts->has_replication_offset) ? RR_VERIFY_PAIRING_BY_OFFSET
                                                                                 : RR_VERIFY_PAIRING_NOT_OFFERED;
}

const char *rr_verify_pairing_name(enum rr_verify_pairing pairing)
{
    static const char *const names[] = { [RR_VERIFY_PAIRING_NOT_OFFERED] = "NotOffered",
                                         [RR_VERIFY_PAIRING_BY_OFFSET] = "ByOffset",
                                         [RR_VERIFY_PAIRING_MISMATCH] = "Mismatch" };
    return names[pairing];
}

const struct rr_source_object *rr_verify_object(const struct rr_verify *verify, enum rr_verify_kind kind)
{
    return verify->is_object[kind] ? &verify->objects[kind] : NULL;
}

static struct rr_recovery_source recovery_source(const struct rr_verify *verify)
{
    return (struct rr_recovery_source){ rr_verify_rdb(verify), rr_verify_aof(verify), verify->preamble_bytes };
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
    const struct rr_verify_file *file = &verify->files[RR_VERIFY_AOF];
    return file->was_read && !file->is_header ? &verify->aof.facts : NULL;
}

uint64_t rr_verify_preamble_bytes(const struct rr_verify *verify)
{
    return verify->preamble_bytes;
}
