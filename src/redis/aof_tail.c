/* SPDX-License-Identifier: Apache-2.0 */
#include "aof_internal.h"

/* A torn command ends with the file; a command whose length is wrong swallows those behind it. The two differ by a
 * whole command inside: CR LF, then an array that parses. Up to 64 KiB of it are kept, so no length decides about
 * memory. A command of many arguments is not looked for, or a value full of beginnings would cost hours. */

enum found { FOUND_NONE, FOUND_WHOLE, FOUND_CUT };

void rr_aof_tail_begin(struct rr_aof *aof)
{
    aof->state.inner_found = false;
    aof->state.inner_len = 0;
}

/* "*3" or "$12" and its end, from the front of *rest. */
static enum found cut_line(struct rr_slice *rest, char kind, uint64_t *out_number)
{
    struct rr_slice window = rr_slice_first(*rest, RR_AOF_LINE_MAX_BYTES);
    size_t len = rr_slice_find(window, '\r');
    if (rest->len > 0 && rest->ptr[0] != kind)
        return FOUND_NONE;
    if (len + 1 >= window.len)
        return window.len < RR_AOF_LINE_MAX_BYTES ? FOUND_CUT : FOUND_NONE;
    if (window.ptr[len + 1] != '\n' || !rr_aof_line_number(rr_slice_first(window, len), out_number))
        return FOUND_NONE;
    *rest = rr_slice_from_offset(*rest, len + 2);
    return FOUND_WHOLE;
}

static enum found cut_argument(struct rr_slice *rest, bool is_name, size_t *budget)
{
    uint64_t bytes = 0;
    size_t before = rest->len;
    enum found found = cut_line(rest, '$', &bytes);
    if (found != FOUND_WHOLE)
        return found;
    size_t header = before - rest->len;
    if (bytes + 2 + header > *budget || (is_name && (bytes == 0 || bytes > RR_AOF_NAME_MAX_BYTES)))
        return FOUND_NONE;
    *budget -= (size_t)bytes + 2 + header;
    if (rest->len < bytes + 2)
        return FOUND_CUT;
    if (rest->ptr[bytes] != '\r' || rest->ptr[bytes + 1] != '\n' ||
        (is_name && !rr_aof_is_name(rr_slice_first(*rest, (size_t)bytes))))
        return FOUND_NONE;
    *rest = rr_slice_from_offset(*rest, (size_t)bytes + 2);
    return FOUND_WHOLE;
}

/* Is a whole command at the front? */
static enum found find_command(struct rr_slice text)
{
    uint64_t arguments = 0;
    size_t budget = RR_AOF_INNER_MAX_BYTES;
    enum found found = cut_line(&text, '*', &arguments);
    if (arguments > RR_AOF_INNER_ARGUMENTS_MAX)
        return FOUND_NONE;
    for (uint64_t i = 0; found == FOUND_WHOLE && i < arguments; i++)
        found = cut_argument(&text, i == 0, &budget);
    return found;
}

/* Looks at every CR LF. Returns how many bytes at the end must be kept, since more may complete a command there. At the
 * end of the file nothing completes it, and the next CR LF is looked at. */
static size_t search(struct rr_aof *aof, struct rr_slice text, bool is_end)
{
    struct rr_slice rest = text;
    while (!aof->state.inner_found) {
        rest = rr_slice_from_offset(rest, rr_slice_find(rest, '\r'));
        if (rest.len < 3)
            return rest.len;
        if (rest.ptr[1] == '\n' && rest.ptr[2] == '*') {
            enum found found = find_command(rr_slice_from_offset(rest, 2));
            aof->state.inner_found = found == FOUND_WHOLE;
            if (found == FOUND_CUT && !is_end)
                return rest.len;
        }
        rest = rr_slice_from_offset(rest, 1);
    }
    return 0;
}

void rr_aof_tail_look(struct rr_aof *aof, struct rr_slice bytes)
{
    while (bytes.len > 0 && !aof->state.inner_found) {
        struct rr_slice piece = rr_slice_first(bytes, sizeof aof->state.inner - aof->state.inner_len);
        memcpy(aof->state.inner + aof->state.inner_len, piece.ptr, piece.len);
        bytes = rr_slice_from_offset(bytes, piece.len);
        size_t all = aof->state.inner_len + piece.len;
        size_t kept = search(aof, (struct rr_slice){ aof->state.inner, all }, false);
        memmove(aof->state.inner, aof->state.inner + all - kept, kept);
        aof->state.inner_len = kept;
    }
}

void rr_aof_tail_end(struct rr_aof *aof)
{
    (void)search(aof, (struct rr_slice){ aof->state.inner, aof->state.inner_len }, true);
}
