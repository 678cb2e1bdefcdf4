/* restore_shelf: statuses of objects as JSON, a fraction of what their buffers take, by key. What its owner keeps with
 * each begins with a struct rr_restore_shelved. Threads: belongs to its owner's lock. Limits: 4 MiB in all; what does
 * not fit is not kept. */
#ifndef RR_RESTORE_SHELF_H
#define RR_RESTORE_SHELF_H

#include "restore_status.h"

#include <redisrestore/base/map.h>

struct rr_restore_shelved {
    char *uid;          /* owns; of the object, as another uid is another object */
    struct rr_buf text; /* owns */
};

struct rr_restore_shelf {
    struct rr_map items; /* of rr_restore_shelved, owns */
    size_t bytes;
};

enum { RR_RESTORE_SHELF_MAX_BYTES = 4 << 20 };

/* Returns owned; done with rr_restore_shelved_done. */
struct rr_restore_shelved rr_restore_shelved_make(struct rr_slice uid, const struct rr_restore_status *status);
void rr_restore_shelved_done(struct rr_restore_shelved *shelved);
/* Puts the text of a shelved status in place of *out_status, which was initialised. False, with *out_status as it was:
 * it is no JSON after all. */
bool rr_restore_shelved_open(struct rr_slice text, struct rr_restore_status *out_status);

/* Takes the item over, where nothing stands; false, and it stays the caller's: it does not fit, or is not whole. */
bool rr_restore_shelf_put(struct rr_restore_shelf *shelf, struct rr_slice key, struct rr_restore_shelved *item);
/* Gives what stood there back, or NULL. */
void *rr_restore_shelf_remove(struct rr_restore_shelf *shelf, struct rr_slice key);

#endif
