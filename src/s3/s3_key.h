/* SPDX-License-Identifier: Apache-2.0 */
/* s3_key: keys as a page names them, URL-encoded where the store heeds encoding-type. Threads: pure. */
#ifndef RR_S3_S3_KEY_H
#define RR_S3_S3_KEY_H

#include <redisrestore/base/buf.h>

enum { RR_S3_KEY_MAX_BYTES = 1024, RR_S3_KEY_ENCODED_MAX = 3 * RR_S3_KEY_MAX_BYTES }; /* each byte as %XX */

/* Whether the key reads differently when it is decoded. */
bool rr_s3_key_has_escapes(struct rr_slice key);
/* *out_key borrows from the key or from *scratch. Fails with RR_E_BAD_REPLY: not decodable, or too long. */
RR_MUST_USE bool rr_s3_key_decode(struct rr_slice key, bool url_encoded, struct rr_buf *scratch,
                                  struct rr_slice *out_key, struct rr_error *err);

#endif
