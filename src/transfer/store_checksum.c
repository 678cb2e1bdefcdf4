/* SPDX-License-Identifier: Apache-2.0 */
#include "store_checksum.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/crypto/encode.h>

static const struct {
    const char *name, *header;
    size_t bytes;
    uint64_t polynomial, ones; /* of a CRC */
    enum rr_digest_kind digest;
} algorithms[] = {
    [RR_STORE_CRC64NVME] = { "CRC64NVME", "x-amz-checksum-crc64nvme", 8, RR_CRC64_NVME, UINT64_MAX, 0 },
    [RR_STORE_CRC32C] = { "CRC32C", "x-amz-checksum-crc32c", 4, RR_CRC32C, UINT32_MAX, 0 },
    [RR_STORE_CRC32] = { "CRC32", "x-amz-checksum-crc32", 4, RR_CRC32, UINT32_MAX, 0 },
    [RR_STORE_SHA256] = { "SHA256", "x-amz-checksum-sha256", 32, 0, 0, RR_DIGEST_SHA256 },
    [RR_STORE_SHA1] = { "SHA1", "x-amz-checksum-sha1", 20, 0, 0, RR_DIGEST_SHA1 },
    [RR_STORE_MD5] = { "MD5", "ETag", 16, 0, 0, RR_DIGEST_MD5 },
    [RR_STORE_NONE] = { "", "", 0, 0, 0, 0 },
};

const char *rr_store_algorithm_name(enum rr_store_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

/* A composite value ends with "-" and the number of parts, or the type says so. */
static bool is_composite(struct rr_slice type, struct rr_slice value)
{
    return rr_slice_contains_byte(value, '-') || rr_slice_equals_nocase(type, RR_LIT("COMPOSITE"));
}

/* A value of a type that is not known here may be of anything. */
static bool is_of_whole_object(struct rr_slice type)
{
    return type.len == 0 || rr_slice_equals_nocase(type, RR_LIT("FULL_OBJECT"));
}

static bool decode(enum rr_store_algorithm algorithm, struct rr_slice value, struct rr_store_checksum *out)
{
    struct rr_error ignored;
    rr_auto(buf) bytes = RR_BUF(RR_DIGEST_MAX_BYTES);
    if (!rr_base64_decode(value, &bytes, &ignored) || bytes.len != algorithms[algorithm].bytes)
        return false;
    memcpy(out->expected, bytes.ptr, bytes.len);
    out->expected_len = bytes.len;
    out->algorithm = algorithm;
    return true;
}

/* An ETag is the MD5 of the object where it was uploaded in one part, without encryption by KMS or by a customer's key.
 * A store that uses something else has another length, or would fail the comparison. */
static bool read_md5(const struct rr_s3_head *head, struct rr_store_checksum *out)
{
    struct rr_slice etag, encryption;
    bool is_encrypted = (rr_s3_head_header(head, "x-amz-server-side-encryption", &encryption) &&
                         !rr_slice_equals_nocase(encryption, RR_LIT("AES256"))) ||
                        rr_s3_head_header(head, "x-amz-server-side-encryption-customer-algorithm", &encryption);
    if (is_encrypted || !rr_s3_head_header(head, "ETag", &etag) || etag.len != 2 + 2 * algorithms[RR_STORE_MD5].bytes)
        return false;
    for (size_t i = 0; i < algorithms[RR_STORE_MD5].bytes; i++) {
        int high = rr_hex_digit(etag.ptr[1 + 2 * i]), low = rr_hex_digit(etag.ptr[2 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        out->expected[i] = (uint8_t)(16 * high + low);
    }
    out->expected_len = algorithms[RR_STORE_MD5].bytes;
    out->algorithm = RR_STORE_MD5;
    return true;
}

void rr_store_checksum_read(const struct rr_s3_head *head, struct rr_store_checksum *out_checksum)
{
    struct rr_slice value, type = { 0 };
    *out_checksum = (struct rr_store_checksum){ .algorithm = RR_STORE_NONE };
    (void)rr_s3_head_header(head, "x-amz-checksum-type", &type);
    for (enum rr_store_algorithm algorithm = RR_STORE_CRC64NVME; algorithm < RR_STORE_MD5; algorithm++) {
        if (!rr_s3_head_header(head, algorithms[algorithm].header, &value))
            continue;
        if (is_composite(type, value))
            out_checksum->is_composite = true;
        else if (is_of_whole_object(type) && decode(algorithm, value, out_checksum))
            return;
    }
    (void)read_md5(head, out_checksum);
}

bool rr_store_sum_begin(struct rr_store_sum *sum, enum rr_store_algorithm algorithm)
{
    sum->algorithm = algorithm;
    sum->crc = algorithms[algorithm].ones;
    if (algorithms[algorithm].polynomial != 0)
        rr_crc_table_make(&sum->table, algorithms[algorithm].polynomial);
    else if (algorithm != RR_STORE_NONE)
        sum->digest = rr_digest_stream_new(algorithms[algorithm].digest);
    return algorithm == RR_STORE_NONE || algorithms[algorithm].polynomial != 0 || sum->digest != NULL;
}

void rr_store_sum_add(struct rr_store_sum *sum, struct rr_slice bytes)
{
    if (sum->digest != NULL)
        rr_digest_stream_add(sum->digest, bytes);
    else if (sum->algorithm != RR_STORE_NONE)
        sum->crc = rr_crc_add(&sum->table, sum->crc, bytes);
}

bool rr_store_sum_matches(struct rr_store_sum *sum, const struct rr_store_checksum *checksum)
{
    uint8_t found[RR_DIGEST_MAX_BYTES];
    size_t len = algorithms[sum->algorithm].bytes;
    if (sum->digest != NULL) {
        len = rr_digest_stream_end(sum->digest, found);
    } else {
        uint64_t crc = sum->crc ^ algorithms[sum->algorithm].ones;
        for (size_t i = 0; i < len; i++) /* the first byte is the highest */
            found[i] = (uint8_t)(crc >> 8 * (len - 1 - i));
    }
    return len == checksum->expected_len && memcmp(found, checksum->expected, len) == 0;
}

void rr_store_sum_done(struct rr_store_sum *sum)
{
    rr_digest_stream_free(sum->digest);
    sum->digest = NULL;
}
