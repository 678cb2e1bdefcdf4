/* SPDX-License-Identifier: Apache-2.0 */
/* color: whether an output has colors, and which. Threads: pure. Source: https://no-color.org. */
#ifndef RR_APP_COLOR_H
#define RR_APP_COLOR_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/environment.h>

enum rr_color_mode { RR_COLOR_AUTO, RR_COLOR_ALWAYS, RR_COLOR_NEVER };

enum rr_color { RR_COLOR_NONE, RR_COLOR_GOOD, RR_COLOR_BAD, RR_COLOR_UNSURE, RR_COLOR_TITLE };

RR_MUST_USE bool rr_color_mode_parse(struct rr_slice value, enum rr_color_mode *out_mode);
/* With "auto", the output has colors if `fd` is a terminal, TERM is set and not "dumb", and NO_COLOR is unset or
 * empty. */
bool rr_color_is_on(enum rr_color_mode mode, const struct rr_environment *environment, int fd);
/* Green for "True", red for "False", otherwise yellow. */
enum rr_color rr_color_of_status(struct rr_slice status);
void rr_color_add(struct rr_buf *buf, bool is_on, enum rr_color color, struct rr_slice text);

#endif
