/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "exit_codes.h"

#include <redisrestore/base/escape.h>

#include <errno.h>
#include <unistd.h>

enum { COMPLAINT_MAX = 4096, DETAIL_MAX = 2048 };

bool rr_output_write(int fd, struct rr_slice text, struct rr_error *err)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.ptr, text.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return rr_fail(err, RR_E_INTERNAL, "cannot write the output: %s", strerrordesc_np(errno));
        text = rr_slice_from_offset(text, (size_t)wrote);
    }
    return true;
}

void rr_output_complain(const char *message)
{
    rr_auto(buf) line = RR_BUF(COMPLAINT_MAX);
    rr_buf_addf(&line, "redisrestore: %s\n", message);
    struct rr_error ignored;
    (void)!rr_output_write(STDERR_FILENO, rr_buf_slice(&line), &ignored);
}

void rr_output_complain_of(const struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(COMPLAINT_MAX);
    rr_buf_addf(&text, "%s", err->message);
    if (err->detail[0] != '\0') {
        rr_buf_add(&text, RR_LIT("\n  detail: "));
        rr_escape_text(&text, rr_slice_from(err->detail), DETAIL_MAX);
    }
    rr_output_complain(rr_buf_text(&text));
}

int rr_output_print(const struct rr_buf *text)
{
    struct rr_error err;
    if (rr_buf_ok(text, &err) && rr_output_write(STDOUT_FILENO, rr_buf_slice(text), &err))
        return RR_EXIT_OK;
    rr_output_complain(err.message);
    return RR_EXIT_INTERNAL;
}
