/* SPDX-License-Identifier: Apache-2.0 */
/* http_status: the HTTP status codes that the code treats specially, and the classes of all codes. Threads: pure. */
#ifndef RR_BASE_HTTP_STATUS_H
#define RR_BASE_HTTP_STATUS_H

#include <redisrestore/base/core.h>

enum {
    RR_HTTP_OK = 200,
    RR_HTTP_NO_CONTENT = 204,
    RR_HTTP_PARTIAL_CONTENT = 206,
    RR_HTTP_MOVED_PERMANENTLY = 301,
    RR_HTTP_FOUND = 302,
    RR_HTTP_NOT_MODIFIED = 304,
    RR_HTTP_TEMPORARY_REDIRECT = 307,
    RR_HTTP_BAD_REQUEST = 400,
    RR_HTTP_UNAUTHORIZED = 401,
    RR_HTTP_FORBIDDEN = 403,
    RR_HTTP_NOT_FOUND = 404,
    RR_HTTP_CONFLICT = 409,
    RR_HTTP_GONE = 410,
    RR_HTTP_PRECONDITION_FAILED = 412,
    RR_HTTP_TOO_LARGE = 413,
    RR_HTTP_RANGE_NOT_SATISFIABLE = 416,
    RR_HTTP_UNPROCESSABLE = 422,
    RR_HTTP_TOO_MANY_REQUESTS = 429,
    RR_HTTP_SERVER_ERROR = 500,
    RR_HTTP_NOT_IMPLEMENTED = 501,
    RR_HTTP_BAD_GATEWAY = 502,
    RR_HTTP_GATEWAY_TIMEOUT = 504,
};

static inline bool rr_http_is_interim(int status)
{
    return status < RR_HTTP_OK;
}

static inline bool rr_http_is_success(int status)
{
    return status / 100 == 2;
}

static inline bool rr_http_is_redirect(int status)
{
    return status / 100 == 3;
}

static inline bool rr_http_is_client_error(int status)
{
    return status / 100 == 4;
}

/* Returns true for 5xx, and for codes over 599, which no RFC defines. */
static inline bool rr_http_is_server_error(int status)
{
    return status >= RR_HTTP_SERVER_ERROR;
}

/* Returns whether a retry may succeed: 429, and the codes of rr_http_is_server_error. */
static inline bool rr_http_is_transient(int status)
{
    return status == RR_HTTP_TOO_MANY_REQUESTS || rr_http_is_server_error(status);
}

#endif
