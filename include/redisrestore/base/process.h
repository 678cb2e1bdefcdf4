/* SPDX-License-Identifier: Apache-2.0 */
/* process: runs a child process that inherits no state of ours (docs/traps.md 8): it has an empty signal mask, default
 * signal dispositions, its own process group and no descriptor above 2. There is no shell.
 * Threads: any. */
#ifndef RR_BASE_PROCESS_H
#define RR_BASE_PROCESS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/stop.h>

struct rr_process_result {
    int exit_code; /* -1 if a signal ended the child */
    int signal;    /* 0 if it exited */
};

/* Runs a program and waits for its end. argv[0] is searched in PATH; argv and `environment` (NULL: ours) end in NULL.
 * stdin is /dev/null, and stderr is ours. Reads stdout into *out_stdout, which is empty before and whose `max` limits
 * it. At the deadline, at the stop, or if there is more output than that, the whole process group is killed. The child
 * is always reaped. Succeeds with any exit code. Fails with RR_E_NOT_FOUND (no such program), RR_E_TIMEOUT,
 * RR_E_CANCELLED, RR_E_TOO_BIG or RR_E_INTERNAL. */
RR_MUST_USE bool rr_process_run(const char *const argv[], char *const environment[], int64_t deadline_ms,
                                struct rr_stop *stop, struct rr_buf *out_stdout, struct rr_process_result *out_result,
                                struct rr_error *err);

#endif
