/* SPDX-License-Identifier: Apache-2.0 */
/* runtime: what must be done once for the whole process, in this order (signals blocked before it, threads only after
 * it). Threads: from main only. */
#ifndef RR_APP_RUNTIME_H
#define RR_APP_RUNTIME_H

/* First in main: one arena of the allocator and a fixed size from which it maps, no core dumps and no debugger on a
 * process that holds keys (behaviour F-49). */
void rr_runtime_harden(void);
/* libcurl, libxml2 and OpenSSL. */
void rr_runtime_init(void);
/* After every loop has ended. */
void rr_runtime_done(void);

#endif
