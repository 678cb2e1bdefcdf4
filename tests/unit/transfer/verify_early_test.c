/* SPDX-License-Identifier: Apache-2.0 */
/* A backup that the server cannot load is refused before its bytes are used, as far as that can be known. */
#include "verify_fixture.h"

#include <zstd.h>

enum { PIECE_BYTES = 4096, CUT_BYTES = 8 /* of a frame: none of its data */ };

struct text_source {
    struct rr_source source;
    struct rr_slice content;
    size_t given;
    bool is_lost;
};

static bool next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct text_source *self = (struct text_source *)source;
    (void)err;
    *out_bytes = rr_slice_first(rr_slice_from_offset(self->content, self->given), PIECE_BYTES);
    self->given += out_bytes->len;
    return true;
}

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    struct text_source *self = (struct text_source *)source;
    assert_true(offset + len <= self->content.len);
    *out_bytes = rr_slice_first(rr_slice_from_offset(self->content, offset), len);
    return !self->is_lost || rr_fail(err, RR_E_UNREACHABLE, "the store is gone");
}

static struct text_source source_of(struct rr_slice content, bool is_pipe)
{
    static const struct rr_source_methods file = { .next = next, .read_at = read_at }, pipe = { .next = next };
    return (struct text_source){ .source = { .methods = is_pipe ? &pipe : &file,
                                             .size = is_pipe ? RR_SOURCE_SIZE_UNKNOWN : content.len },
                                 .content = content };
}

static struct rr_slice packed(struct rr_slice plain)
{
    static char room[2 * FILE_MAX_BYTES];
    size_t len = ZSTD_compress(room, sizeof room, plain.ptr, plain.len, 1);
    assert_false(ZSTD_isError(len));
    return (struct rr_slice){ room, len };
}

static bool count(void *context, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err)
{
    size_t *taken = context;
    (void)err;
    taken[part] += bytes.len;
    return true;
}

/* The RDB is of Redis 7.0, the server is Redis 6.2. */
static bool read_pair(struct fixture *fixture, struct text_source *aof, size_t taken[3], struct rr_error *err)
{
    struct text_source rdb = source_of(rr_buf_slice(&fixture->rdb), false);
    memset(taken, 0, 3 * sizeof *taken);
    fixture->options.tap = (struct rr_verify_tap){ taken, count };
    fixture->options.has_server = true;
    fixture->options.server = (struct rr_redis_server){ .major = 6, .minor = 2 };
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(&fixture->options);
    rr_verify_refuse_early(fixture->verify, aof != NULL ? &aof->source : NULL);
    if (!rr_verify_read(fixture->verify, RR_VERIFY_RDB, &rdb.source, err) ||
        (aof != NULL && !rr_verify_read(fixture->verify, RR_VERIFY_AOF, &aof->source, err)))
        return false;
    rr_verify_judge(fixture->verify, &fixture->verdict);
    return true;
}

/* The same RDB as if Redis 6.2 had written it. */
static void add_old_rdb(struct rr_buf *out)
{
    size_t from = out->len;
    rr_buf_add(out, RR_LIT("REDIS0009\x00\x01k\x01v\xff"));
    rr_auto(buf) rdb = RR_BUF(64);
    rr_buf_add(&rdb, rr_slice_from_offset(rr_buf_slice(out), from));
    add_checksum(&rdb);
    rr_buf_add(out, rr_slice_from_offset(rr_buf_slice(&rdb), rdb.len - 8));
}

static void expect_report(struct fixture *fixture)
{
    rr_auto(buf) json = RR_BUF(1 << 16);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .server = RR_LIT("redis:6.2"),
                                       .files = { RR_LIT("r.rdb"), none } };
    rr_verify_print_json(&json, &report);
    assert_has(rr_buf_text(&json), "\"size\": 29049,");
    assert_has(rr_buf_text(&json), "\"version\": 10,");
    assert_has(rr_buf_text(&json), "\"structure\": \"NotChecked\"");
    assert_lacks(rr_buf_text(&json), "\"keys\"");
    assert_lacks(rr_buf_text(&json), "not judged");
}

static void v11_pair_is_refused_before_the_tap_receives_a_byte(void **state)
{
    struct fixture *fixture = *state;
    struct rr_slice commands = RR_LIT(SELECT_0 SET_K_V);
    const struct rr_slice aofs[] = { commands, packed(commands), RR_LIT(""), RR_LIT("*") };
    size_t taken[3];
    struct rr_error err;
    for (size_t i = 0; i <= RR_COUNT(aofs); i++) {
        struct text_source aof = source_of(i < RR_COUNT(aofs) ? aofs[i] : none, false);

        assert_ok(read_pair(fixture, i < RR_COUNT(aofs) ? &aof : NULL, taken, &err), err);

        assert_int_equal(fixture->verdict.result, RR_VERIFY_UNSUPPORTED);
        assert_string_equal(fixture->verdict.reason, "NotLoadable");
        assert_string_equal(fixture->verdict.server_message, fixture->verdict.message);
        assert_false(fixture->verdict.is_whole);
        assert_false(fixture->verdict.is_loadable);
        assert_int_equal(taken[RR_VERIFY_PART_RDB] + taken[RR_VERIFY_PART_COMMANDS], 0);
        assert_int_equal(aof.given, 0);
        expect_report(fixture);
    }
}

static void v11_rdb_at_the_beginning_of_the_aof_is_found(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) aof = RR_BUF(1 << 10);
    add_old_rdb(&aof);
    size_t rdb_bytes = aof.len, taken[3];
    struct rr_error err;
    rr_buf_add(&aof, RR_LIT(SELECT_0 SET_K_V));
    const struct {
        struct rr_slice content;
        bool is_pipe;
    } cases[] = { { rr_buf_slice(&aof), false }, { packed(rr_buf_slice(&aof)), false }, { rr_buf_slice(&aof), true } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct text_source source = source_of(cases[i].content, cases[i].is_pipe);

        assert_ok(read_pair(fixture, &source, taken, &err), err);

        assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
        assert_true(fixture->verdict.is_loadable);
        assert_int_equal(taken[RR_VERIFY_PART_PREAMBLE], rdb_bytes);
        assert_int_equal(rr_verify_rdb(fixture->verify)->version, 9);
    }
}

/* Its beginning is known only when the RDB has been read. */
static void v11_pair_with_an_aof_on_a_pipe_is_refused_at_its_end(void **state)
{
    struct fixture *fixture = *state;
    struct text_source aof = source_of(RR_LIT(SELECT_0 SET_K_V), true);
    size_t taken[3];
    struct rr_error err;

    assert_ok(read_pair(fixture, &aof, taken, &err), err);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "NotLoadable");
    assert_true(fixture->verdict.is_whole);
}

static void v11_damaged_or_lost_aof_is_not_called_unloadable(void **state)
{
    struct fixture *fixture = *state;
    size_t taken[3];
    struct rr_error err;
    struct rr_slice whole = packed(RR_LIT(SELECT_0 SET_K_V));
    struct text_source damaged = source_of(rr_slice_first(whole, CUT_BYTES), false);
    assert_ok(read_pair(fixture, &damaged, taken, &err), err);
    assert_string_equal(fixture->verdict.reason, "BadCompression");

    struct text_source lost = source_of(whole, false);
    lost.is_lost = true;
    assert_false(read_pair(fixture, &lost, taken, &err));
    assert_int_equal(err.code, RR_E_UNREACHABLE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v11_pair_is_refused_before_the_tap_receives_a_byte, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_rdb_at_the_beginning_of_the_aof_is_found, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_pair_with_an_aof_on_a_pipe_is_refused_at_its_end, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_damaged_or_lost_aof_is_not_called_unloadable, setup, teardown),
};

RR_TEST_MAIN(tests)
