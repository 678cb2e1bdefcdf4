/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/codec/pack.h>

#include <redisrestore/base/mem.h>

#include "support/test.h"

static const char likeness[] = "{\"kind\":\"RedisRestore\",\"status\":{\"phase\":\"Discovered\"}}";

static size_t pack(struct rr_slice text, char **out_packed)
{
    *out_packed = rr_alloc(rr_pack_room(text.len));
    return rr_pack(rr_slice_from(likeness), text, *out_packed);
}

static void assert_comes_back(struct rr_slice text)
{
    struct rr_error err;
    char *packed, *back = rr_alloc(text.len + 1);
    size_t len = pack(text, &packed);

    assert_true(len <= rr_pack_room(text.len));
    assert_ok(rr_unpack(rr_slice_from(likeness), (struct rr_slice){ packed, len }, back, text.len, &err), err);
    assert_memory_equal(back, text.len > 0 ? text.ptr : "", text.len);
    rr_free(packed);
    rr_free(back);
}

static void text_of_any_kind_comes_back(void **state)
{
    (void)state;
    static char noise[100000], same[100000];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
    memset(same, 'x', sizeof(same));

    assert_comes_back((struct rr_slice){ 0 });
    assert_comes_back(RR_LIT("a"));
    assert_comes_back(rr_slice_from(likeness));
    assert_comes_back((struct rr_slice){ noise, sizeof(noise) });
    assert_comes_back((struct rr_slice){ same, sizeof(same) });
}

static void text_of_the_greatest_length_has_room(void **state)
{
    (void)state;

    assert_true(rr_pack_room(RR_PACK_TEXT_MAX_BYTES) >= RR_PACK_TEXT_MAX_BYTES);
}

static void text_like_the_dictionary_takes_next_to_nothing(void **state)
{
    (void)state;
    char *packed;

    size_t len = pack(RR_LIT("{\"kind\":\"RedisRestore\",\"status\":{\"phase\":\"Discovered\"},\"more\":1}"), &packed);

    assert_true(len < 24);
    rr_free(packed);
}

static void unpack_refuses_what_is_damaged_or_of_another_length(void **state)
{
    (void)state;
    char *packed, back[256];
    struct rr_slice text = RR_LIT("{\"kind\":\"RedisRestore\",\"status\":{\"phase\":\"Failed\"}}");
    size_t len = pack(text, &packed);
    struct rr_error err;
    struct rr_slice whole = { packed, len }, cut = { packed, len - 1 };

    assert_false(rr_unpack(rr_slice_from(likeness), whole, back, text.len - 1, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_false(rr_unpack(rr_slice_from(likeness), whole, back, text.len + 1, &err));
    assert_false(rr_unpack(rr_slice_from(likeness), cut, back, text.len, &err));
    assert_false(rr_unpack(rr_slice_from(likeness), (struct rr_slice){ 0 }, back, text.len, &err));
    assert_false(rr_unpack(RR_LIT("short"), whole, back, text.len, &err));
    rr_free(packed);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_of_the_greatest_length_has_room),
    cmocka_unit_test(text_of_any_kind_comes_back),
    cmocka_unit_test(text_like_the_dictionary_takes_next_to_nothing),
    cmocka_unit_test(unpack_refuses_what_is_damaged_or_of_another_length),
};
RR_TEST_MAIN(tests)
