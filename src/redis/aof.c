/* SPDX-License-Identifier: Apache-2.0 */
#include "aof_internal.h"

#include <redisrestore/base/parse.h>

enum place {
    PLACE_COMMAND,  /* the first byte of a command or an annotation */
    PLACE_LINE,     /* in "*3\r\n", "$3\r\n" or "#TS:1700000000\r\n" */
    PLACE_HEADER,   /* the first byte of an argument's line */
    PLACE_ARGUMENT, /* in an argument's bytes */
    PLACE_CR,       /* behind them */
    PLACE_LF,
    PLACE_PADDING, /* NUL bytes at the end of a command */
    PLACE_TORN,    /* NUL bytes where a command does not allow them: torn if nothing else follows */
    PLACE_DAMAGED,
};

enum { LENGTH_DIGITS_MAX = 8 };

void rr_aof_init(struct rr_aof *aof)
{
    memset(&aof->facts, 0, sizeof aof->facts);
    memset(&aof->state, 0, offsetof(struct rr_aof, state.inner) - offsetof(struct rr_aof, state));
    aof->state.points_stride = 1;
}

const char *rr_aof_tail_name(enum rr_aof_tail tail)
{
    static const char *const names[] = {
        [RR_AOF_CLEAN] = "Clean",
        [RR_AOF_PADDING] = "Padding",
        [RR_AOF_TORN_COMMAND] = "TornCommand",
        [RR_AOF_OPEN_TRANSACTION] = "OpenTransaction",
        [RR_AOF_DAMAGED] = "Damaged",
    };
    return names[tail];
}

bool rr_aof_line_number(struct rr_slice line, uint64_t *out_number)
{
    struct rr_slice number = rr_slice_from_offset(line, 1);
    bool is_count = line.ptr[0] == '*';
    return rr_parse_u64(number, out_number) &&
           *out_number <= (uint64_t)(is_count ? RR_AOF_ARGUMENTS_MAX : RR_AOF_ARGUMENT_MAX_BYTES) &&
           (!is_count || *out_number > 0);
}

bool rr_aof_is_name(struct rr_slice name)
{
    if (name.len == 0 || name.len > RR_AOF_NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && strchr("_.|-", c) == NULL)
            return false;
    }
    return name.len > 0 && memchr(name.ptr, '\0', name.len) == NULL;
}

static void damage(struct rr_aof *aof)
{
    aof->facts.damaged_at = aof->state.offset;
    aof->state.place = PLACE_DAMAGED;
}

/* A byte that no command allows here. */
static void refuse(struct rr_aof *aof, char byte)
{
    aof->facts.damaged_at = aof->state.offset;
    aof->state.place = byte != '\0' ? PLACE_DAMAGED : PLACE_TORN;
}

struct rr_slice rr_aof_word(const struct rr_aof *aof, size_t number)
{
    return (struct rr_slice){ aof->state.words[number].text, aof->state.words[number].len };
}

/* Keeps each name once. */
static void note_name(struct rr_aof_name *names, size_t *count, const struct rr_aof_name *name)
{
    for (size_t i = 0; i < *count && i < RR_AOF_UNKNOWN_MAX; i++)
        if (rr_slice_equals_nocase((struct rr_slice){ names[i].text, names[i].len },
                                   (struct rr_slice){ name->text, name->len }))
            return;
    if (*count < RR_AOF_UNKNOWN_MAX)
        names[*count] = *name;
    (*count)++;
}

static void note_control(struct rr_aof *aof, struct rr_slice name)
{
    uint64_t database = 0;
    if (rr_slice_equals_nocase(name, RR_LIT("MULTI"))) {
        aof->facts.in_transaction = true;
    } else if (rr_slice_equals_nocase(name, RR_LIT("EXEC"))) {
        aof->facts.in_transaction = false;
    } else if (rr_slice_equals_nocase(name, RR_LIT("SELECT")) && rr_parse_u64(rr_aof_word(aof, 1), &database)) {
        aof->state.selected = true;
        aof->state.database = database;
        if (database > aof->facts.largest_database)
            aof->facts.largest_database = database;
    }
}

static void end_command(struct rr_aof *aof)
{
    struct rr_aof_facts *facts = &aof->facts;
    struct rr_slice name = rr_aof_word(aof, 0);
    unsigned arguments_min = 1;
    enum rr_aof_kind kind = rr_aof_find(name, &arguments_min);
    facts->commands++;
    facts->end = aof->state.offset;
    aof->state.place = PLACE_COMMAND;
    if (kind == RR_AOF_CONTROL) {
        note_control(aof, name);
    } else {
        if (!facts->has_data)
            facts->data_without_select = !aof->state.selected;
        facts->has_data = true;
    }
    if (aof->state.argument < arguments_min && !facts->has_malformed) {
        facts->has_malformed = true;
        facts->malformed = aof->state.words[0];
        facts->malformed_at = aof->state.command_at;
    }
    if (kind == RR_AOF_SCRIPT) {
        facts->scripts++;
        note_name(facts->script_names, &facts->script_name_count, &aof->state.words[0]);
    }
    if (kind == RR_AOF_UNKNOWN)
        note_name(facts->unknown, &facts->unknown_count, &aof->state.words[0]);
    if (kind == RR_AOF_FORBIDDEN && !facts->has_forbidden) {
        facts->has_forbidden = true;
        facts->forbidden = aof->state.words[0];
        facts->forbidden_at = aof->state.command_at;
    }
    rr_aof_note_mistakes(aof, name, kind);
    if (!facts->in_transaction)
        rr_aof_note_safe_end(aof);
}

static void begin_argument(struct rr_aof *aof, uint64_t bytes)
{
    aof->state.bytes_left = bytes;
    aof->state.place = bytes > 0 ? PLACE_ARGUMENT : PLACE_CR;
    if (aof->state.argument < aof->state.words_kept)
        aof->state.words[aof->state.argument].len = 0;
}

static void note_annotation(struct rr_aof *aof, struct rr_slice line)
{
    uint64_t second = 0;
    struct rr_slice number = rr_slice_from_offset(line, strlen("#TS:"));
    if (rr_slice_starts_with(line, RR_LIT("#TS:")) && rr_parse_u64(number, &second) && second <= INT64_MAX / 1000) {
        rr_aof_note_second(aof, (int64_t)second);
        if (aof->facts.annotations++ == 0)
            aof->facts.first_annotation_unix_s = (int64_t)second;
        aof->facts.last_annotation_unix_s = (int64_t)second;
    }
    aof->facts.end = aof->state.offset;
    if (!aof->facts.in_transaction)
        rr_aof_note_safe_end(aof);
    aof->state.place = PLACE_COMMAND;
}

/* A whole line is there, without its end. */
static void end_line(struct rr_aof *aof)
{
    struct rr_slice line = { aof->state.line, aof->state.line_len };
    uint64_t number = 0;
    if (line.ptr[0] == '#') {
        note_annotation(aof, line);
        return;
    }
    bool is_count = line.ptr[0] == '*', is_name = !is_count && aof->state.argument == 0;
    if (!rr_aof_line_number(line, &number) || (is_name && (number == 0 || number > RR_AOF_NAME_MAX_BYTES))) {
        damage(aof);
        return;
    }
    if (!is_count) {
        begin_argument(aof, number);
        return;
    }
    aof->state.arguments_left = number;
    aof->state.argument = 0;
    aof->state.words[1].len = 0;
    aof->state.words_kept = 2;
    aof->state.place = PLACE_HEADER;
}

static void begin_line(struct rr_aof *aof, char byte)
{
    aof->state.line[0] = byte;
    aof->state.line_len = 1;
    aof->state.place = PLACE_LINE;
}

static bool is_of_line(char first, char byte)
{
    return (byte >= '0' && byte <= '9') || byte == '\r' || (first == '#' && byte != '\0');
}

static void take_line_byte(struct rr_aof *aof, char byte)
{
    bool is_end = byte == '\n' && aof->state.line[aof->state.line_len - 1] == '\r';
    bool is_allowed = is_end || (is_of_line(aof->state.line[0], byte) && byte != '\n' &&
                                 aof->state.line[aof->state.line_len - 1] != '\r');
    if (!is_allowed || aof->state.line_len == RR_AOF_LINE_MAX_BYTES) {
        refuse(aof, byte);
        return;
    }
    aof->state.offset++;
    if (!is_end) {
        aof->state.line[aof->state.line_len++] = byte;
        return;
    }
    aof->state.line_len--; /* the CR */
    end_line(aof);
}

static void end_argument(struct rr_aof *aof)
{
    if (aof->state.argument == 0 && !rr_aof_is_name(rr_aof_word(aof, 0))) {
        damage(aof);
        return;
    }
    if (aof->state.argument == 0 && rr_slice_equals_nocase(rr_aof_word(aof, 0), RR_LIT("XADD")))
        aof->state.words_kept = RR_AOF_WORDS_MAX;
    aof->state.argument++;
    aof->state.place = PLACE_HEADER;
    if (--aof->state.arguments_left == 0)
        end_command(aof);
}

static void take_byte(struct rr_aof *aof, char byte)
{
    char wanted = aof->state.place == PLACE_HEADER ? '$' : aof->state.place == PLACE_CR ? '\r' : '\n';
    if (aof->state.place == PLACE_COMMAND && (byte == '*' || byte == '#')) {
        aof->state.command_at = aof->state.offset++;
        begin_line(aof, byte);
    } else if (aof->state.place == PLACE_COMMAND) {
        refuse(aof, byte);
        if (byte == '\0')
            aof->state.place = PLACE_PADDING;
    } else if (byte != wanted) {
        refuse(aof, byte);
    } else {
        aof->state.offset++;
        if (aof->state.place == PLACE_HEADER)
            begin_line(aof, byte);
        else if (aof->state.place == PLACE_CR)
            aof->state.place = PLACE_LF;
        else
            end_argument(aof);
    }
}

static size_t take_argument(struct rr_aof *aof, struct rr_slice rest)
{
    size_t count = aof->state.bytes_left < rest.len ? (size_t)aof->state.bytes_left : rest.len;
    if (aof->state.argument < aof->state.words_kept) {
        struct rr_aof_name *kept = &aof->state.words[aof->state.argument];
        size_t room = sizeof kept->text - kept->len;
        memcpy(kept->text + kept->len, rest.ptr, count < room ? count : room);
        kept->len += count < room ? count : room;
    }
    aof->state.offset += count;
    aof->state.bytes_left -= count;
    if (aof->state.bytes_left == 0)
        aof->state.place = PLACE_CR;
    return count;
}

/* Takes an argument that is whole in the chunk, line and end included, as most are. 0: nothing was taken, and byte by
 * byte it shows why. */
static size_t take_whole_argument(struct rr_aof *aof, struct rr_slice rest)
{
    size_t bytes = 0, at = 1;
    for (; at < rest.len && at <= LENGTH_DIGITS_MAX && rest.ptr[at] >= '0' && rest.ptr[at] <= '9'; at++)
        bytes = 10 * bytes + (size_t)(rest.ptr[at] - '0');
    bool is_number = rest.ptr[0] == '$' && at > 1 && (rest.ptr[1] != '0' || at == 2);
    bool is_name = aof->state.argument == 0;
    if (!is_number || (is_name && (bytes == 0 || bytes > RR_AOF_NAME_MAX_BYTES)) || rest.len - at < bytes + 4 ||
        memcmp(rest.ptr + at, "\r\n", 2) != 0 || memcmp(rest.ptr + at + 2 + bytes, "\r\n", 2) != 0)
        return 0;
    aof->state.offset += at + 2;
    begin_argument(aof, bytes);
    (void)take_argument(aof, (struct rr_slice){ rest.ptr + at + 2, bytes });
    aof->state.offset += 2;
    end_argument(aof);
    return at + bytes + 4;
}

static size_t take_zeros(struct rr_aof *aof, struct rr_slice rest)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] != '\0') {
            aof->state.place = PLACE_DAMAGED;
            return i;
        }
    return rest.len;
}

static size_t take(struct rr_aof *aof, struct rr_slice rest)
{
    uint64_t before = aof->state.offset;
    size_t used = aof->state.place == PLACE_HEADER ? take_whole_argument(aof, rest) : 0;
    if (used > 0)
        return used;
    switch ((enum place)aof->state.place) {
    case PLACE_ARGUMENT:
        return take_argument(aof, rest);
    case PLACE_LINE:
        take_line_byte(aof, rest.ptr[0]);
        return (size_t)(aof->state.offset - before);
    case PLACE_COMMAND:
    case PLACE_HEADER:
    case PLACE_CR:
    case PLACE_LF:
        take_byte(aof, rest.ptr[0]);
        return (size_t)(aof->state.offset - before);
    case PLACE_PADDING:
    case PLACE_TORN:
        return take_zeros(aof, rest);
    case PLACE_DAMAGED:
        break;
    }
    return rest.len;
}

static bool is_inside(const struct rr_aof *aof)
{
    return aof->state.place != PLACE_COMMAND && aof->state.place < PLACE_PADDING;
}

void rr_aof_feed(struct rr_aof *aof, struct rr_slice chunk)
{
    struct rr_slice rest = chunk;
    bool was_inside = is_inside(aof);
    uint64_t chunk_at = aof->facts.bytes, commands = aof->facts.commands;
    while (rest.len > 0)
        rest = rr_slice_from_offset(rest, take(aof, rest));
    aof->facts.bytes += chunk.len;
    if (!is_inside(aof))
        return;
    /* Only a command that a chunk cuts is searched for another one: a whole command has no wrong length. */
    bool is_the_same = was_inside && aof->facts.commands == commands;
    if (!is_the_same)
        rr_aof_tail_begin(aof);
    size_t from = is_the_same ? 0 : (size_t)(aof->state.command_at - chunk_at);
    rr_aof_tail_look(aof, rr_slice_from_offset(chunk, from));
}

void rr_aof_end(struct rr_aof *aof)
{
    struct rr_aof_facts *facts = &aof->facts;
    rr_aof_note_end(aof);
    switch ((enum place)aof->state.place) {
    case PLACE_COMMAND:
        facts->tail = facts->in_transaction ? RR_AOF_OPEN_TRANSACTION : RR_AOF_CLEAN;
        break;
    case PLACE_PADDING:
        facts->tail = RR_AOF_PADDING;
        break;
    case PLACE_DAMAGED:
        facts->tail = RR_AOF_DAMAGED;
        break;
    case PLACE_TORN:
        facts->tail = RR_AOF_TORN_COMMAND;
        break;
    case PLACE_LINE:
    case PLACE_HEADER:
    case PLACE_ARGUMENT:
    case PLACE_CR:
    case PLACE_LF:
        rr_aof_tail_end(aof);
        facts->tail = aof->state.inner_found ? RR_AOF_DAMAGED : RR_AOF_TORN_COMMAND;
        facts->damaged_at = aof->state.command_at;
        break;
    }
}
