/* SPDX-License-Identifier: Apache-2.0 */
/* proxy: finds the proxy for a URL (behaviour K-06, S-16).
 * Threads: pure. Sources: client-go, tools/clientcmd/helpers.go; Go, golang.org/x/net/http/httpproxy, which the AWS SDK
 * for Go uses too. */
#ifndef RR_TEXT_PROXY_H
#define RR_TEXT_PROXY_H

#include <redisrestore/base/environment.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/secret.h>

enum { RR_PROXY_URL_MAX_BYTES = 16 * 1024 }; /* a URL with a user name and a password */

/* Normalises "scheme://[user[:password]@]host[:port]" of http, https or socks5: adds the port if there is none, and
 * turns socks5 into socks5h, so that the proxy resolves the host name, as with Go. Fails with RR_E_BAD_INPUT; the
 * message begins with a verb, so that the caller can put the name of the setting before it, and quotes nothing. */
RR_MUST_USE bool rr_proxy_normalise(struct rr_slice url, struct rr_secret *out_proxy, struct rr_error *err);

/* Returns the name of the variable that has the proxy for this URL: HTTPS_PROXY or HTTP_PROXY by the scheme, or the
 * same in lower case; literal. Returns NULL if there is none, or if the host is loopback or in NO_PROXY. */
const char *rr_proxy_variable(struct rr_slice url, const struct rr_environment *environment);

/* Gets the value of that variable, normalised; in the variable, "http://" may be left out. If there is none,
 * *out_variable is NULL and *out_proxy does not change. Fails with RR_E_BAD_INPUT; the message names the variable and
 * quotes nothing. */
RR_MUST_USE bool rr_proxy_from_environment(struct rr_slice url, const struct rr_environment *environment,
                                           struct rr_secret *out_proxy, const char **out_variable,
                                           struct rr_error *err);

#endif
