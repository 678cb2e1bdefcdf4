/* process_setup: what must happen once, in this order, before any thread and after the last one (traps: order of
 * start). Threads: the main thread. */
#ifndef RR_APP_PROCESS_SETUP_H
#define RR_APP_PROCESS_SETUP_H

#include <redisrestore/base/stop.h>

/* Limits malloc to one arena, forbids core dumps and tracing (secrets are in memory), blocks signals, initialises the
 * libraries. */
void rr_process_setup(void);
void rr_process_teardown(void);

/* Waits for SIGINT or SIGTERM on a thread of its own and sets the stop; a second signal ends the process at once with
 * exit code 1. */
struct rr_signal_watch;
struct rr_signal_watch *rr_signal_watch_start(struct rr_stop *stop); /* returns owned; borrows stop */
/* Ends the watch; the signal that came, or 0. */
int rr_signal_watch_free(struct rr_signal_watch *watch);

#endif
