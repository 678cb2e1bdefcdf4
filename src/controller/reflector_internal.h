/* SPDX-License-Identifier: Apache-2.0 */
/* reflector_internal: the parts of the driver: its loop, one list, one watch. */
#ifndef RR_CONTROLLER_REFLECTOR_INTERNAL_H
#define RR_CONTROLLER_REFLECTOR_INTERNAL_H

#include "reflector_state.h"

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/reflector.h>

#include <stdatomic.h>

enum {
    RR_REFLECTOR_PATH_MAX_BYTES = 1024,
    RR_REFLECTOR_QUERY_MAX_BYTES = 16 * 1024, /* a continue token is a few hundred bytes */
    RR_REFLECTOR_OVERTIME_S = 60,             /* for a server that fails to end a watch */
    RR_REFLECTOR_TICK_MS = 1000,
    RR_REFLECTOR_SILENCE_MS = 150 * 1000, /* behaviour R-19: bookmarks come about every minute */
};

struct rr_reflector {
    struct rr_reflector_options options; /* fixed */
    struct rr_buf path;                  /* fixed */
    struct rr_buf namespace_name;        /* fixed; for labels */
    struct rr_thread thread;
    struct rr_reflector_state state; /* owned by the reflector's thread; during a watch, by the HTTP loop's thread */
    enum rr_code told;               /* likewise. The last logged state: RR_E_OK, or the code of the failure */
    atomic_bool synced, refused;
};

/* Lists all pages into the cache. On an error the cache is unchanged. */
RR_MUST_USE bool rr_reflector_list(struct rr_reflector *reflector, struct rr_buf *out_version, bool *out_had_pages,
                                   struct rr_error *err);
/* The result of a watch; filled on success and on error. */
struct rr_reflector_watched {
    uint64_t events;
    bool streamed; /* all existing objects came by the watch and are in the cache */
};
/* Runs one watch until the server closes it (true) or it fails. `from_nothing`: starts with the existing objects. */
RR_MUST_USE bool rr_reflector_watch(struct rr_reflector *reflector, bool from_nothing,
                                    struct rr_reflector_watched *out_watched, struct rr_error *err);
/* reflector_metrics.c. Counts a list, stream or watch that ended. */
void rr_reflector_count(const struct rr_reflector *reflector, const char *operation, bool success);
/* Records that objects, an event or a bookmark came. */
void rr_reflector_heard(const struct rr_reflector *reflector);
/* Records that all existing objects are in the cache. */
void rr_reflector_tell_synced(struct rr_reflector *reflector);
/* Appends "&labelSelector=..." if there is a selector. */
void rr_reflector_add_selector(const struct rr_reflector *reflector, struct rr_buf *query);
/* Logs the recovery if the last logged state was a failure. */
void rr_reflector_tell_well(struct rr_reflector *reflector);

#endif
