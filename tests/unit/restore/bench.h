/* SPDX-License-Identifier: Apache-2.0 */
/* bench: a reconciler between an API server and a store that answer as a test says, and what they were asked.
 * Threads: the servers answer on their own; a test changes the script between calls, or under bench->lock. */
#ifndef RR_RESTORE_TEST_BENCH_H
#define RR_RESTORE_TEST_BENCH_H

#include "restore_reconcile.h"
#include "restore_status_writer.h"

#include "fakes/fake_store.h"
#include "support/http_server.h"
#include "support/test.h"

enum bench_store { BENCH_PAIR, BENCH_EMPTY, BENCH_DENIED, BENCH_LONG_KEY, BENCH_SILENT, BENCH_SLOW };

enum { BENCH_NO_REPLY = -1 };

/* One answer to a PATCH of the status; status 0: 200. */
struct bench_patch {
    int status;
    const char *message; /* of the Status object */
    int live_generation; /* if not 0, the object has this generation from now on */
    const char *live_uid;
    bool edits; /* the object is edited while the PATCH is under way */
};

struct bench {
    struct test_server *kube;
    struct fake_store store_server;
    struct rr_http_loop *loop;
    struct rr_kube_config config;
    struct rr_log log;
    struct rr_stop stop;
    struct rr_restore_reconciler reconciler;
    struct test_gate patched, posted, listed;

    pthread_mutex_t lock;
    enum bench_store answer;
    int secret_status;       /* 0: 200 */
    const char *secret_body; /* NULL: a good one */
    int schema_status;       /* 0: 200 */
    const char *schema_body;
    const struct bench_patch *patches;
    size_t patch_count;
    int live_generation;
    const char *live_uid;
    const char *applied_at, *live_applied_at; /* when our field manager applied the status, by a PATCH and by a GET */
    struct rr_buf bodies;                     /* of the PATCHes, a line each */
    struct rr_buf events;                     /* likewise */
    struct rr_buf targets;                    /* request lines of the PATCHes, with their headers */
    int patched_times, secrets_read, objects_read, schemas_read;
    bool line; /* others stand in line behind the object */
    int called;
};

/* For cmocka: *state is a bench. */
int bench_setup(void **state);
int bench_teardown(void **state);
/* Puts shop/cart of uid u1 into the store. `more_spec` and `status`: JSON; NULL: none. */
void bench_put(struct bench *bench, int generation, const char *more_spec, const char *status);
/* With this resourceVersion: the n-th PATCH makes 200 + n of it. */
void bench_put_as(struct bench *bench, int generation, const char *version, const char *more_spec, const char *status);
struct rr_reconcile_result bench_reconcile(struct bench *bench);
/* The n-th PATCH's body, from 1; valid until the next call. */
const char *bench_body(struct bench *bench, int number);
/* The events so far, once there are that many. */
const char *bench_events(struct bench *bench, int count);
const char *bench_logged(struct bench *bench);
/* The time until the next try is over. */
void bench_let_be_due(struct bench *bench);

#endif
