/* SPDX-License-Identifier: Apache-2.0 */
/* uri: percent-encoding as AWS and Kubernetes require it, and a parser of URLs.
 * Threads: pure. Sources: RFC 3986; behaviour S-21, S-22, F-33. */
#ifndef RR_TEXT_URI_H
#define RR_TEXT_URI_H

#include <redisrestore/base/buf.h>

/* Appends the encoded text: every byte except A-Z a-z 0-9 - . _ ~ becomes %XX in upper case. */
void rr_uri_encode(struct rr_buf *buf, struct rr_slice text);
/* The same, but '/' stays: for object keys in a path. */
void rr_uri_encode_path(struct rr_buf *buf, struct rr_slice text);
/* Appends "name=value", both encoded, with '&' before it if the buffer is not empty. */
void rr_uri_add_parameter(struct rr_buf *query, struct rr_slice name, struct rr_slice value);
/* Appends the decoded text: %XX is a byte, '+' a space if `plus_is_space`. Fails with RR_E_BAD_REPLY on a bad escape.
 */
RR_MUST_USE bool rr_uri_decode(struct rr_buf *buf, struct rr_slice text, bool plus_is_space, struct rr_error *err);

enum { RR_URI_HOST_MAX = 253 }; /* bytes of a host name: RFC 1035, 2.3.4, as text */

/* The parts of a URL that names an endpoint. All borrow. */
struct rr_uri {
    bool https;
    struct rr_slice host; /* without brackets */
    bool host_is_ipv6, host_is_ipv4;
    uint16_t port; /* if the URL has none: the default of the scheme */
    bool port_is_default;
    struct rr_slice path; /* "" or "/..." without a slash at the end */
};

/* Parses http or https in any case, a host, and an optional port and path. Fails with RR_E_BAD_INPUT if there is a user
 * name, a query, a fragment, a port outside 1 to 65535, a byte outside ASCII, a control byte or a host over 253 bytes.
 * The message says what is wrong and does not quote the URL. */
RR_MUST_USE bool rr_uri_parse(struct rr_slice text, struct rr_uri *out_uri, struct rr_error *err);

#endif
