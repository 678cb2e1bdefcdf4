/* SPDX-License-Identifier: Apache-2.0 */
/* uri: percent-encoding as AWS and Kubernetes want it, and URLs taken apart.
 * Threads: pure. Sources: RFC 3986; behaviour S-21, S-22, F-33. */
#ifndef RR_TEXT_URI_H
#define RR_TEXT_URI_H

#include <redisrestore/base/buf.h>

/* Everything but A-Z a-z 0-9 - . _ ~ becomes %XX, upper case. */
void rr_uri_encode(struct rr_buf *buf, struct rr_slice text);
/* The same, but '/' stays: for object keys in a path. */
void rr_uri_encode_path(struct rr_buf *buf, struct rr_slice text);
/* Appends "name=value", with '&' before it when the buffer is not empty; both encoded. */
void rr_uri_add_parameter(struct rr_buf *query, struct rr_slice name, struct rr_slice value);
/* %XX to bytes, '+' to a space when `plus_is_space`. Fails with RR_E_BAD_REPLY on a bad escape. Appends. */
RR_MUST_USE bool rr_uri_decode(struct rr_buf *buf, struct rr_slice text, bool plus_is_space, struct rr_error *err);

enum { RR_URI_HOST_MAX = 253 }; /* bytes of a host name: RFC 1035, 2.3.4, as text */

/* A URL of the kind an endpoint may be; all parts borrow. */
struct rr_uri {
    bool https;
    struct rr_slice host; /* without brackets */
    bool host_is_ipv6, host_is_ipv4;
    uint16_t port; /* the scheme's default when not given */
    bool port_is_default;
    struct rr_slice path; /* "" or "/..." without a slash at the end */
};

/* http or https in any case, host, optional port and path. Fails with RR_E_BAD_INPUT on user name, query, fragment, a
 * port out of 1..65535, non-ASCII, control bytes, a host over 253 bytes. The message says what is wrong and does not
 * quote the URL. */
RR_MUST_USE bool rr_uri_parse(struct rr_slice text, struct rr_uri *out_uri, struct rr_error *err);

#endif
