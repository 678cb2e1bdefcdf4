/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4_case: one signed request of tests/vectors/sigv4, read and compared with what we sign, step by step. */
#ifndef RR_TESTS_SIGV4_CASE_H
#define RR_TESTS_SIGV4_CASE_H

#include <redisrestore/aws/sigv4.h>
#include <redisrestore/text/json.h>

enum { SIGV4_CASE_PAIRS_MAX = 16 };

struct sigv4_case {
    struct rr_json json; /* owns; what follows borrows from it */
    struct rr_sigv4_request request;
    struct rr_sigv4_parameter query[SIGV4_CASE_PAIRS_MAX], headers[SIGV4_CASE_PAIRS_MAX];
    struct rr_slice key; /* in bucket "bkt"; empty: the path is no object's */
    struct rr_slice access_key_id, secret_access_key, session_token;
    struct rr_slice query_string, canonical_request, string_to_sign, authorization;
};

/* Reads tests/vectors/sigv4/<folder>/<name>; fails the test when it cannot. */
void sigv4_case_load(const char *folder, const char *name, struct sigv4_case *out_case);
void sigv4_case_done(struct sigv4_case *it);
/* The first step whose text differs ("canonical request"), or NULL. */
const char *sigv4_case_difference(const struct sigv4_case *it);

/* Calls `on_case` for each file of the folder; returns how many. */
size_t sigv4_case_each(const char *folder, void (*on_case)(const char *name, struct sigv4_case *it));

#endif
