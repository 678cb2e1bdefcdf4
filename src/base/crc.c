/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/crc.h>

#include <redisrestore/base/bytes.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    LANES = 8, /* folded side by side, since one fold waits for the one before it */
    LANE_BYTES = 16,
    LANE_BITS = 8 * LANE_BYTES,
    STEP_BYTES = LANES * LANE_BYTES,
};

/* --- without multiplication: a table for each byte of a step --- */

static void make_slices(struct rr_crc_table *out_table, uint64_t polynomial)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
        out_table->of[0][byte] = crc;
    }
    for (int slice = 1; slice < RR_CRC_SLICES; slice++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = out_table->of[slice - 1][byte];
            out_table->of[slice][byte] = crc >> 8 ^ out_table->of[0][crc & 0xff];
        }
}

/* Eight bytes whose last one is followed by `behind` more bytes of the step. */
static inline uint64_t look_up(const struct rr_crc_table *table, uint64_t word, int behind)
{
    uint64_t crc = 0;
    for (int i = 0; i < 8; i++)
        crc ^= table->of[behind + 7 - i][word >> 8 * i & 0xff];
    return crc;
}

static uint64_t add_by_slices(const struct rr_crc_table *table, uint64_t crc, const char *at, const char *end)
{
    for (; end - at >= RR_CRC_SLICES; at += RR_CRC_SLICES)
        crc = look_up(table, crc ^ rr_little_endian(at, 8), 8) ^ look_up(table, rr_little_endian(at + 8, 8), 0);
    for (; at < end; at++)
        crc = crc >> 8 ^ table->of[0][(crc ^ (unsigned char)*at) & 0xff];
    return crc;
}

/* --- with carry-less multiplication: 16 bytes are replaced by what they leave further on ---
 * (Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009) */

/* x^power modulo the polynomial. Bit 63 is the coefficient of x^0, as the lowest bit of a text is its highest power. */
static uint64_t power_of_x(uint64_t polynomial, unsigned power)
{
    unsigned shift = (unsigned)__builtin_clzll(polynomial);
    uint64_t rest = UINT64_C(1) << (63 - shift);
    for (; power > 0; power--)
        rest = (rest & 1) != 0 ? rest >> 1 ^ polynomial : rest >> 1;
    return rest << shift;
}

/* Moves a lane by so many bits. A product of two reflected numbers is x times too large. */
static void make_fold(uint64_t out_factors[2], uint64_t polynomial, unsigned bits)
{
    out_factors[0] = power_of_x(polynomial, bits + 64 - 1);
    out_factors[1] = power_of_x(polynomial, bits - 1);
}

#if defined(__x86_64__)
#define FOLDS __attribute__((target("pclmul")))

static bool can_fold(void)
{
    return __builtin_cpu_supports("pclmul");
}

FOLDS static inline __m128i load(const void *at)
{
    return _mm_loadu_si128(at);
}

FOLDS static inline __m128i fold(__m128i lane, __m128i factors)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(lane, factors, 0x00), _mm_clmulepi64_si128(lane, factors, 0x11));
}

/* At least STEP_BYTES, and whole lanes. */
FOLDS static uint64_t add_by_folding(const struct rr_crc_table *table, uint64_t crc, const char *at, const char *end)
{
    const __m128i far = load(table->far), near = load(table->near);
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = load(at + (ptrdiff_t)i * LANE_BYTES);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, (long long)crc));
    for (at += STEP_BYTES; end - at >= STEP_BYTES; at += STEP_BYTES)
        for (int i = 0; i < LANES; i++)
            lanes[i] = _mm_xor_si128(fold(lanes[i], far), load(at + (ptrdiff_t)i * LANE_BYTES));
    __m128i last = lanes[0];
    for (int i = 1; i < LANES; i++)
        last = _mm_xor_si128(fold(last, near), lanes[i]);
    for (; at < end; at += LANE_BYTES)
        last = _mm_xor_si128(fold(last, near), load(at));
    char rest[LANE_BYTES];
    _mm_storeu_si128((__m128i *)(void *)rest, last);
    return add_by_slices(table, 0, rest, rest + LANE_BYTES);
}
#else
static bool can_fold(void)
{
    return false;
}

static uint64_t add_by_folding(const struct rr_crc_table *table, uint64_t crc, const char *at, const char *end)
{
    return add_by_slices(table, crc, at, end);
}
#endif

void rr_crc_table_make(struct rr_crc_table *out_table, uint64_t polynomial)
{
    make_slices(out_table, polynomial);
    make_fold(out_table->far, polynomial, LANES * LANE_BITS);
    make_fold(out_table->near, polynomial, LANE_BITS);
    out_table->folds = can_fold();
}

uint64_t rr_crc_add(const struct rr_crc_table *table, uint64_t crc, struct rr_slice bytes)
{
    const char *at = bytes.ptr, *end = at + bytes.len;
    if (table->folds && bytes.len >= STEP_BYTES) {
        const char *lanes_end = at + bytes.len / LANE_BYTES * LANE_BYTES;
        crc = add_by_folding(table, crc, at, lanes_end);
        at = lanes_end;
    }
    return add_by_slices(table, crc, at, end);
}
