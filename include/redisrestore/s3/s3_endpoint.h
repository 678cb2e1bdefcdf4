/* SPDX-License-Identifier: Apache-2.0 */
/* s3_endpoint: turns bucket, region and endpoint, as a user wrote them, into the address of a request (behaviour S-17
 * to S-20, F-33, F-34).
 * Threads: pure. */
#ifndef RR_S3_S3_ENDPOINT_H
#define RR_S3_S3_ENDPOINT_H

#include <redisrestore/base/buf.h>

enum rr_s3_addressing { RR_S3_ADDRESSING_AUTO, RR_S3_ADDRESSING_PATH, RR_S3_ADDRESSING_VIRTUAL_HOSTED };

/* All borrow. */
struct rr_s3_location {
    struct rr_slice bucket;
    struct rr_slice region;   /* empty: us-east-1 */
    struct rr_slice endpoint; /* empty: AWS, by region */
    enum rr_s3_addressing addressing;
    bool dualstack, fips; /* choose AWS' host; refused with an endpoint */
};

struct rr_s3_endpoint {
    struct rr_buf origin;    /* "https://host[:port]", as connected to */
    struct rr_buf host;      /* value of the Host header, without the default port */
    struct rr_buf base_path; /* "/", "/bucket", "/path/bucket": the encoded path of a bucket request; objects append "/"
                                and the key */
    struct rr_buf display;   /* the endpoint's URL for users and for status.storage.endpoint, without the bucket */
    struct rr_buf region;
    struct rr_buf bucket;
    enum rr_s3_addressing addressing; /* PATH or VIRTUAL_HOSTED */
    bool https, is_aws;
    bool region_is_default; /* none was given */
    bool dualstack, fips;
};

/* "Path", "VirtualHosted", "Auto". */
const char *rr_s3_addressing_name(enum rr_s3_addressing addressing);
RR_MUST_USE bool rr_s3_addressing_parse(struct rr_slice text, enum rr_s3_addressing *out_addressing);

/* Fails with RR_E_BAD_INPUT; the message names the field (bucket, region, endpoint) and the rule. *out_endpoint is
 * zeroed before. */
RR_MUST_USE bool rr_s3_endpoint_resolve(const struct rr_s3_location *location, struct rr_s3_endpoint *out_endpoint,
                                        struct rr_error *err);
/* Moves the bucket to another region: AWS' host is built for it, a custom endpoint stays (behaviour S-09). Fails as
 * rr_s3_endpoint_resolve does. *out_endpoint is zeroed before. */
RR_MUST_USE bool rr_s3_endpoint_move(const struct rr_s3_endpoint *from, struct rr_slice region,
                                     struct rr_s3_endpoint *out_endpoint, struct rr_error *err);
void rr_s3_endpoint_done(struct rr_s3_endpoint *endpoint);

/* Makes a prefix of keys from the user's text: appends a slash if none ends it; empty stays empty. Keys may begin
 * with '/' and contain "//", so a prefix may too. Fails with RR_E_BAD_INPUT (control bytes, invalid UTF-8, over 512
 * bytes). Appends to *out_prefix. */
RR_MUST_USE bool rr_s3_prefix_normalize(struct rr_slice prefix, struct rr_buf *out_prefix, struct rr_error *err);

#endif
