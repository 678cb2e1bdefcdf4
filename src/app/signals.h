/* SPDX-License-Identifier: Apache-2.0 */
/* signals: SIGINT and SIGTERM set a stop token. The second of them ends the process immediately with exit code 1, and
 * so does a shutdown that takes too long (behaviour W-09). A separate thread waits for them, so that other threads need
 * no handler and see no EINTR. Threads: rr_signals_block from main before any other thread; start and end from one
 * thread. */
#ifndef RR_APP_SIGNALS_H
#define RR_APP_SIGNALS_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>

#include <stdatomic.h>

enum { RR_SIGNALS_END_MAX_MS = 20 * 1000 }; /* behaviour W-09; the kubelet kills after 30 s */

struct rr_signals {
    struct rr_thread thread;
    struct rr_stop *stop; /* borrows */
    int64_t end_max_ms;   /* fixed */
    atomic_int first;     /* the signal that was received, 0: none */
    atomic_bool finished;
};

/* Blocks these signals in the calling thread and in all threads that it starts. Ignores SIGPIPE (behaviour F-30) and
 * SIGXFSZ (G-08). */
void rr_signals_block(void);
/* Unblocks them for a command that holds no resources: SIGINT and SIGTERM end the process immediately, as by
 * default. */
void rr_signals_unblock(void);
/* Starts the thread. After the first signal, rr_signals_end must follow within `end_max_ms`. */
void rr_signals_start(struct rr_signals *signals, struct rr_stop *stop, int64_t end_max_ms);
/* Ends the thread. Returns the signal that set the token, or 0 if there was none. */
int rr_signals_end(struct rr_signals *signals);

#endif
