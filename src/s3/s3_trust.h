/* SPDX-License-Identifier: Apache-2.0 */
/* s3_trust: what a listing believes of a store that promises no order of bytes (every store but AWS). Three rules:
 * - Before an invented text counts, the store must show once in this listing that it answers such a text in order. The
 *   proof asks for the key behind a text between two neighbours of a page. It runs beside the other requests, and the
 *   listing is not done before it has succeeded.
 * - Two ranges that meet at a split must show the same key there (s3_seams). So an empty page behind a split counts
 * only when the range below, which goes on from named keys, finds nothing there either.
 * - The first empty page behind keys that were passed over is checked: the range goes back to the last named key and
 *   passes nothing over. Later ones count if this check holds.
 * A failure is RR_E_BAD_REPLY: the store must be listed from token to token. Threads: belongs to one. */
#ifndef RR_S3_S3_TRUST_H
#define RR_S3_S3_TRUST_H

#include "s3_range.h"
#include "s3_seams.h"

enum rr_s3_proof { RR_S3_PROOF_UNKNOWN, RR_S3_PROOF_POSSIBLE, RR_S3_PROOF_UNDER_WAY, RR_S3_PROOF_SHOWN };

/* Zeroed but for distrusts and seams.capacity. */
struct rr_s3_trust {
    bool distrusts; /* false: everything is believed, and nothing below is used */
    bool invents;   /* an invented text was sent */
    bool pass_checked;
    struct rr_s3_seams seams;
    enum rr_s3_proof proof;
    struct rr_buf proof_text, proof_key; /* an invented text, and the key right behind it */
};

enum rr_s3_judgement {
    RR_S3_COUNTS, /* the page counts as it is */
    RR_S3_MOVED,  /* the range was moved and is to be asked again: the page does not end it */
    RR_S3_LIES,   /* *err */
};

void rr_s3_trust_done(struct rr_s3_trust *trust);
/* Learns two neighbours from a page of keys, for the proof. */
void rr_s3_trust_learn(struct rr_s3_trust *trust, const struct rr_s3_facts *facts);
/* Whether an invented text may be sent. */
bool rr_s3_trust_may_invent(const struct rr_s3_trust *trust);
/* Whether the proof is to be sent now; *range, zeroed, becomes it. */
bool rr_s3_trust_begin_proof(struct rr_s3_trust *trust, struct rr_s3_range *range);
RR_MUST_USE bool rr_s3_trust_end_proof(struct rr_s3_trust *trust, const struct rr_s3_facts *facts,
                                       struct rr_error *err);
/* A page of a range has come. */
RR_MUST_USE enum rr_s3_judgement rr_s3_trust_judge(struct rr_s3_trust *trust, struct rr_s3_range *range,
                                                   const struct rr_s3_facts *facts, struct rr_error *err);
/* Moves the range on to `key`, over keys that need not be seen. *out_passed tells whether it did. False: the range has
 * ended. */
RR_MUST_USE bool rr_s3_trust_pass(struct rr_s3_trust *trust, struct rr_s3_range *range, struct rr_slice key,
                                  bool *out_passed);
/* All ranges have ended: whether every empty page was confirmed. */
RR_MUST_USE bool rr_s3_trust_confirm(const struct rr_s3_trust *trust, struct rr_error *err);

#endif
