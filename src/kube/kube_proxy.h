/* kube_proxy: through which proxy the API server is reached (behaviour K-06).
 * Threads: pure. Sources: client-go, tools/clientcmd/helpers.go; Go, golang.org/x/net/http/httpproxy. */
#ifndef RR_KUBE_PROXY_H
#define RR_KUBE_PROXY_H

#include <redisrestore/base/environment.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/secret.h>

/* "scheme://[user[:password]@]host[:port]" of http, https or socks5 becomes the form with a port; socks5 becomes
 * socks5h: the proxy resolves the name, as Go's does. Fails with RR_E_BAD_INPUT; the message begins with a verb and
 * quotes nothing. */
RR_MUST_USE bool rr_kube_proxy_normalise(struct rr_slice url, struct rr_secret *out_proxy, struct rr_error *err);

/* The variable that names the proxy for this server: HTTPS_PROXY or HTTP_PROXY by the scheme (or in small letters),
 * unless the server is on loopback or NO_PROXY holds it; NULL: none. A literal. */
const char *rr_kube_proxy_variable(struct rr_slice server, const struct rr_environment *environment);

#endif
