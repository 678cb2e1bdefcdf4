/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof.h>

#include "redis_files.h"
#include "support/test.h"

#include <strings.h>

static struct rr_aof parser;

/* Streams made up from a seed, and the facts that follow from the seed. */
struct made {
    struct rr_buf text;
    uint64_t state; /* of the generator */
    struct rr_aof_facts facts;
    bool selected;
};

static uint64_t below(struct made *made, uint64_t limit)
{
    made->state = made->state * 6364136223846793005u + 1442695040888963407u;
    return (made->state >> 33) % limit;
}

static void add_argument(struct made *made, struct rr_slice argument)
{
    rr_buf_addf(&made->text, "$%zu\r\n", argument.len);
    rr_buf_add(&made->text, argument);
    rr_buf_add(&made->text, RR_LIT("\r\n"));
}

/* Any bytes, also those of a command. */
static void add_value(struct made *made)
{
    static const char bytes[] = "\r\n*$1aZ\0\xff";
    char value[40];
    size_t len = (size_t)below(made, sizeof value);
    for (size_t i = 0; i < len; i++)
        value[i] = bytes[below(made, sizeof bytes - 1)];
    add_argument(made, (struct rr_slice){ value, len });
}

static struct rr_aof_name name_of(const char *text)
{
    struct rr_aof_name name = { .len = strlen(text) };
    memcpy(name.text, text, name.len);
    return name;
}

static void ended(struct made *made)
{
    made->facts.end = made->text.len;
    if (!made->facts.in_transaction) {
        made->facts.safe_end = made->text.len;
        made->facts.safe_commands = made->facts.commands;
    }
}

static void note_data(struct made *made)
{
    if (!made->facts.has_data)
        made->facts.data_without_select = !made->selected;
    made->facts.has_data = true;
}

static void note_unknown(struct made *made, const char *name)
{
    struct rr_aof_facts *facts = &made->facts;
    static char seen[RR_AOF_UNKNOWN_MAX][16]; /* all names of this stream */
    for (size_t i = 0; i < facts->unknown_count && i < RR_AOF_UNKNOWN_MAX; i++)
        if (strcasecmp(seen[i], name) == 0)
            return;
    if (facts->unknown_count < RR_AOF_UNKNOWN_MAX) {
        (void)snprintf(seen[facts->unknown_count], sizeof seen[0], "%s", name);
        facts->unknown[facts->unknown_count] = name_of(name);
    }
    facts->unknown_count++;
}

enum kind { SET, SELECT, PING, TRANSACTION, SCRIPT, UNKNOWN, FORBIDDEN, TOO_FEW, ANNOTATION, KINDS };

static void add_annotation(struct made *made)
{
    uint64_t second = 1700000000 + below(made, 1000);
    rr_buf_addf(&made->text, "#TS:%llu\r\n", (unsigned long long)second);
    if (made->facts.annotations++ == 0) {
        made->facts.first_annotation_unix_s = (int64_t)second;
        made->facts.has_data_before_annotations = made->facts.has_data;
    }
    made->facts.last_annotation_unix_s = (int64_t)second;
}

static void add_command(struct made *made, enum kind kind)
{
    static const char *const forbidden[] = { "SAVE", "bgsave", "Monitor" }, *const few[] = { "SET", "hset", "append" };
    struct rr_aof_facts *facts = &made->facts;
    uint64_t at = made->text.len;
    char name[16] = "SET", number[8];
    size_t arguments = kind == SET || kind == SCRIPT ? 3 : kind == SELECT ? 2 : 1;
    if (kind == SELECT || kind == PING)
        (void)snprintf(name, sizeof name, "%s", kind == PING ? "ping" : "Select");
    if (kind == TRANSACTION)
        (void)snprintf(name, sizeof name, "%s", facts->in_transaction ? "exec" : "MULTI");
    if (kind == SCRIPT)
        (void)snprintf(name, sizeof name, "EVAL");
    if (kind == UNKNOWN)
        (void)snprintf(name, sizeof name, "%c.%d", below(made, 2) == 0 ? 'q' : 'Q', (int)below(made, 12));
    if (kind == FORBIDDEN)
        (void)snprintf(name, sizeof name, "%s", forbidden[below(made, RR_COUNT(forbidden))]);
    if (kind == TOO_FEW)
        (void)snprintf(name, sizeof name, "%s", few[below(made, RR_COUNT(few))]);
    rr_buf_addf(&made->text, "*%zu\r\n", arguments);
    add_argument(made, rr_slice_from(name));
    uint64_t database = below(made, 20);
    (void)snprintf(number, sizeof number, "%d", kind == SELECT ? (int)database : 0);
    for (size_t i = 1; i < arguments; i++) {
        if (kind == SET)
            add_value(made);
        else
            add_argument(made, rr_slice_from(number));
    }
    facts->commands++;
    if (kind == SELECT) {
        made->selected = true;
        facts->largest_database = database > facts->largest_database ? database : facts->largest_database;
    } else if (kind == TRANSACTION) {
        facts->in_transaction = !facts->in_transaction;
    } else if (kind != PING) {
        note_data(made);
    }
    facts->scripts += kind == SCRIPT;
    if (kind == UNKNOWN)
        note_unknown(made, name);
    if (kind == FORBIDDEN && !facts->has_forbidden) {
        facts->has_forbidden = true;
        facts->forbidden = name_of(name);
        facts->forbidden_at = at;
    }
    if (kind == TOO_FEW && !facts->has_malformed) {
        facts->has_malformed = true;
        facts->malformed = name_of(name);
        facts->malformed_at = at;
    }
}

static void check_name(const struct rr_aof_name *found, const struct rr_aof_name *made)
{
    assert_int_equal(found->len, made->len);
    assert_memory_equal(found->text, made->text, made->len);
}

static void check_facts(const struct rr_aof_facts *found, const struct rr_aof_facts *made)
{
    assert_int_equal(found->bytes, made->bytes);
    assert_int_equal(found->commands, made->commands);
    assert_int_equal(found->end, made->end);
    assert_int_equal(found->safe_end, made->safe_end);
    assert_int_equal(found->safe_commands, made->safe_commands);
    assert_int_equal(found->cut, made->safe_end);
    assert_int_equal(found->cut_commands, made->safe_commands);
    assert_false(found->is_reached);
    assert_int_equal(found->tail, made->in_transaction ? RR_AOF_OPEN_TRANSACTION : RR_AOF_CLEAN);
    assert_int_equal(found->in_transaction, made->in_transaction);
    assert_int_equal(found->annotations, made->annotations);
    assert_int_equal(found->first_annotation_unix_s, made->first_annotation_unix_s);
    assert_int_equal(found->last_annotation_unix_s, made->last_annotation_unix_s);
    if (made->annotations > 0)
        assert_int_equal(found->has_data_before_annotations, made->has_data_before_annotations);
    assert_int_equal(found->has_data, made->has_data);
    assert_int_equal(found->data_without_select, made->data_without_select);
    assert_int_equal(found->largest_database, made->largest_database);
    assert_int_equal(found->scripts, made->scripts);
    assert_int_equal(found->has_malformed, made->has_malformed);
    assert_int_equal(found->malformed_at, made->malformed_at);
    check_name(&found->malformed, &made->malformed);
    assert_int_equal(found->has_forbidden, made->has_forbidden);
    assert_int_equal(found->forbidden_at, made->forbidden_at);
    check_name(&found->forbidden, &made->forbidden);
    assert_int_equal(found->unknown_count, made->unknown_count);
    for (size_t i = 0; i < RR_AOF_UNKNOWN_MAX; i++)
        check_name(&found->unknown[i], &made->unknown[i]);
    assert_int_equal(found->flush_count, 0);
    assert_int_equal(found->burst_count, 0);
    assert_int_equal(found->point_count, 0);
}

/* The same facts in pieces of any size. */
static void v06_made_streams_have_the_facts_of_their_commands(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct made made = { .text = RR_BUF(FILE_MAX_BYTES), .state = seed };
        size_t count = (size_t)below(&made, 60);
        for (size_t i = 0; i < count; i++) {
            enum kind kind = (enum kind)below(&made, seed % 3 == 0 ? UNKNOWN : KINDS);
            if (kind == ANNOTATION)
                add_annotation(&made);
            else
                add_command(&made, kind);
            ended(&made);
        }
        made.facts.bytes = made.text.len;
        rr_aof_init(&parser);
        for (struct rr_slice rest = rr_buf_slice(&made.text); rest.len > 0;) {
            struct rr_slice piece = rr_slice_first(rest, 1 + (size_t)below(&made, 64));
            rr_aof_feed(&parser, piece);
            rest = rr_slice_from_offset(rest, piece.len);
        }

        rr_aof_end(&parser);

        check_facts(&parser.facts, &made.facts);
        rr_buf_done(&made.text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v06_made_streams_have_the_facts_of_their_commands),
};

RR_TEST_MAIN(tests)
