/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_report.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_write.h>

#include <inttypes.h>

enum { MS_IN_S = 1000, NAME_SHOWN_MAX_BYTES = 512 };

static void put_literal(struct rr_json_writer *json, const char *name, const char *text)
{
    rr_json_put_text(json, name, rr_slice_from(text));
}

static void put_list(struct rr_json_writer *json, const char *name, const char (*files)[RR_STAGE_FILE_NAME_MAX_BYTES])
{
    rr_json_open_array(json, name);
    for (size_t i = 0; i < RR_STAGE_FILES_MAX && files[i][0] != '\0'; i++)
        put_literal(json, NULL, files[i]);
    rr_json_close(json);
}

static bool is_written(const struct rr_stage_said *said)
{
    return said->outcome != NULL && said->outcome->is_committed;
}

/* A backup that is refused has the result of `verify`. */
static const char *result_of(const struct rr_stage_said *said)
{
    bool is_refused = said->backup != NULL && said->backup->verdict->result != RR_VERIFY_VALID;
    return is_refused ? rr_verify_result_name(said->backup->verdict->result) : rr_stage_result_name(said->result);
}

static void put_facts(struct rr_json_writer *json, const struct rr_stage_said *said, bool with_lists)
{
    put_literal(json, "result", result_of(said));
    put_literal(json, "reason", said->reason);
    put_literal(json, "message", said->message);
    put_literal(json, "run", said->options->run);
    put_literal(json, "appendonly", rr_stage_append_only_name(said->options->append_only));
    if (said->outcome != NULL && said->outcome->answer.layout != RR_STAGE_AUTO)
        put_literal(json, "layout", rr_stage_layout_name(said->outcome->answer.layout));
    if (is_written(said)) {
        if (with_lists) {
            put_list(json, "files", said->outcome->files);
            put_list(json, "guards", said->outcome->guards);
        }
        if (said->outcome->previous[0] != '\0')
            put_literal(json, "previousData", said->outcome->previous);
        rr_json_put_uint(json, "bytes", said->outcome->bytes);
        if (!said->options->undoes) {
            rr_json_put_uint(json, "rewriteBytes", said->outcome->rewrite_bytes);
            rr_json_put_uint(json, "freeBytes", said->outcome->free_bytes);
        }
    }
    if (said->backup != NULL && said->backup->verdict->result == RR_VERIFY_VALID) {
        rr_json_open_object(json, "recoveredTo");
        if (said->recovery.has_offset)
            rr_json_put_uint(json, "offset", said->recovery.offset);
        rr_json_put_uint(json, "aofBytes", said->recovery.aof_bytes);
        rr_json_put_uint(json, "commands", said->recovery.aof_commands);
        rr_json_close(json);
    }
    rr_json_put_uint(json, "seconds", said->milliseconds / MS_IN_S);
    rr_json_put_uint(json, "milliseconds", said->milliseconds);
}

static void put_search(struct rr_json_writer *json, const struct rr_recovery_search *search)
{
    char time[RR_TIME_TEXT_SIZE];
    if (search == NULL || search->count == 0)
        return;
    rr_json_open_array(json, "recoverySearch");
    for (size_t i = 0; i < search->count; i++) {
        const struct rr_recovery_look *look = &search->looks[i];
        rr_json_open_object(json, NULL);
        rr_json_put_text(json, "key", rr_buf_slice(&look->key));
        if (look->has_time)
            rr_json_put_text(json, "createdAt", rr_time_rfc3339(look->unix_s, time));
        if (look->pass != RR_RECOVERY_TAKEN)
            put_literal(json, "passedOver", rr_recovery_pass_name(look->pass));
        rr_json_close(json);
    }
    rr_json_close(json);
}

void rr_stage_print_json(struct rr_buf *out_text, const struct rr_stage_said *said)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_text, 2);
    rr_json_open_object(&json, NULL);
    put_facts(&json, said, true);
    put_search(&json, said->search);
    if (said->warning[0] != '\0')
        put_literal(&json, "warning", said->warning);
    if (said->backup != NULL)
        rr_verify_put_members(&json, said->backup);
    rr_json_close(&json);
}

static void print_short(struct rr_buf *out_text, const struct rr_stage_said *said, bool with_lists)
{
    struct rr_json_writer json;
    const struct rr_rdb_facts *rdb = said->backup != NULL ? rr_verify_rdb(said->backup->verify) : NULL;
    rr_json_writer_init(&json, out_text, 0);
    rr_json_open_object(&json, NULL);
    put_facts(&json, said, with_lists);
    if (rdb != NULL && said->backup->verdict->result == RR_VERIFY_VALID)
        rr_json_put_uint(&json, "keysInRDB", rdb->keys);
    rr_json_close(&json);
}

void rr_stage_print_termination(struct rr_buf *out_text, const struct rr_stage_said *said)
{
    rr_auto(buf) all = RR_BUF(RR_STAGE_TERMINATION_MAX_BYTES);
    print_short(&all, said, true);
    if (all.overflow) {
        rr_buf_clear(&all);
        print_short(&all, said, false);
    }
    rr_buf_add(out_text, rr_buf_slice(&all));
}

static void add_list(struct rr_buf *text, const char *label, const char (*files)[RR_STAGE_FILE_NAME_MAX_BYTES])
{
    for (size_t i = 0; i < RR_STAGE_FILES_MAX && files[i][0] != '\0'; i++) {
        rr_buf_addf(text, "    %-12s", i == 0 ? label : "");
        rr_escape_text(text, rr_slice_from(files[i]), NAME_SHOWN_MAX_BYTES);
        rr_buf_add_byte(text, '\n');
    }
}

/* Which setting of the server loads the data, if only one does and staging was not told which one it has. */
static const char *words_of_setting(const struct rr_stage_said *said)
{
    bool is_in_place = said->result == RR_STAGE_RESTORED || said->result == RR_STAGE_UNDONE;
    if (!is_in_place || said->outcome == NULL || said->outcome->guards[0][0] == '\0' ||
        said->options->append_only != RR_STAGE_APPEND_ONLY_UNKNOWN)
        return NULL;
    return said->outcome->answer.layout == RR_STAGE_RDB
               ? "a server with appendonly no will load the data; with appendonly yes it will not start"
               : "a server with appendonly yes will load the data; with appendonly no it will not start";
}

static const char *words_of(const struct rr_stage_said *said)
{
    static const char *const words[RR_STAGE_RESULT_COUNT] = {
        [RR_STAGE_RESTORED] = "the server will load the backup",
        [RR_STAGE_KEPT] = "the directory holds data, which was kept",
        [RR_STAGE_ALREADY_RESTORED] = "this run restored the directory before",
        [RR_STAGE_START_EMPTY] = "there is no backup, and the directory is left empty",
        [RR_STAGE_NOT_THIS_ORDINAL] = "this pod's ordinal is not the one that restores",
        [RR_STAGE_DRY_RUN] = "the backup could be restored; nothing was written",
        [RR_STAGE_UNDONE] = "the server will load the previous data",
    };
    if (said->options->undoes && said->result == RR_STAGE_DRY_RUN)
        return "the previous data could be put back; nothing was written";
    if (said->options->undoes && said->result == RR_STAGE_ALREADY_RESTORED)
        return "this run put the previous data back before";
    const char *of_setting = words_of_setting(said);
    return of_setting != NULL ? of_setting : words[said->result];
}

static void add_directory(struct rr_buf *text, const struct rr_stage_said *said)
{
    char size[RR_SIZE_TEXT_SIZE], available[RR_SIZE_TEXT_SIZE];
    rr_buf_addf(text, "%s: %s\n", rr_stage_result_name(said->result), words_of(said));
    if (said->outcome == NULL || said->result == RR_STAGE_KEPT || said->result == RR_STAGE_ALREADY_RESTORED ||
        said->result == RR_STAGE_START_EMPTY || said->outcome->answer.layout == RR_STAGE_AUTO)
        return;
    rr_buf_add(text, RR_LIT("\nDIR "));
    rr_escape_text(text, rr_slice_from(said->options->path), NAME_SHOWN_MAX_BYTES);
    rr_buf_addf(text, "\n    %-12s%s", "layout", rr_stage_layout_name(said->outcome->answer.layout));
    if (!said->options->undoes)
        rr_buf_addf(text, ", for appendonly %s", rr_stage_append_only_name(said->options->append_only));
    rr_buf_add_byte(text, '\n');
    if (!is_written(said))
        return;
    add_list(text, "files", said->outcome->files);
    add_list(text, "guards", said->outcome->guards);
    if (said->outcome->previous[0] != '\0')
        rr_buf_addf(text, "    %-12s.redisrestore/%s\n", "old data", said->outcome->previous);
    rr_buf_addf(text, "    %-12s%s in %" PRIu64 ".%03" PRIu64 " s, run %s\n",
                said->options->undoes ? "put back" : "written", rr_size_text(said->outcome->bytes, size).ptr,
                said->milliseconds / MS_IN_S, said->milliseconds % MS_IN_S, said->options->run);
    if (!said->options->undoes)
        rr_buf_addf(text, "    %-12sabout %s, for the server's first rewrite; about %s are free\n", "needs later",
                    rr_size_text(said->outcome->rewrite_bytes, size).ptr,
                    rr_size_text(said->outcome->free_bytes, available).ptr);
}

static void add_search(struct rr_buf *text, const struct rr_recovery_search *search)
{
    char time[RR_TIME_TEXT_SIZE];
    if (search == NULL || search->count == 0)
        return;
    rr_buf_add(text, RR_LIT("\nRDBs that were looked at for --to-time:\n"));
    for (size_t i = 0; i < search->count; i++) {
        const struct rr_recovery_look *look = &search->looks[i];
        rr_buf_add(text, RR_LIT("    "));
        rr_escape_text(text, rr_buf_slice(&look->key), NAME_SHOWN_MAX_BYTES);
        if (look->has_time) {
            rr_buf_add(text, RR_LIT(", made "));
            rr_buf_add(text, rr_time_rfc3339(look->unix_s, time));
        }
        rr_buf_addf(text, ": %s\n", rr_recovery_pass_words(look->pass));
    }
}

void rr_stage_print_text(struct rr_buf *out_text, const struct rr_stage_said *said)
{
    add_directory(out_text, said);
    add_search(out_text, said->search);
    if (said->warning[0] != '\0')
        rr_buf_addf(out_text, "\nNote: %s\n", said->warning);
    if (said->backup == NULL)
        return;
    rr_buf_add(out_text, RR_LIT("\nBackup: "));
    rr_verify_print_text(out_text, said->backup);
}
