/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime.h"

#include <redisrestore/crypto/digest.h>
#include <redisrestore/http/http.h>
#include <redisrestore/text/xml_push.h>

#include <malloc.h>
#include <sys/prctl.h>

enum { MMAP_THRESHOLD_BYTES = 128 * 1024 };

void rr_runtime_harden(void)
{
    (void)mallopt(M_ARENA_MAX, 1);
    /* glibc's default, but fixed. Otherwise the first large block that is freed raises it, up to 32 MiB, and the trim
     * threshold with it. Later large blocks are then in the heap, which never shrinks below a block that was allocated
     * behind them. */
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
    rr_assert(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

void rr_runtime_init(void)
{
    rr_crypto_global_init();
    rr_http_global_init();
    rr_xml_global_init();
}

void rr_runtime_done(void)
{
    rr_xml_global_done();
    rr_http_global_done();
}
