/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_fixture.h"

/* A whole pair: each line and each member is what a person or a program reads. */
static void add_whole_pair(struct rr_buf *rdb, struct rr_buf *stream, struct rr_buf *annotated)
{
    rr_buf_add(rdb, RR_LIT("REDIS0010\xfa\x09redis-ver\x05"
                           "7.0.9\xfa\x05"
                           "ctime\xc2\x00\xf1\x53\x65"
                           "\xfa\x08used-mem\xc1\x00\x10\xfa\x07repl-id\x04"
                           "abcd\xfa\x0brepl-offset\xc1\xe8\x03"
                           "\xf5\x10#!lua name=mylib\xf5\x10#!lua name=other"
                           "\xfe\x00\x00\x01k\x01v\xfc\x00\x00\x00\x00\x10\x00\x00\x00\x00\x02k2\x03"
                           "abc"
                           "\xfe\x03\x01\x01l\x01\x05hello\xff"));
    add_checksum(rdb);
    rr_buf_add(stream, RR_LIT(SELECT_0 SET_K_V "*3\r\n$4\r\nEVAL\r\n$1\r\nx\r\n$1\r\n0\r\n"
                                               "*1\r\n$8\r\nFLUSHALL\r\n" SET_K_V "*3\r\n$3\r\nSE"));
    rr_buf_add(annotated, RR_LIT("#TS:1700000100\r\n" SELECT_0 SET_K_V "#TS:1700000160\r\n*1\r\n$7\r\nFLUSHDB\r\n"
                                 "#TS:1700000170\r\n" SET_K_V));
}

#define RDB_TEXT                                                                                                       \
    "Valid\n"                                                                                                          \
    "\n"                                                                                                               \
    "RDB r.rdb, 162 bytes\n"                                                                                           \
    "    written by  Redis 7.0.9, RDB version 10, at 2023-11-14T22:13:20Z\n"                                           \
    "    keys        3, 1 of them with an expiry time\n"                                                               \
    "    types       string 2, list 1\n"                                                                               \
    "    databases   0 (2 keys), 3 (1 key)\n"                                                                          \
    "    functions   mylib, other\n"                                                                                   \
    "    replication offset 1000 of abcd\n"                                                                            \
    "    proved by   its checksum and a check of every value's structure\n"                                            \
    "    largest           10B  list    l\n"                                                                           \
    "                       8B  string  k2\n"                                                                          \
    "                       5B  string  k\n"                                                                           \
    "\n"

#define RDB_JSON                                                                                                       \
    "{\n"                                                                                                              \
    "  \"result\": \"Valid\",\n"                                                                                       \
    "  \"reason\": \"\",\n"                                                                                            \
    "  \"message\": \"\",\n"                                                                                           \
    "  \"rdb\": {\n"                                                                                                   \
    "    \"file\": \"r.rdb\",\n"                                                                                       \
    "    \"size\": 162,\n"                                                                                             \
    "    \"compression\": \"none\",\n"                                                                                 \
    "    \"level\": \"Full\",\n"                                                                                       \
    "    \"preamble\": false,\n"                                                                                       \
    "    \"version\": 10,\n"                                                                                           \
    "    \"server\": \"redis:7.0.9\",\n"                                                                               \
    "    \"createdAt\": \"2023-11-14T22:13:20Z\",\n"                                                                   \
    "    \"replicationID\": \"abcd\",\n"                                                                               \
    "    \"replicationOffset\": 1000,\n"                                                                               \
    "    \"usedMemory\": 4096,\n"                                                                                      \
    "    \"keys\": 3,\n"                                                                                               \
    "    \"keysWithExpiry\": 1,\n"                                                                                     \
    "    \"databases\": [\n"                                                                                           \
    "      {\n"                                                                                                        \
    "        \"index\": 0,\n"                                                                                          \
    "        \"keys\": 2\n"                                                                                            \
    "      },\n"                                                                                                       \
    "      {\n"                                                                                                        \
    "        \"index\": 3,\n"                                                                                          \
    "        \"keys\": 1\n"                                                                                            \
    "      }\n"                                                                                                        \
    "    ],\n"                                                                                                         \
    "    \"types\": {\n"                                                                                               \
    "      \"string\": 2,\n"                                                                                           \
    "      \"list\": 1\n"                                                                                              \
    "    },\n"                                                                                                         \
    "    \"largestKeys\": [\n"                                                                                         \
    "      {\n"                                                                                                        \
    "        \"key\": \"l\",\n"                                                                                        \
    "        \"type\": \"list\",\n"                                                                                    \
    "        \"database\": 3,\n"                                                                                       \
    "        \"bytes\": 10\n"                                                                                          \
    "      },\n"                                                                                                       \
    "      {\n"                                                                                                        \
    "        \"key\": \"k2\",\n"                                                                                       \
    "        \"type\": \"string\",\n"                                                                                  \
    "        \"database\": 0,\n"                                                                                       \
    "        \"bytes\": 8\n"                                                                                           \
    "      },\n"                                                                                                       \
    "      {\n"                                                                                                        \
    "        \"key\": \"k\",\n"                                                                                        \
    "        \"type\": \"string\",\n"                                                                                  \
    "        \"database\": 0,\n"                                                                                       \
    "        \"bytes\": 5\n"                                                                                           \
    "      }\n"                                                                                                        \
    "    ],\n"                                                                                                         \
    "    \"functions\": [\n"                                                                                           \
    "      \"mylib\",\n"                                                                                               \
    "      \"other\"\n"                                                                                                \
    "    ],\n"                                                                                                         \
    "    \"modules\": [],\n"                                                                                           \
    "    \"checksum\": \"Verified\",\n"                                                                                \
    "    \"structure\": \"Checked\"\n"                                                                                 \
    "  },\n"

static const char *const whole_texts[] = {
    /* a captured replication stream */
    RDB_TEXT "AOF a.aof, 133 bytes\n"
             "    commands    5, whole up to byte 123\n"
             "    end         TornCommand\n"
             "    before      FLUSHALL of database 0: --to-offset 1078\n"
             "\n"
             "Can be restored to replication offsets 1000 to 1123, and without the AOF to 2023-11-14T22:13:20Z\n"
             "\n"
             "Server redis:7.2 can load it\n"
             "\n"
             "Note: the last 10 bytes of the AOF (TornCommand, 0 commands) cannot be restored\n"
             "Note: the AOF has 1 command for scripts and functions: EVAL\n",
    /* an AOF with times */
    RDB_TEXT "AOF a.aof, 142 bytes\n"
             "    commands    4, whole up to byte 142\n"
             "    end         Clean\n"
             "    times       2023-11-14T22:15:00Z to 2023-11-14T22:16:10Z\n"
             "    before      FLUSHDB of database 0: --to-position 82, not before 2023-11-14T22:16:00.000Z, not after "
             "2023-11-14T22:16:10.000Z\n"
             "\n"
             "Can be restored to 2023-11-14T22:13:20Z to 2023-11-14T22:16:10Z\n"
             "\n"
             "Server redis:7.2 can load it\n"
};

static const char *const whole_jsons[] = {
    RDB_JSON "  \"aof\": {\n"
             "    \"file\": \"a.aof\",\n"
             "    \"size\": 133,\n"
             "    \"compression\": \"none\",\n"
             "    \"level\": \"Full\",\n"
             "    \"commands\": 5,\n"
             "    \"safeEnd\": 123,\n"
             "    \"cutBytes\": 10,\n"
             "    \"cutCommands\": 0,\n"
             "    \"tail\": \"TornCommand\",\n"
             "    \"endOffset\": 1123,\n"
             "    \"scripts\": 1,\n"
             "    \"scriptCommands\": [\n"
             "      \"EVAL\"\n"
             "    ],\n"
             "    \"annotations\": {\n"
             "      \"count\": 0\n"
             "    },\n"
             "    \"flushCount\": 1,\n"
             "    \"flushes\": [\n"
             "      {\n"
             "        \"command\": \"FLUSHALL\",\n"
             "        \"database\": 0,\n"
             "        \"position\": 78,\n"
             "        \"offset\": 1078\n"
             "      }\n"
             "    ],\n"
             "    \"deletions\": [],\n"
             "    \"times\": []\n"
             "  },\n"
             "  \"pairing\": \"NotOffered\",\n"
             "  \"target\": {\n"
             "    \"server\": \"redis:7.2\",\n"
             "    \"loadable\": true,\n"
             "    \"reason\": \"\"\n"
             "  },\n"
             "  \"recoveryWindow\": {\n"
             "    \"firstOffset\": 1000,\n"
             "    \"lastOffset\": 1123,\n"
             "    \"firstTime\": \"2023-11-14T22:13:20Z\"\n"
             "  },\n"
             "  \"warnings\": [\n"
             "    \"the last 10 bytes of the AOF (TornCommand, 0 commands) cannot be restored\",\n"
             "    \"the AOF has 1 command for scripts and functions: EVAL\"\n"
             "  ]\n"
             "}",
    RDB_JSON "  \"aof\": {\n"
             "    \"file\": \"a.aof\",\n"
             "    \"size\": 142,\n"
             "    \"compression\": \"none\",\n"
             "    \"level\": \"Full\",\n"
             "    \"commands\": 4,\n"
             "    \"safeEnd\": 142,\n"
             "    \"cutBytes\": 0,\n"
             "    \"cutCommands\": 0,\n"
             "    \"tail\": \"Clean\",\n"
             "    \"scripts\": 0,\n"
             "    \"scriptCommands\": [],\n"
             "    \"annotations\": {\n"
             "      \"count\": 3,\n"
             "      \"first\": \"2023-11-14T22:15:00Z\",\n"
             "      \"last\": \"2023-11-14T22:16:10Z\"\n"
             "    },\n"
             "    \"flushCount\": 1,\n"
             "    \"flushes\": [\n"
             "      {\n"
             "        \"command\": \"FLUSHDB\",\n"
             "        \"database\": 0,\n"
             "        \"position\": 82,\n"
             "        \"notBefore\": \"2023-11-14T22:16:00.000Z\",\n"
             "        \"notAfter\": \"2023-11-14T22:16:10.000Z\"\n"
             "      }\n"
             "    ],\n"
             "    \"deletions\": [],\n"
             "    \"times\": []\n"
             "  },\n"
             "  \"pairing\": \"NotOffered\",\n"
             "  \"target\": {\n"
             "    \"server\": \"redis:7.2\",\n"
             "    \"loadable\": true,\n"
             "    \"reason\": \"\"\n"
             "  },\n"
             "  \"recoveryWindow\": {\n"
             "    \"firstTime\": \"2023-11-14T22:13:20Z\",\n"
             "    \"lastTime\": \"2023-11-14T22:16:10Z\"\n"
             "  },\n"
             "  \"warnings\": []\n"
             "}"
};

static void v05_whole_report_of_a_pair_is_as_documented(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 12), stream = RR_BUF(1 << 12), annotated = RR_BUF(1 << 12);
    add_whole_pair(&rdb, &stream, &annotated);
    const struct rr_slice aofs[] = { rr_buf_slice(&stream), rr_buf_slice(&annotated) };
    for (size_t i = 0; i < RR_COUNT(aofs); i++) {
        rr_auto(buf) text = RR_BUF(1 << 16), json = RR_BUF(1 << 16);
        fixture->options.has_server = true;
        fixture->options.server = (struct rr_redis_server){ .major = 7, .minor = 2 };
        (void)judge(fixture, rr_buf_slice(&rdb), aofs[i], 100);
        struct rr_verify_report report = { .verify = fixture->verify,
                                           .verdict = &fixture->verdict,
                                           .server = RR_LIT("redis:7.2"),
                                           .files = { RR_LIT("r.rdb"), RR_LIT("a.aof") } };

        rr_verify_print_text(&text, &report);
        rr_verify_print_json(&json, &report);

        assert_string_equal(rr_buf_text(&text), whole_texts[i]);
        assert_string_equal(rr_buf_text(&json), whole_jsons[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v05_whole_report_of_a_pair_is_as_documented, setup, teardown),
};

RR_TEST_MAIN(tests)
