/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_internal.h"

enum {
    MAGIC_BYTES = 6, /* "VALKEY", or "REDIS" and a digit */
    PIECE_BYTES = 64 << 10,
    PEEK_MAX_BYTES = 8 << 20 /* a block of LZ4 has up to 4 MiB, and is decoded as a whole */
};

struct beginning {
    char text[MAGIC_BYTES];
    size_t len;
};

static bool take(void *context, struct rr_slice bytes, struct rr_error *err)
{
    struct beginning *beginning = context;
    for (size_t i = 0; i < bytes.len && beginning->len < MAGIC_BYTES; i++)
        beginning->text[beginning->len++] = bytes.ptr[i];
    return beginning->len < MAGIC_BYTES || rr_fail(err, RR_E_BAD_INPUT, "no more is needed");
}

bool rr_verify_is_preamble(struct rr_slice beginning)
{
    return rr_slice_starts_with(beginning, RR_LIT("REDIS")) || rr_slice_starts_with(beginning, RR_LIT("VALKEY"));
}

/* Finds out whether the AOF begins with an RDB. "Perhaps" is also true: the reading of a pipe or of damaged bytes says
 * more. */
static bool peek(struct rr_source *aof, bool *out_replaces, struct rr_error *err)
{
    rr_auto_ptr(decoder) decoder = NULL;
    struct beginning beginning = { .len = 0 };
    uint64_t most = aof->size < PEEK_MAX_BYTES ? aof->size : PEEK_MAX_BYTES, offset = 0;
    struct rr_error ignored;
    bool is_good = true;
    *out_replaces = true;
    if (aof->methods->read_at == NULL)
        return true;
    while (is_good && offset < most) {
        struct rr_slice bytes;
        size_t len = most - offset < PIECE_BYTES ? (size_t)(most - offset) : PIECE_BYTES;
        if (!rr_source_read_at(aof, offset, len, &bytes, err))
            return false;
        if (decoder == NULL)
            decoder = rr_decoder_new(rr_decode_format_of(bytes), take, &beginning);
        is_good = rr_decoder_feed(decoder, bytes, &ignored);
        offset += len;
    }
    bool is_whole = is_good && offset == aof->size && (decoder == NULL || rr_decoder_end(decoder, &ignored));
    bool is_known = beginning.len == MAGIC_BYTES || is_whole;
    *out_replaces = !is_known || rr_verify_is_preamble((struct rr_slice){ beginning.text, beginning.len });
    return true;
}

void rr_verify_refuse_early(struct rr_verify *verify, struct rr_source *aof)
{
    verify->refuses_early = true;
    verify->aof_source = aof;
}

bool rr_verify_judge_early(struct rr_verify *verify, struct rr_rdb *rdb)
{
    struct rr_error err;
    bool is_of_pair = rdb == &verify->rdb;
    if (!verify->refuses_early || (is_of_pair && verify->is_replaced) || rr_verify_loads(verify, &rdb->facts, &err))
        return true;
    if (is_of_pair && verify->aof_source != NULL) {
        verify->tap_failed = !peek(verify->aof_source, &verify->is_replaced, &verify->tap_error);
        if (verify->tap_failed || verify->is_replaced)
            return !verify->tap_failed;
    }
    rr_rdb_give_up(rdb);
    return rr_verify_refuse(verify, RR_VERIFY_UNSUPPORTED, RR_VERIFY_NOT_LOADABLE, "%s", err.message);
}
