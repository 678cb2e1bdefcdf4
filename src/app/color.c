/* SPDX-License-Identifier: Apache-2.0 */
#include "color.h"

#include <unistd.h>

bool rr_color_mode_parse(struct rr_slice value, enum rr_color_mode *out_mode)
{
    static const char *const names[] = {
        [RR_COLOR_AUTO] = "auto", [RR_COLOR_ALWAYS] = "always", [RR_COLOR_NEVER] = "never"
    };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        if (rr_slice_equals(value, rr_slice_from(names[i]))) {
            *out_mode = (enum rr_color_mode)i;
            return true;
        }
    }
    return false;
}

bool rr_color_is_on(enum rr_color_mode mode, const struct rr_environment *environment, int fd)
{
    if (mode != RR_COLOR_AUTO)
        return mode == RR_COLOR_ALWAYS;
    struct rr_slice terminal = rr_environment_get(environment, "TERM");
    return terminal.len > 0 && !rr_slice_equals(terminal, RR_LIT("dumb")) &&
           rr_environment_get(environment, "NO_COLOR").len == 0 && isatty(fd) == 1;
}

enum rr_color rr_color_of_status(struct rr_slice status)
{
    if (rr_slice_equals(status, RR_LIT("True")))
        return RR_COLOR_GOOD;
    return rr_slice_equals(status, RR_LIT("False")) ? RR_COLOR_BAD : RR_COLOR_UNSURE;
}

void rr_color_add(struct rr_buf *buf, bool is_on, enum rr_color color, struct rr_slice text)
{
    static const char *const codes[] = { /* ECMA-48 SGR */
                                         [RR_COLOR_NONE] = "",
                                         [RR_COLOR_GOOD] = "32",
                                         [RR_COLOR_BAD] = "31",
                                         [RR_COLOR_UNSURE] = "33",
                                         [RR_COLOR_TITLE] = "1"
    };
    bool colored = is_on && color != RR_COLOR_NONE && text.len > 0;
    if (colored)
        rr_buf_addf(buf, "\033[%sm", codes[color]);
    rr_buf_add(buf, text);
    if (colored)
        rr_buf_add(buf, RR_LIT("\033[0m"));
}
