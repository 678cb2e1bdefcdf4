/* SPDX-License-Identifier: Apache-2.0 */
/* listen: a listening socket for an address in text. Threads: any. */
#ifndef RR_SERVER_LISTEN_H
#define RR_SERVER_LISTEN_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* Opens the socket before the daemon starts, so that port 0 and an address in use are known. `what` names the flag in
 * errors: RR_E_BAD_INPUT or RR_E_INTERNAL. The caller closes *out_fd. */
RR_MUST_USE bool rr_listen(struct rr_slice address, const char *what, int backlog, int *out_fd, uint16_t *out_port,
                           struct rr_error *err);

#endif
