/* SPDX-License-Identifier: Apache-2.0 */
/* reflector_internal: the driver's parts: its loop, one list, one watch. */
#ifndef RR_CONTROLLER_REFLECTOR_INTERNAL_H
#define RR_CONTROLLER_REFLECTOR_INTERNAL_H

#include "reflector_state.h"

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/reflector.h>

#include <stdatomic.h>

enum {
    RR_REFLECTOR_PATH_MAX_BYTES = 1024,
    RR_REFLECTOR_NAMESPACE_MAX_BYTES = 253,
    RR_REFLECTOR_QUERY_MAX_BYTES = 16 * 1024, /* a continue token is a few hundred bytes */
    RR_REFLECTOR_OVERTIME_S = 60,             /* for a server that forgets to end a watch */
    RR_REFLECTOR_TICK_MS = 1000,
    RR_REFLECTOR_SILENCE_MS = 150 * 1000, /* behaviour R-19: bookmarks come about every minute */
};

struct rr_reflector {
    struct rr_reflector_options options; /* fixed */
    struct rr_buf path;                  /* fixed */
    struct rr_buf namespace_name;        /* fixed; for labels */
    struct rr_thread thread;
    struct rr_reflector_state state; /* the reflector's thread; during a watch the HTTP loop's, which hands it back */
    enum rr_code told;               /* likewise. What the log was last told: RR_E_OK, or the code of the failure */
    atomic_bool synced, refused;
};

/* All pages of a list into the cache, or an error and the cache as it was. */
RR_MUST_USE bool rr_reflector_list(struct rr_reflector *reflector, struct rr_buf *out_version, bool *out_had_pages,
                                   struct rr_error *err);
/* What a watch did until it ended; filled however it ended. */
struct rr_reflector_watched {
    uint64_t events;
    bool streamed; /* all that there was came by it and is in the cache */
};
/* One watch until it ends: closed by the server (true), or an error. `from_nothing`: it begins with what there is. */
RR_MUST_USE bool rr_reflector_watch(struct rr_reflector *reflector, bool from_nothing,
                                    struct rr_reflector_watched *out_watched, struct rr_error *err);
/* reflector_metrics.c. One list, stream or watch ended. */
void rr_reflector_count(const struct rr_reflector *reflector, const char *operation, bool success);
/* Objects, an event or a bookmark came. */
void rr_reflector_heard(const struct rr_reflector *reflector);
/* All that there was is in the cache. */
void rr_reflector_tell_synced(struct rr_reflector *reflector);
/* Appends "&labelSelector=..." when there is one. */
void rr_reflector_add_selector(const struct rr_reflector *reflector, struct rr_buf *query);
/* The server answers as it should: the log is told when it did not before. */
void rr_reflector_tell_well(struct rr_reflector *reflector);

#endif
