/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof.h>

#include "redis_files.h"
#include "support/test.h"

static struct rr_aof parser, other;

#define SELECT_0 "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define SET_K_V  "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
#define MULTI    "*1\r\n$5\r\nMULTI\r\n"
#define EXEC     "*1\r\n$4\r\nEXEC\r\n"

static void parse(struct rr_aof *aof, struct rr_slice text, size_t piece)
{
    rr_aof_init(aof);
    for (size_t at = 0; at < text.len; at += piece)
        rr_aof_feed(aof, rr_slice_first(rr_slice_from_offset(text, at), piece));
    rr_aof_end(aof);
}

/* In pieces of many sizes, with the same facts. */
static const struct rr_aof_facts *facts_of(struct rr_slice text)
{
    parse(&parser, text, text.len > 0 ? text.len : 1);
    for (size_t piece = 1; piece < 20; piece++) {
        parse(&other, text, piece);
        assert_memory_equal(&other.facts, &parser.facts, sizeof parser.facts);
    }
    return &parser.facts;
}

static void v06_streams_of_six_servers_are_clean(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "aof", &aof);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&aof));

        assert_int_equal(facts->tail, RR_AOF_CLEAN);
        assert_int_equal(facts->safe_end, aof.len);
        assert_int_equal(facts->safe_commands, facts->commands);
        assert_true(facts->commands >= 17);
        assert_true(facts->has_data);
        assert_false(facts->data_without_select);
        assert_int_equal(facts->largest_database, 3);
        assert_false(facts->has_forbidden);
        assert_int_equal(facts->unknown_count, 0);
    }
}

/* At every byte of a real stream: torn, open, or clean; and what stays is whole commands outside a transaction. */
static void v07_cut_at_every_byte_keeps_whole_commands_only(void **state)
{
    (void)state;
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    redis_files_read("redis-7.0.15", "aof", &aof);
    struct rr_slice text = rr_slice_first(rr_buf_slice(&aof), 1200);
    uint64_t safe = 0;
    rr_aof_init(&parser);

    for (size_t at = 0; at < text.len; at++) {
        memcpy(&other, &parser, sizeof other);
        rr_aof_end(&other);
        enum rr_aof_tail between = other.facts.in_transaction ? RR_AOF_OPEN_TRANSACTION : RR_AOF_CLEAN;
        assert_int_equal(other.facts.tail, other.facts.end == at ? between : RR_AOF_TORN_COMMAND);
        assert_true(other.facts.safe_end >= safe && other.facts.safe_end <= other.facts.end);
        safe = other.facts.safe_end;
        rr_aof_feed(&parser, rr_slice_first(rr_slice_from_offset(text, at), 1));
    }
    assert_true(safe > 0);
}

static void v07_clean_torn_and_damaged_tails_are_distinguished(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct rr_slice tail;
        enum rr_aof_tail expected;
        uint64_t damaged_at; /* behind the first command */
    } cases[] = {
        { "nothing", RR_LIT(""), RR_AOF_CLEAN, 0 },
        { "zeros", RR_LIT("\0\0\0\0"), RR_AOF_PADDING, 0 },
        { "zeros, then a command", RR_LIT("\0\0*1\r\n$4\r\nPING\r\n"), RR_AOF_DAMAGED, 0 },
        { "a count", RR_LIT("*3\r"), RR_AOF_TORN_COMMAND, 0 },
        { "a name", RR_LIT("*3\r\n$3\r\nSE"), RR_AOF_TORN_COMMAND, 0 },
        { "a value, then zeros", RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nab\0\0\0\0\0\0"), RR_AOF_TORN_COMMAND, 0 },
        { "a count, then zeros", RR_LIT("*3\r\n\0\0\0"), RR_AOF_TORN_COMMAND, 0 },
        { "a count, zeros, and more", RR_LIT("*3\r\n\0\0x"), RR_AOF_DAMAGED, 4 },
        { "no command", RR_LIT("hello"), RR_AOF_DAMAGED, 0 },
        { "a bare line feed", RR_LIT("\n"), RR_AOF_DAMAGED, 0 },
        { "no arguments", RR_LIT("*0\r\n"), RR_AOF_DAMAGED, 4 },
        { "too many arguments", RR_LIT("*1048577\r\n"), RR_AOF_DAMAGED, 10 },
        { "a name that is too long", RR_LIT("*1\r\n$65\r\n"), RR_AOF_DAMAGED, 9 },
        { "a value that is too long", RR_LIT("*2\r\n$3\r\nGET\r\n$536870913\r\n"), RR_AOF_DAMAGED, 25 },
        { "a name of odd bytes", RR_LIT("*1\r\n$3\r\nA\x01\x42\r\n"), RR_AOF_DAMAGED, 13 },
        { "a negative length", RR_LIT("*2\r\n$3\r\nGET\r\n$-1\r\n"), RR_AOF_DAMAGED, 14 },
        { "a length that is wrong", RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900\r\nv\r\n" SET_K_V SET_K_V),
          RR_AOF_DAMAGED, 0 },
        { "a length that is wrong, with a name that is too long before the command inside",
          RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900\r\nv\r\n*1\r\n$1000\r\n" SET_K_V), RR_AOF_DAMAGED, 0 },
        { "a length that is wrong, with the beginning of a command before the whole one inside",
          RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900\r\nv\r\n*2\r\n$3\r\nGET\r\n$800\r\nx\r\n" SET_K_V), RR_AOF_DAMAGED,
          0 },
        { "a value that holds an array without a name",
          RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900\r\nv\r\n*1\r\n$3\r\nA\x01\x42\r\n"), RR_AOF_TORN_COMMAND, 0 },
        { "an open transaction", RR_LIT(MULTI SET_K_V), RR_AOF_OPEN_TRANSACTION, 0 },
        { "a torn transaction", RR_LIT(MULTI SET_K_V "*3\r\n$3"), RR_AOF_TORN_COMMAND, 0 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_add(&text, RR_LIT(SELECT_0));
        size_t before = text.len;
        rr_buf_add(&text, cases[i].tail);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        if (facts->tail != cases[i].expected)
            fail_msg("%s: %s", cases[i].what, rr_aof_tail_name(facts->tail));
        assert_int_equal(facts->safe_end, before);
        assert_int_equal(facts->safe_commands, 1);
        if (facts->tail == RR_AOF_DAMAGED && facts->damaged_at != before + cases[i].damaged_at)
            fail_msg("%s: at %llu", cases[i].what, (unsigned long long)(facts->damaged_at - before));
        assert_int_equal(facts->bytes, text.len);
    }
}

/* At each place of a name. */
static void v07_name_of_a_command_has_letters_digits_and_four_marks(void **state)
{
    (void)state;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.|-";
    for (int byte = 0; byte < 256; byte++) {
        bool is_allowed = byte != 0 && strchr(allowed, byte) != NULL;
        for (size_t place = 0; place < 3; place++) {
            char text[] = "*1\r\n$3\r\nQQQ\r\n";
            text[8 + place] = (char)byte;
            parse(&parser, (struct rr_slice){ text, sizeof text - 1 }, 1 + place);
            if (parser.facts.tail != (is_allowed ? RR_AOF_CLEAN : RR_AOF_DAMAGED))
                fail_msg("byte 0x%02x: %s", byte, rr_aof_tail_name(parser.facts.tail));
            assert_int_equal(parser.facts.commands, is_allowed ? 1 : 0);
            assert_int_equal(parser.facts.unknown_count, is_allowed ? 1 : 0);
            assert_int_equal(parser.facts.safe_end, is_allowed ? sizeof text - 1 : 0);
        }
    }
}

static enum rr_aof_tail tail_of(const char *text)
{
    return facts_of(rr_slice_from(text))->tail;
}

static void v07_lengths_of_a_command_have_limits(void **state)
{
    (void)state;
    char name[80], text[128];
    memset(name, 'Q', sizeof name);
    for (int len = 1; len <= 66; len++) {
        (void)snprintf(text, sizeof text, "*1\r\n$%d\r\n%.*s\r\n", len, len, name);
        assert_int_equal(tail_of(text), len <= 64 ? RR_AOF_CLEAN : RR_AOF_DAMAGED);
    }
    assert_int_equal(tail_of("*1\r\n$0\r\n\r\n"), RR_AOF_DAMAGED);
    assert_int_equal(tail_of("*1048576\r\n"), RR_AOF_TORN_COMMAND);
    assert_int_equal(tail_of("*1048577\r\n"), RR_AOF_DAMAGED);
    assert_int_equal(tail_of("*0\r\n"), RR_AOF_DAMAGED);
    assert_int_equal(tail_of("*1\r\n"), RR_AOF_TORN_COMMAND);
    assert_int_equal(tail_of("*2\r\n$3\r\nGET\r\n$536870912\r\n"), RR_AOF_TORN_COMMAND);
    assert_int_equal(tail_of("*2\r\n$3\r\nGET\r\n$536870913\r\n"), RR_AOF_DAMAGED);
    assert_int_equal(tail_of("*2\r\n$3\r\nGET\r\n$0\r\n\r\n"), RR_AOF_CLEAN);
}

/* A line that is none of a time is skipped, as servers do. */
static void v06_annotation_is_a_time_that_fits(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t unix_s; /* -1: no time */
    } rows[] = {
        { "#TS:0\r\n", 0 },
        { "#TS:1700000000\r\n", 1700000000 },
        { "#TS:9223372036854775\r\n", INT64_C(9223372036854775) },
        { "#TS:9223372036854776\r\n", -1 },
        { "#TS:\r\n", -1 },
        { "#TS:-1\r\n", -1 },
        { "#TS:1a\r\n", -1 },
        { "#XX:1700000000\r\n", -1 },
        { "#\r\n", -1 },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        const struct rr_aof_facts *facts = facts_of(rr_slice_from(rows[i].line));

        assert_int_equal(facts->tail, RR_AOF_CLEAN);
        assert_int_equal(facts->safe_end, strlen(rows[i].line));
        assert_int_equal(facts->commands, 0);
        assert_int_equal(facts->annotations, rows[i].unix_s >= 0 ? 1 : 0);
        assert_int_equal(facts->first_annotation_unix_s, rows[i].unix_s >= 0 ? rows[i].unix_s : 0);
        assert_int_equal(facts->last_annotation_unix_s, facts->first_annotation_unix_s);
    }
    assert_int_equal(facts_of(RR_LIT("#TS:1\r"))->tail, RR_AOF_TORN_COMMAND);
    assert_int_equal(facts_of(RR_LIT("#23456789012345678901234567890\r\n"))->tail, RR_AOF_CLEAN);
    assert_int_equal(facts_of(RR_LIT("#234567890123456789012345678901\r\n"))->tail, RR_AOF_DAMAGED);
}

/* Wherever the inner command lies between the pieces that are kept. */
static void v07_command_inside_a_torn_one_is_found_at_any_place(void **state)
{
    (void)state;
    for (size_t filler = 0; filler < 300 * 1024; filler += 7919) {
        rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
        rr_buf_add(&text, RR_LIT(SELECT_0 "*2\r\n$3\r\nGET\r\n$500000000\r\n"));
        for (size_t i = 0; i < filler; i++)
            rr_buf_add_byte(&text, i % 97 == 0 ? '\r' : 'x');
        size_t without = text.len;
        rr_buf_add(&text, RR_LIT("\r\n" SET_K_V));

        parse(&parser, rr_buf_slice(&text), 1 + filler % 5000);
        parse(&other, rr_slice_first(rr_buf_slice(&text), without), 1 + filler % 5000);

        assert_int_equal(parser.facts.tail, RR_AOF_DAMAGED);
        assert_int_equal(other.facts.tail, RR_AOF_TORN_COMMAND);
    }
}

/* A value made of their beginnings would else be parsed to the end of each. */
static void v07_command_of_many_arguments_is_not_looked_for_inside_a_torn_one(void **state)
{
    (void)state;
    for (int arguments = RR_AOF_INNER_ARGUMENTS_MAX; arguments <= RR_AOF_INNER_ARGUMENTS_MAX + 1; arguments++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_add(&text, RR_LIT(SELECT_0 "*2\r\n$3\r\nGET\r\n$9000\r\n\r\n"));
        rr_buf_addf(&text, "*%d\r\n$3\r\nDEL\r\n", arguments);
        for (int i = 1; i < arguments; i++)
            rr_buf_add(&text, RR_LIT("$1\r\nk\r\n"));

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_int_equal(facts->tail, arguments > RR_AOF_INNER_ARGUMENTS_MAX ? RR_AOF_TORN_COMMAND : RR_AOF_DAMAGED);
    }
}

/* Its bytes are kept while they come, and there is room for so many. */
static void v07_long_command_is_not_looked_for_inside_a_torn_one(void **state)
{
    (void)state;
    size_t longest = RR_AOF_INNER_MAX_BYTES - strlen("$3\r\nGET\r\n$65517\r\n\r\n");
    for (size_t bytes = longest; bytes <= longest + 1; bytes++) {
        rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
        rr_buf_add(&text, RR_LIT(SELECT_0 "*2\r\n$3\r\nGET\r\n$500000000\r\n\r\n"));
        rr_buf_addf(&text, "*2\r\n$3\r\nGET\r\n$%zu\r\n", bytes);
        for (size_t i = 0; i < bytes; i++)
            rr_buf_add_byte(&text, 'x');
        rr_buf_add(&text, RR_LIT("\r\n"));

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_int_equal(facts->tail, bytes > longest ? RR_AOF_TORN_COMMAND : RR_AOF_DAMAGED);
    }
}

static void v07_command_inside_a_value_is_not_a_command(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts =
        facts_of(RR_LIT(SELECT_0 "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$30\r\nv\r\n" SET_K_V "\r\n"));

    assert_int_equal(facts->tail, RR_AOF_CLEAN);
    assert_int_equal(facts->commands, 2);
}

static void v06_safe_end_is_before_an_open_transaction(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(SELECT_0 MULTI SET_K_V EXEC SET_K_V MULTI SET_K_V));

    assert_int_equal(facts->safe_end, strlen(SELECT_0 MULTI SET_K_V EXEC SET_K_V));
    assert_int_equal(facts->safe_commands, 5);
    assert_int_equal(facts->commands, 7);
    assert_int_equal(facts->end, facts->bytes);
}

static void v06_annotations_are_counted_with_their_times(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts =
        facts_of(RR_LIT("#TS:1700000000\r\n" SELECT_0 "#TS:1700000005\r\n" SET_K_V "#TS:1700000009\r\n"));

    assert_int_equal(facts->annotations, 3);
    assert_int_equal(facts->first_annotation_unix_s, 1700000000);
    assert_int_equal(facts->last_annotation_unix_s, 1700000009);
    assert_int_equal(facts->commands, 2);
    assert_int_equal(facts->safe_end, facts->bytes);
}

static void v06_annotation_inside_a_transaction_does_not_end_it(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(SELECT_0 MULTI SET_K_V "#TS:1700000005\r\n"));

    assert_int_equal(facts->tail, RR_AOF_OPEN_TRANSACTION);
    assert_int_equal(facts->safe_end, strlen(SELECT_0));
}

static void v06_empty_stream_is_clean(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(""));

    assert_int_equal(facts->tail, RR_AOF_CLEAN);
    assert_false(facts->has_data);
}

static void v09_data_before_any_select_is_reported(void **state)
{
    (void)state;

    assert_true(facts_of(RR_LIT("*1\r\n$4\r\nping\r\n" SET_K_V SELECT_0))->data_without_select);
    assert_false(facts_of(RR_LIT("*1\r\n$4\r\nping\r\n" SELECT_0 SET_K_V))->data_without_select);
    assert_false(facts_of(RR_LIT("*1\r\n$4\r\nping\r\n"))->data_without_select);
}

static void v15_commands_that_change_the_server_are_named_with_their_offset(void **state)
{
    (void)state;
    static const char *const names[] = { "ACL",       "config",     "CLUSTER",   "Debug",    "FAILOVER", "MODULE",
                                         "PSYNC",     "REPLICAOF",  "SLAVEOF",   "SHUTDOWN", "MIGRATE",  "client",
                                         "MONITOR",   "WAIT",       "SYNC",      "SAVE",     "BGSAVE",   "BGREWRITEAOF",
                                         "AUTH",      "HELLO",      "QUIT",      "RESET",    "SENTINEL", "WAITAOF",
                                         "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_addf(&text, "%s*1\r\n$%zu\r\n%s\r\n", SELECT_0, strlen(names[i]), names[i]);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_true(facts->has_forbidden);
        assert_int_equal(facts->forbidden_at, strlen(SELECT_0));
        struct rr_slice forbidden = { facts->forbidden.text, facts->forbidden.len };
        assert_slice(forbidden, names[i]);
    }
}

static void v15_first_of_two_forbidden_commands_is_named(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(SELECT_0 "*1\r\n$4\r\nSAVE\r\n*1\r\n$5\r\nDEBUG\r\n"));

    struct rr_slice forbidden = { facts->forbidden.text, facts->forbidden.len };
    assert_slice(forbidden, "SAVE");
    assert_int_equal(facts->forbidden_at, strlen(SELECT_0));
}

static void v15_unknown_commands_are_named_once_and_scripts_counted(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(
        RR_LIT(SELECT_0 "*1\r\n$8\r\nJSON.SET\r\n*1\r\n$8\r\njson.set\r\n*1\r\n$4\r\nEVAL\r\n*1\r\n$4\r\neval\r\n"
                        "*1\r\n$8\r\nFUNCTION\r\n"));

    assert_int_equal(facts->unknown_count, 1);
    assert_int_equal(facts->scripts, 3);
    assert_int_equal(facts->script_name_count, 2);
    assert_slice(((struct rr_slice){ facts->script_names[0].text, facts->script_names[0].len }), "EVAL");
    assert_slice(((struct rr_slice){ facts->script_names[1].text, facts->script_names[1].len }), "FUNCTION");
    assert_false(facts->has_forbidden);
}

/* Measured: Redis 7.0 crashes when it loads these. */
static void v15_command_with_too_few_arguments_is_malformed(void **state)
{
    (void)state;
    static const char *const names[] = { "SET", "select", "SORT", "XGROUP", "FUNCTION", "SCRIPT" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_addf(&text, "%s*1\r\n$%zu\r\n%s\r\n", SELECT_0, strlen(names[i]), names[i]);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_true(facts->has_malformed);
        assert_int_equal(facts->malformed_at, strlen(SELECT_0));
    }
    assert_false(facts_of(RR_LIT(SELECT_0 SET_K_V "*1\r\n$4\r\nPING\r\n"))->has_malformed);
}

/* Those with the most arguments, from the arity in the command tables of Redis. */
static void v15_least_number_of_arguments_is_that_of_the_servers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int least;
    } commands[] = {
        { "SET", 3 },  { "RPUSH", 3 },   { "EXPIRE", 3 }, { "HSET", 4 },   { "ZADD", 4 },   { "RESTORE", 4 },
        { "XADD", 5 }, { "LINSERT", 5 }, { "GEOADD", 5 }, { "BLMOVE", 6 }, { "XCLAIM", 6 }, { "XREADGROUP", 7 },
    };
    for (size_t i = 0; i < RR_COUNT(commands); i++)
        for (int count = commands[i].least - 1; count <= commands[i].least; count++) {
            rr_auto(buf) text = RR_BUF(4096);
            rr_buf_addf(&text, "%s*%d\r\n$%zu\r\n%s\r\n", SELECT_0, count, strlen(commands[i].name), commands[i].name);
            for (int argument = 1; argument < count; argument++)
                rr_buf_add(&text, RR_LIT("$1\r\n1\r\n"));

            bool is_malformed = facts_of(rr_buf_slice(&text))->has_malformed;

            if (is_malformed != (count < commands[i].least))
                fail_msg("%s with %d", commands[i].name, count);
        }
}

static void v15_kinds_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(rr_aof_kind_of(RR_LIT("set")), RR_AOF_DATA);
    assert_int_equal(rr_aof_kind_of(RR_LIT("ZunionStore")), RR_AOF_DATA);
    assert_int_equal(rr_aof_kind_of(RR_LIT("Append")), RR_AOF_DATA);
    assert_int_equal(rr_aof_kind_of(RR_LIT("ping")), RR_AOF_CONTROL);
    assert_int_equal(rr_aof_kind_of(RR_LIT("fcall")), RR_AOF_SCRIPT);
    assert_int_equal(rr_aof_kind_of(RR_LIT("SE")), RR_AOF_UNKNOWN);
    assert_int_equal(rr_aof_kind_of(RR_LIT("SETT")), RR_AOF_UNKNOWN);
    assert_int_equal(rr_aof_kind_of(RR_LIT("")), RR_AOF_UNKNOWN);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v06_streams_of_six_servers_are_clean),
    cmocka_unit_test(v07_cut_at_every_byte_keeps_whole_commands_only),
    cmocka_unit_test(v07_name_of_a_command_has_letters_digits_and_four_marks),
    cmocka_unit_test(v07_lengths_of_a_command_have_limits),
    cmocka_unit_test(v06_annotation_is_a_time_that_fits),
    cmocka_unit_test(v07_clean_torn_and_damaged_tails_are_distinguished),
    cmocka_unit_test(v07_command_inside_a_torn_one_is_found_at_any_place),
    cmocka_unit_test(v07_command_of_many_arguments_is_not_looked_for_inside_a_torn_one),
    cmocka_unit_test(v07_long_command_is_not_looked_for_inside_a_torn_one),
    cmocka_unit_test(v07_command_inside_a_value_is_not_a_command),
    cmocka_unit_test(v06_safe_end_is_before_an_open_transaction),
    cmocka_unit_test(v06_annotations_are_counted_with_their_times),
    cmocka_unit_test(v06_annotation_inside_a_transaction_does_not_end_it),
    cmocka_unit_test(v06_empty_stream_is_clean),
    cmocka_unit_test(v09_data_before_any_select_is_reported),
    cmocka_unit_test(v15_commands_that_change_the_server_are_named_with_their_offset),
    cmocka_unit_test(v15_first_of_two_forbidden_commands_is_named),
    cmocka_unit_test(v15_unknown_commands_are_named_once_and_scripts_counted),
    cmocka_unit_test(v15_command_with_too_few_arguments_is_malformed),
    cmocka_unit_test(v15_least_number_of_arguments_is_that_of_the_servers),
    cmocka_unit_test(v15_kinds_are_found_in_any_case),
};

RR_TEST_MAIN(tests)
