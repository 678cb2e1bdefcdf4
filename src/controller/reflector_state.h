/* reflector_state: what a list-watch does next, without waiting and without a network (behaviour ).
 * Threads: belongs to one thread at a time. */
#ifndef RR_CONTROLLER_REFLECTOR_STATE_H
#define RR_CONTROLLER_REFLECTOR_STATE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/random.h>

enum { RR_REFLECTOR_PAGE = 500, RR_REFLECTOR_VERSION_MAX_BYTES = 256 };

enum rr_reflector_do {
    RR_REFLECTOR_LIST,  /* at `list_version`, with `list_limit` (0: none) */
    RR_REFLECTOR_WATCH, /* from `version` */
};

struct rr_reflector_action {
    enum rr_reflector_do what;
    int64_t delay_ms; /* before it */
};

struct rr_reflector_state {
    const struct rr_random *random; /* borrows */
    struct rr_buf version; /* resourceVersion of the last list or event; empty: none yet. Opaque: never parsed */
    bool version_unavailable; /* a list at `version` was answered "expired": the next one asks for the newest */
    bool paginated;           /* the server split the first list: later ones ask for pages too */
    int failures;             /* since the back-off was last quiet */
    int64_t last_failure_at_ms;
};

void rr_reflector_state_init(struct rr_reflector_state *state, const struct rr_random *random);
void rr_reflector_state_done(struct rr_reflector_state *state);

/* What a list asks for now: "0" the first time, the last version later, "" after it expired. */
struct rr_slice rr_reflector_list_version(const struct rr_reflector_state *state);
int rr_reflector_list_limit(const struct rr_reflector_state *state); /* 0: none */

struct rr_reflector_action rr_reflector_on_list(struct rr_reflector_state *state, struct rr_slice version,
                                                bool had_pages);
struct rr_reflector_action rr_reflector_on_list_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                       int64_t now_ms);
/* The server closed the watch after `lived_ms` and `events` events. */
struct rr_reflector_action rr_reflector_on_watch_closed(struct rr_reflector_state *state, int64_t lived_ms,
                                                        uint64_t events, int64_t now_ms);
struct rr_reflector_action rr_reflector_on_watch_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                        int64_t now_ms);

#endif
