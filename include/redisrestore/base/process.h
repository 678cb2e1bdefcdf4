/* SPDX-License-Identifier: Apache-2.0 */
/* process: runs a child process that inherits nothing of ours (traps.md 8).
 * Empty signal mask, default dispositions, own process group, no descriptor above 2, no shell.
 * Threads: any. */
#ifndef RR_BASE_PROCESS_H
#define RR_BASE_PROCESS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/stop.h>

struct rr_process_result {
    int exit_code; /* -1 when a signal ended it */
    int signal;    /* 0 when it exited */
};

/* Runs argv (NULL-terminated; argv[0] is looked up in PATH) with `environment` (NULL: ours), stdin /dev/null, stderr
 * passed on, and reads its stdout into *out_stdout, empty before, whose max is the cap. The whole group is killed at
 * the deadline, at the stop and when the cap is passed; the child is always reaped. Fails with RR_E_NOT_FOUND (no such
 * program), RR_E_TIMEOUT, RR_E_CANCELLED, RR_E_TOO_BIG or RR_E_INTERNAL. */
RR_MUST_USE bool rr_process_run(const char *const argv[], char *const environment[], int64_t deadline_ms,
                                struct rr_stop *stop, struct rr_buf *out_stdout, struct rr_process_result *out_result,
                                struct rr_error *err);

#endif
