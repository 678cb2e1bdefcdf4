/* SPDX-License-Identifier: Apache-2.0 */
/* signals: SIGINT and SIGTERM set a stop token; the second of them ends the process at once with exit code 1, and so
 * does an end that takes too long (behaviour W-09). Waited for by a thread of its own, so that whoever works needs no
 * handler and no EINTR. Threads: rr_signals_block from main before any other thread; start and end from one thread. */
#ifndef RR_APP_SIGNALS_H
#define RR_APP_SIGNALS_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>

enum { RR_SIGNALS_END_MAX_MS = 20 * 1000 }; /* behaviour W-09; the kubelet kills after 30 s */

struct rr_signals {
    struct rr_thread thread;
    struct rr_stop *stop; /* borrows */
    int64_t end_max_ms;   /* fixed */
    int first;            /* atomic; the signal that came, 0: none */
    bool finished;        /* atomic */
};

/* Blocks what is waited for, in the calling thread and all that it starts; ignores SIGPIPE (behaviour F-30). */
void rr_signals_block(void);
/* Takes that back for a command that holds nothing: SIGINT and SIGTERM end the process at once, as by default. */
void rr_signals_unblock(void);
/* After the signal there are `end_max_ms` until rr_signals_end. */
void rr_signals_start(struct rr_signals *signals, struct rr_stop *stop, int64_t end_max_ms);
/* Ends the waiting. Returns the signal that set the token, 0 when none did. */
int rr_signals_end(struct rr_signals *signals);

#endif
