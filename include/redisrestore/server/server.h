/* server: the controller's own HTTP endpoints, on libmicrohttpd: GET and HEAD only, answers from callbacks.
 * Threads: callbacks run on the server's thread. */
#ifndef RR_SERVER_SERVER_H
#define RR_SERVER_SERVER_H

#include <redisrestore/base/buf.h>

struct rr_server;

struct rr_server_reply {
    int status;
    const char *content_type; /* literal */
    struct rr_buf body;
};

struct rr_server_handler {
    void *context;
    /* `path` without the query; *out_reply has status 404 and an empty body with a maximum set. `query_has` answers
     * ?name. */
    void (*on_get)(void *context, struct rr_slice path, struct rr_slice query, struct rr_server_reply *out_reply);
};

/* "HOST:PORT", ":PORT" (every address), "[::1]:PORT"; port 0 takes a free one. Fails with RR_E_BAD_INPUT or
 * RR_E_INTERNAL (address in use), naming the flag by `what`. Returns owned. */
RR_MUST_USE bool rr_server_start(struct rr_slice address, const char *what, const struct rr_server_handler *handler,
                                 struct rr_server **out_server, struct rr_error *err);
uint16_t rr_server_port(const struct rr_server *server);
void rr_server_free(struct rr_server *server); /* waits for running requests */
RR_DEFINE_FREEP(server)

#endif
