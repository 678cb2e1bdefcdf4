/* SPDX-License-Identifier: Apache-2.0 */
/* restore_status_foreign: finds parts of a stored status that were not applied, and creates the JSON patch that removes
 * them (behaviour E-18). Threads: pure. */
#ifndef RR_RESTORE_STATUS_FOREIGN_H
#define RR_RESTORE_STATUS_FOREIGN_H

#include <redisrestore/base/buf.h>

/* Appends to *out_patch a JSON patch for the object at this resourceVersion. The patch removes from the object's status
 * everything that `applied` lacks: members, and conditions of other types. Both inputs have passed rr_json_raw_check.
 * Returns false, with nothing appended, if there is nothing to remove. */
bool rr_restore_status_foreign(struct rr_buf *out_patch, struct rr_slice stored, struct rr_slice applied,
                               struct rr_slice version);

#endif
