/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

#include <redisrestore/base/parse.h>

const char *rr_rdb_type_name(enum rr_rdb_type type)
{
    static const char *const names[RR_RDB_TYPE_COUNT] = {
        [RR_RDB_STRING] = "string", [RR_RDB_LIST] = "list",     [RR_RDB_SET] = "set",       [RR_RDB_ZSET] = "zset",
        [RR_RDB_HASH] = "hash",     [RR_RDB_STREAM] = "stream", [RR_RDB_MODULE] = "module",
    };
    return names[type];
}

struct rr_slice rr_rdb_name_slice(const struct rr_rdb_name *name)
{
    uint64_t kept = name->bytes < RR_RDB_NAME_MAX_BYTES ? name->bytes : RR_RDB_NAME_MAX_BYTES;
    return (struct rr_slice){ name->text, (size_t)kept };
}

static void set_name(struct rr_rdb_name *name, struct rr_slice text)
{
    struct rr_slice kept = rr_slice_first(text, RR_RDB_NAME_MAX_BYTES);
    if (kept.len > 0)
        memcpy(name->text, kept.ptr, kept.len);
    name->bytes = text.len;
}

/* Each name once. */
static void add_name(struct rr_rdb_names *names, struct rr_slice text)
{
    for (size_t i = 0; i < names->count && i < RR_RDB_NAMES_MAX; i++)
        if (rr_slice_equals(rr_rdb_name_slice(&names->of[i]), text))
            return;
    if (names->count < RR_RDB_NAMES_MAX)
        set_name(&names->of[names->count], text);
    names->count++;
}

void rr_rdb_facts_note_module(struct rr_rdb *rdb, uint64_t id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char name[9]; /* six bits each, above ten bits of a version (redis/src/module.c, moduleTypeEncodeId) */
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = letters[id >> (58 - 6 * i) & 63];
    add_name(&rdb->facts.modules, (struct rr_slice){ name, sizeof name });
}

/* The first line of a library's source: "#!lua name=mylib". */
static void note_function(struct rr_rdb *rdb)
{
    struct rr_slice rest = rr_rdb_name_slice(&rdb->state.text[0]);
    struct rr_slice line = rr_slice_cut(&rest, '\n');
    while (line.len > 0) {
        struct rr_slice word = rr_slice_trim(rr_slice_cut(&line, ' '));
        if (rr_slice_starts_with(word, RR_LIT("name="))) {
            add_name(&rdb->facts.functions, rr_slice_from_offset(word, strlen("name=")));
            return;
        }
    }
    add_name(&rdb->facts.functions, RR_LIT("?"));
}

static void note_aux(struct rr_rdb *rdb)
{
    struct rr_rdb_facts *facts = &rdb->facts;
    struct rr_slice name = rr_rdb_name_slice(&rdb->state.text[0]), value = rr_rdb_name_slice(&rdb->state.text[1]);
    int64_t number = 0;
    bool is_number = rr_parse_i64(value, &number) && number >= 0;
    if (rr_slice_equals(name, RR_LIT("redis-ver")))
        facts->redis_version = rdb->state.text[1];
    else if (rr_slice_equals(name, RR_LIT("valkey-ver")))
        facts->valkey_version = rdb->state.text[1];
    else if (rr_slice_equals(name, RR_LIT("repl-id")))
        facts->replication_id = rdb->state.text[1];
    else if (rr_slice_equals(name, RR_LIT("repl-offset")) && is_number)
        facts->has_replication_offset = true, facts->replication_offset = number;
    else if (rr_slice_equals(name, RR_LIT("ctime")) && is_number)
        facts->has_created = true, facts->created_unix_s = number;
    else if (rr_slice_equals(name, RR_LIT("used-mem")) && is_number)
        facts->has_used_memory = true, facts->used_memory = number;
}

void rr_rdb_facts_end_database(struct rr_rdb *rdb)
{
    struct rr_rdb_facts *facts = &rdb->facts;
    uint64_t keys = rdb->state.database_keys, index = rdb->state.database;
    rdb->state.database_keys = 0;
    if (index > facts->largest_database_index)
        facts->largest_database_index = index;
    if (keys == 0)
        return;
    for (size_t i = 0; i < facts->database_count; i++)
        if (facts->databases[i].index == index) {
            facts->databases[i].keys += keys;
            return;
        }
    if (facts->database_count == RR_RDB_DATABASES_MAX) {
        facts->keys_in_further_databases += keys;
        return;
    }
    facts->databases[facts->database_count].index = index;
    facts->databases[facts->database_count++].keys = keys;
}

static void note_largest(struct rr_rdb *rdb, enum rr_rdb_type type, uint64_t bytes)
{
    struct rr_rdb_facts *facts = &rdb->facts;
    bool is_full = facts->largest_count == RR_RDB_LARGEST_KEYS;
    if (is_full && bytes <= facts->largest[RR_RDB_LARGEST_KEYS - 1].bytes)
        return;
    size_t at = is_full ? RR_RDB_LARGEST_KEYS - 1 : facts->largest_count++;
    for (; at > 0 && facts->largest[at - 1].bytes < bytes; at--)
        facts->largest[at] = facts->largest[at - 1];
    facts->largest[at] = (struct rr_rdb_key){
        .name = rdb->state.text[0], .type = type, .bytes = bytes, .database = rdb->state.database
    };
}

static void note_key(struct rr_rdb *rdb)
{
    enum rr_rdb_type type = rr_rdb_type_of(rdb->state.opcode);
    rdb->facts.keys++;
    if (rdb->state.opcode > rdb->facts.largest_type)
        rdb->facts.largest_type = rdb->state.opcode;
    rdb->facts.keys_of_type[type]++;
    rdb->facts.keys_with_expiry += rdb->state.has_expiry ? 1 : 0;
    rdb->state.has_expiry = false;
    rdb->state.database_keys++;
    note_largest(rdb, type, rr_rdb_offset(rdb) - rdb->state.key_offset);
}

enum rr_rdb_step rr_rdb_facts_note(struct rr_rdb *rdb)
{
    switch (rdb->state.opcode) {
    case RR_RDB_OP_AUX:
        note_aux(rdb);
        break;
    case RR_RDB_OP_FUNCTION2:
        note_function(rdb);
        break;
    case RR_RDB_OP_SELECT_DB:
        rr_rdb_facts_end_database(rdb);
        rdb->state.database = rdb->state.number;
        if (rdb->state.number > INT32_MAX)
            return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
        break;
    case RR_RDB_OP_EXPIRE_MS:
    case RR_RDB_OP_EXPIRE_S:
        rdb->state.has_expiry = true;
        break;
    default:
        if (rdb->state.opcode < RR_RDB_OP_FIRST)
            note_key(rdb);
        break;
    }
    return RR_RDB_GO;
}
