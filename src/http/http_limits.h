/* SPDX-License-Identifier: Apache-2.0 */
/* http_limits: every maximum of this room, with its reason. */
#ifndef RR_HTTP_LIMITS_H
#define RR_HTTP_LIMITS_H

enum {
    RR_HTTP_CONNECTIONS_DEFAULT = 64,
    RR_HTTP_CONNECT_TIMEOUT_MS = 5000,     /* behaviour S-07 */
    RR_HTTP_FIRST_BYTE_TIMEOUT_MS = 15000, /* behaviour S-07 */
    RR_HTTP_IDLE_TIMEOUT_MS = 30000,       /* behaviour S-07: 1 byte in 30 s */
    RR_HTTP_BODY_DEFAULT_MAX = 4 << 20,    /* an object of the API server: 1.5 MiB in etcd, more as JSON */
    RR_HTTP_URL_MAX_BYTES = 32 * 1024,     /* prefix and token of a list request are 8 KiB when encoded */
    RR_HTTP_HEADERS_MAX_BYTES = 64 * 1024, /* AWS sends under 1 KiB; curl itself stops at 300 KiB */
    RR_HTTP_HEADERS_MAX_COUNT = 256,
    RR_HTTP_BUFFER_BYTES = 16 * 1024, /* a chunk of a body; more uses resident memory for every idle connection */
    RR_HTTP_LARGE_BUFFER_BYTES = 256 * 1024,
    RR_HTTP_IDLE_TICK_MS = 5000,   /* the loop runs a round at least this often, for the health check */
    RR_HTTP_KEEPALIVE_IDLE_S = 30, /* behaviour R-19, as the next three */
    RR_HTTP_KEEPALIVE_INTERVAL_S = 5,
    RR_HTTP_KEEPALIVE_COUNT = 3,
    RR_HTTP_USER_TIMEOUT_MS = 45000,
};

#endif
