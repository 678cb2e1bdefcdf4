/* SPDX-License-Identifier: Apache-2.0 */
/* proxy: through which proxy a URL is reached (behaviour K-06, S-16).
 * Threads: pure. Sources: client-go, tools/clientcmd/helpers.go; Go, golang.org/x/net/http/httpproxy, which the AWS SDK
 * for Go asks too. */
#ifndef RR_TEXT_PROXY_H
#define RR_TEXT_PROXY_H

#include <redisrestore/base/environment.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/secret.h>

enum { RR_PROXY_URL_MAX_BYTES = 16 * 1024 }; /* a URL with a user name and a password */

/* "scheme://[user[:password]@]host[:port]" of http, https or socks5 becomes the form with a port; socks5 becomes
 * socks5h: the proxy resolves the name, as Go's does. Fails with RR_E_BAD_INPUT; the message begins with a verb and
 * quotes nothing. */
RR_MUST_USE bool rr_proxy_normalise(struct rr_slice url, struct rr_secret *out_proxy, struct rr_error *err);

/* The variable that names the proxy for this URL: HTTPS_PROXY or HTTP_PROXY by the scheme (or in lower case), unless
 * the host is loopback or NO_PROXY holds it; NULL: none. A literal. */
const char *rr_proxy_variable(struct rr_slice url, const struct rr_environment *environment);

/* The value of that variable, normalised; its "http://" may be left out. None: *out_variable is NULL and *out_proxy not
 * touched. Fails with RR_E_BAD_INPUT; the message names the variable and quotes nothing. */
RR_MUST_USE bool rr_proxy_from_environment(struct rr_slice url, const struct rr_environment *environment,
                                           struct rr_secret *out_proxy, const char **out_variable,
                                           struct rr_error *err);

#endif
