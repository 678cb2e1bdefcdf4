/* SPDX-License-Identifier: Apache-2.0 */
/* command_bench: runs a command in this process as a shell would: arguments, environment, exit code, and what it wrote
 * to stdout and stderr. A server on 127.0.0.1 stands for the API server and answers by the request line.
 * Threads: the test's; the server has its own. One bench at a time. */
#ifndef RR_APP_TEST_COMMAND_BENCH_H
#define RR_APP_TEST_COMMAND_BENCH_H

#include "commands.h"

#include "fakes/fake_bucket.h"
#include "support/folder.h"
#include "support/http_server.h"
#include "support/test.h"

enum { BENCH_REQUESTS_MAX = 64, BENCH_ROUTES_MAX = 16 };

/* Answers requests whose line has `line` in it. Routes with the same `line` are taken in turn; the last of them answers
 * all further requests. Any other request is answered 404. %TRIGGER% in a body stands for the trigger that was set. */
struct bench_route {
    const char *line, *body;
    int status; /* 0: 200; BENCH_CUT: the connection ends without a reply */
};
enum { BENCH_CUT = -1 };

struct command_bench {
    struct test_folder folder;
    struct test_cert ca, certificate;
    struct test_server *server;
    const struct bench_route *routes;
    size_t route_count;
    bool taken[BENCH_ROUTES_MAX];
    pthread_mutex_t lock;
    int asked;
    char *requests[BENCH_REQUESTS_MAX]; /* whole; owns */
    char *out, *err;                    /* of the last command; owns */
};

/* Starts the API server and sets KUBECONFIG to a file that names it, with the namespace "shop". */
void bench_start(struct command_bench *bench, const struct bench_route *routes, size_t route_count);
void bench_stop(struct command_bench *bench);

/* The bench of the test; bench_setup starts it without routes, and bench_teardown ends it. */
extern struct command_bench bench;
int bench_setup(void **state);
int bench_teardown(void **state);
/* Credentials in the environment and no files, so that only the variables count. Nothing else of S3 is set. */
void bench_set_credentials(void);

/* Runs a command with these arguments, the name of the command first, and returns its exit code. The arguments end with
 * NULL. */
int bench_run(struct command_bench *bench, ...) __attribute__((sentinel));
/* The same for any entry point, with the arguments as they are. */
int bench_call(struct command_bench *bench, int (*run)(int argc, char **argv), ...) __attribute__((sentinel));
/* How many requests have `words` in them. */
int bench_count(struct command_bench *bench, const char *words);
/* The request with that number from 0; "" if it never came. */
const char *bench_request(struct command_bench *bench, int number);

/* A store with these objects; its URL is valid until the store is stopped. */
struct bench_store {
    struct fake_store store;
    struct fake_bucket bucket;
    char url[64];
};
void bench_store_start(struct bench_store *store, const struct fake_object *objects, size_t count);
void bench_store_stop(struct bench_store *store);

#define BENCH_OBJECTS "/apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores"
#define BENCH_LEASES  "/apis/coordination.k8s.io/v1/namespaces/redisrestore-system/leases"
#define BENCH_EVENTS  "/api/v1/namespaces/shop/events"

/* The JSON of a RedisRestore named "cart": generation, more of the spec, status. */
#define BENCH_CART(generation, spec, status)                                                                           \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"u-1\",\"generation\":" generation "},"          \
    "\"spec\":{\"source\":{\"s3\":{\"bucket\":\"backups\",\"endpoint\":\"https://minio:9000\","                        \
    "\"credentials\":{\"secretRef\":{\"name\":\"keys\"}}}}" spec "},\"status\":" status "}"
#define BENCH_READY(status, reason, message)                                                                           \
    "{\"type\":\"Ready\",\"status\":\"" status "\",\"reason\":\"" reason "\",\"message\":\"" message "\","             \
    "\"lastTransitionTime\":\"2026-01-31T00:00:00Z\"}"
#define BENCH_STATUS(observed, conditions)                                                                             \
    "{\"observedGeneration\":" observed ",\"lastDiscoveryTime\":\"2026-02-01T00:00:00Z\",\"conditions\":[" conditions  \
    "]}"

/* A Lease of the controller, and a list of Leases or Events. */
#define BENCH_LEASE(name, holder, renewed)                                                                             \
    "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":15,"   \
    "\"renewTime\":\"" renewed "\"}}"
#define BENCH_LIST(items) "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" items "]}"

#endif
