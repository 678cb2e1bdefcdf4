/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_message.h"

#include <redisrestore/base/escape.h>

enum { ENDPOINT_SHOWN_MAX = 112, PLACE_MAX = 512 };

void rr_discovery_say_key(struct rr_buf *buf, struct rr_slice key)
{
    rr_escape_text(buf, key, RR_DISCOVERY_KEY_IN_MESSAGE_MAX);
}

void rr_discovery_say_place(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    rr_buf_add(buf, RR_LIT("bucket "));
    rr_escape_text(buf, rr_buf_slice(&run->endpoint.bucket), RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    rr_buf_add(buf, RR_LIT(", prefix \""));
    rr_escape_text(buf, rr_buf_slice(&run->prefix), RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    rr_buf_add(buf, RR_LIT("\", endpoint "));
    rr_escape_text(buf, rr_buf_slice(&run->endpoint.display), ENDPOINT_SHOWN_MAX);
}

bool rr_discovery_fail_at(struct rr_error *err, const struct rr_discovery_run *run)
{
    rr_auto(buf) where = RR_BUF(PLACE_MAX);
    rr_discovery_say_place(&where, run);
    return rr_context(err, "%s", rr_buf_text(&where));
}
