/* SPDX-License-Identifier: Apache-2.0 */
/* restore_secret_hints: recognizes the usual mistakes in a Secret of credentials, so that the message can name them
 * (behaviour F-32). No text contains any part of a value. Pure. */
#ifndef RR_RESTORE_SECRET_HINTS_H
#define RR_RESTORE_SECRET_HINTS_H

#include <redisrestore/text/json.h>

enum rr_restore_secret_key { RR_RESTORE_ACCESS_KEY_ID, RR_RESTORE_SECRET_ACCESS_KEY, RR_RESTORE_SESSION_TOKEN };

/* Returns the name of a member of `data` that is probably meant to be that key: "accessKey", "aws_secret_access_key".
 * Returns NULL if there is none. Borrows. */
const char *rr_restore_secret_misspelt(const struct rr_json_node *data, enum rr_restore_secret_key which);
/* Returns what is wrong with a decoded value that no store can accept, as a literal that continues "the value of X".
 * Returns NULL if no mistake is known. */
const char *rr_restore_secret_doubt(struct rr_slice value, enum rr_restore_secret_key which);

#endif
