/* SPDX-License-Identifier: Apache-2.0 */
/* runtime: initialization for the whole process, in this order. Block the signals before it, and start threads only
 * after it. Threads: from main only. */
#ifndef RR_APP_RUNTIME_H
#define RR_APP_RUNTIME_H

/* Call it first in main. Sets one arena of the allocator and a fixed size above which it uses mmap. Disables core dumps
 * and debuggers, because the process holds keys (behaviour F-49). */
void rr_runtime_harden(void);
/* Initializes libcurl, libxml2 and OpenSSL. */
void rr_runtime_init(void);
/* Call it after every loop has ended. */
void rr_runtime_done(void);

#endif
