/* restore_runs: what this process knows of each object beside the store: its memory for decisions, and the discovery
 * that runs for it, which a deletion or a suspension ends. By key, forgotten with the object; another uid is another
 * object (behaviour R-26). Threads: any. */
#ifndef RR_RESTORE_RUNS_H
#define RR_RESTORE_RUNS_H

#include "restore_decide.h"

#include <redisrestore/base/stop.h>

struct rr_restore_runs;

struct rr_restore_runs *rr_restore_runs_new(void);
void rr_restore_runs_free(struct rr_restore_runs *runs);

/* The memory of this object; empty for one that was not seen before. */
struct rr_restore_memory rr_restore_runs_recall(struct rr_restore_runs *runs, struct rr_slice key, struct rr_slice uid);
void rr_restore_runs_remember(struct rr_restore_runs *runs, struct rr_slice key, struct rr_slice uid,
                              const struct rr_restore_memory *memory);
void rr_restore_runs_forget(struct rr_restore_runs *runs, struct rr_slice key);

/* A reconcile runs from enter to leave; `stop` is what rr_restore_runs_cancel sets. Borrows it. Enter first, then read
 * the store: whoever changes the store and then cancels reaches every run that may have seen the old object. */
void rr_restore_runs_enter(struct rr_restore_runs *runs, struct rr_slice key, struct rr_stop *stop);
void rr_restore_runs_leave(struct rr_restore_runs *runs, struct rr_slice key);
void rr_restore_runs_cancel(struct rr_restore_runs *runs, struct rr_slice key);

#endif
