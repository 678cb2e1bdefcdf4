/* SPDX-License-Identifier: Apache-2.0 */
/* encode: encodes hex, and encodes and decodes base64. Threads: pure. */
#ifndef RR_CRYPTO_ENCODE_H
#define RR_CRYPTO_ENCODE_H

#include <redisrestore/base/buf.h>

void rr_hex(const uint8_t *bytes, size_t len, char *out_text);    /* writes 2 * len lower-case digits and a NUL */
void rr_base64_encode(struct rr_buf *buf, struct rr_slice bytes); /* standard alphabet with padding; appends */
/* Decodes the standard alphabet with padding. Skips white space, because kubeconfig files have wrapped lines. Appends
 * to *out_bytes. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_base64_decode(struct rr_slice text, struct rr_buf *out_bytes, struct rr_error *err);

#endif
