/* SPDX-License-Identifier: Apache-2.0 */
/* s3_trust: decides which pages to believe of a store that does not guarantee the order of bytes (every store except
 * AWS). Three rules:
 * - Before an invented text counts, the store must show once in this listing that it answers such a text in order. The
 * proof requests the key behind a text between two neighbours of a page. It runs beside the other requests, and the
 * listing is not complete before it has succeeded.
 * - Two ranges that meet at a split must show the same key there (s3_seams). So an empty page behind a split counts
 * only if the range below, which continues from named keys, finds nothing there either.
 * - The first empty page behind skipped keys is checked: the range goes back to the last named key and skips nothing.
 * Later ones count if this check succeeds.
 * A failure is RR_E_BAD_REPLY: the store must be listed by continuation tokens. Threads: belongs to one. */
#ifndef RR_S3_S3_TRUST_H
#define RR_S3_S3_TRUST_H

#include "s3_range.h"
#include "s3_seams.h"

enum rr_s3_proof { RR_S3_PROOF_UNKNOWN, RR_S3_PROOF_POSSIBLE, RR_S3_PROOF_UNDER_WAY, RR_S3_PROOF_SHOWN };

/* Zeroed, except for distrusts and seams.capacity. */
struct rr_s3_trust {
    bool distrusts; /* false: every page is believed, and the rest of this struct is unused */
    bool invents;   /* an invented text was sent */
    bool pass_checked;
    struct rr_s3_seams seams;
    enum rr_s3_proof proof;
    struct rr_buf proof_text, proof_key; /* an invented text, and the next key behind it */
};

enum rr_s3_judgement {
    RR_S3_COUNTS, /* the page counts */
    RR_S3_MOVED,  /* the range was moved and must be requested again: the page does not end it */
    RR_S3_LIES,   /* *err */
};

void rr_s3_trust_done(struct rr_s3_trust *trust);
/* Learns two neighbours from a page, for the proof. */
void rr_s3_trust_learn(struct rr_s3_trust *trust, const struct rr_s3_facts *facts);
/* Returns whether an invented text may be sent. */
bool rr_s3_trust_may_invent(const struct rr_s3_trust *trust);
/* Returns whether to send the proof now; *range, which is zeroed, becomes it. */
bool rr_s3_trust_begin_proof(struct rr_s3_trust *trust, struct rr_s3_range *range);
RR_MUST_USE bool rr_s3_trust_end_proof(struct rr_s3_trust *trust, const struct rr_s3_facts *facts,
                                       struct rr_error *err);
/* Judges a page of a range. */
RR_MUST_USE enum rr_s3_judgement rr_s3_trust_judge(struct rr_s3_trust *trust, struct rr_s3_range *range,
                                                   const struct rr_s3_facts *facts, struct rr_error *err);
/* Moves the range to `key`, skipping keys. *out_passed: whether it moved. False: the range has ended. */
RR_MUST_USE bool rr_s3_trust_pass(struct rr_s3_trust *trust, struct rr_s3_range *range, struct rr_slice key,
                                  bool *out_passed);
/* After all ranges have ended: returns whether every empty page was confirmed. */
RR_MUST_USE bool rr_s3_trust_confirm(const struct rr_s3_trust *trust, struct rr_error *err);

#endif
