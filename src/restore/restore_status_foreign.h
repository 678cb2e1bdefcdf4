/* SPDX-License-Identifier: Apache-2.0 */
/* restore_status_foreign: parts of a stored status that were not applied, and the JSON patch that removes them
 * (behaviour E-18). Threads: pure. */
#ifndef RR_RESTORE_STATUS_FOREIGN_H
#define RR_RESTORE_STATUS_FOREIGN_H

#include <redisrestore/base/buf.h>

/* Appends to *out_patch a JSON patch of the object, on this resourceVersion, that removes from its status what
 * `applied` lacks: members, and conditions of other types. Both are JSON. False, with nothing appended: there is none,
 * or a text is no JSON. */
bool rr_restore_status_foreign(struct rr_buf *out_patch, struct rr_slice stored, struct rr_slice applied,
                               struct rr_slice version);

#endif
