/* SPDX-License-Identifier: Apache-2.0 */
/* store_checksum: compares the checksum that a store has for an object with that of the received bytes (behaviour
 * V-13). Threads: belongs to one at a time. */
#ifndef RR_TRANSFER_STORE_CHECKSUM_H
#define RR_TRANSFER_STORE_CHECKSUM_H

#include <redisrestore/base/crc.h>
#include <redisrestore/crypto/digest_stream.h>
#include <redisrestore/s3/s3_head.h>
#include <redisrestore/transfer/source.h>

/* In the order in which they are preferred. */
enum rr_store_algorithm {
    RR_STORE_CRC64NVME,
    RR_STORE_CRC32C,
    RR_STORE_CRC32,
    RR_STORE_SHA256,
    RR_STORE_SHA1,
    RR_STORE_MD5, /* the ETag */
    RR_STORE_NONE,
};

struct rr_store_checksum {
    enum rr_store_algorithm algorithm; /* of the value to compare; NONE: there is none */
    bool is_composite;                 /* only checksums of the parts' checksums were offered */
    uint8_t expected[RR_DIGEST_MAX_BYTES];
    size_t expected_len;
};

/* The sum over the bytes so far. */
struct rr_store_sum {
    enum rr_store_algorithm algorithm;
    struct rr_crc_table table;
    uint64_t crc;
    struct rr_digest_stream *digest; /* owns */
};

const char *rr_store_algorithm_name(enum rr_store_algorithm algorithm); /* "CRC64NVME"; literal; "" */
void rr_store_checksum_read(const struct rr_s3_head *head, struct rr_store_checksum *out_checksum);

/* False: this build of OpenSSL does not have the digest. */
RR_MUST_USE bool rr_store_sum_begin(struct rr_store_sum *sum, enum rr_store_algorithm algorithm);
void rr_store_sum_add(struct rr_store_sum *sum, struct rr_slice bytes);
bool rr_store_sum_matches(struct rr_store_sum *sum, const struct rr_store_checksum *checksum);
void rr_store_sum_done(struct rr_store_sum *sum);

#endif
