/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/sizefmt.h>

#include <redisrestore/base/buf.h>

#include <inttypes.h>
#include <stdio.h>

enum { KI = 1024, DECIMALS = 10 };

struct rr_slice rr_size_quantity(uint64_t bytes, char out_text[RR_SIZE_TEXT_SIZE])
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
    size_t unit = 1;
    uint64_t one = KI, tenths = 0;
    if (bytes < KI) {
        (void)snprintf(out_text, RR_SIZE_TEXT_SIZE, "%" PRIu64, bytes);
        return rr_slice_from(out_text);
    }
    /* In tenths, rounded half up; a value that rounds to 1024.0 becomes 1 of the next unit. */
    while (true) {
        uint64_t rest = bytes % one;
        tenths = bytes / one * DECIMALS + (rest / (one / KI) * DECIMALS + KI / 2) / KI;
        if (tenths < KI * DECIMALS || unit + 1 == RR_COUNT(units))
            break;
        unit++;
        one *= KI;
    }
    if (tenths % DECIMALS == 0)
        (void)snprintf(out_text, RR_SIZE_TEXT_SIZE, "%" PRIu64 "%s", tenths / DECIMALS, units[unit]);
    else
        (void)snprintf(out_text, RR_SIZE_TEXT_SIZE, "%" PRIu64 ".%" PRIu64 "%s", tenths / DECIMALS, tenths % DECIMALS,
                       units[unit]);
    return rr_slice_from(out_text);
}

struct rr_slice rr_size_text(uint64_t bytes, char out_text[RR_SIZE_TEXT_SIZE])
{
    size_t len = rr_size_quantity(bytes, out_text).len;
    if (bytes < KI)
        (void)snprintf(out_text + len, RR_SIZE_TEXT_SIZE - len, " byte%s", rr_plural(bytes));
    else
        (void)snprintf(out_text + len, RR_SIZE_TEXT_SIZE - len, "B (%" PRIu64 " bytes)", bytes);
    return rr_slice_from(out_text);
}
