/* SPDX-License-Identifier: Apache-2.0 */
/* fake_bucket: an answer function that lists a made-up bucket as S3 does: list-type=2, prefix, max-keys, start-after,
 * continuation-token, delimiter=/, encoding-type=url; and in the manner of odd stores. It knows nothing of the
 * product's code but memory. */
#ifndef RR_TESTS_FAKE_BUCKET_H
#define RR_TESTS_FAKE_BUCKET_H

#include "fakes/fake_store.h"

#include <redisrestore/base/buf.h>

struct fake_object {
    const char *key; /* any bytes but NUL */
    const char *last_modified;
    unsigned long long size; /* 0: 1000 */
};

struct fake_bucket {
    const struct fake_object *objects;  /* in byte order of their keys */
    const char *const *storage_classes; /* of each object, NULL where it has none; NULL: none has */
    size_t count;
    size_t page_max; /* 0: 1000 */
    bool only_v1;    /* answers as ListObjects whatever is asked */
    bool ignores_start_after;
    bool lists_behind_keys;   /* a start-after that is no key is answered with an empty page */
    bool encoding_last;       /* EncodingType and IsTruncated behind the objects, as MinIO has them */
    struct rr_buf body, page; /* of the reply under way */
};

fake_answer fake_bucket_answer;
void fake_bucket_done(struct fake_bucket *bucket);

#endif
