/* SPDX-License-Identifier: Apache-2.0 */
#include "mounts.h"

enum { ROOT_FIELD = 3, POINT_FIELD = 4, ESCAPE_LEN = 4 };

#define EMPTY_DIR "/volumes/kubernetes.io~empty-dir/"

struct mount {
    struct rr_slice root, point, type; /* of the mounted file system; the last one is "tmpfs" and the like */
};

/* proc(5): fields are separated by spaces; a "-" ends those that are optional, and the type follows. */
static struct mount read_mount(struct rr_slice line)
{
    struct mount mount = { 0 };
    for (int field = 0; line.len > 0; field++) {
        struct rr_slice text = rr_slice_cut(&line, ' ');
        if (field == ROOT_FIELD)
            mount.root = text;
        if (field == POINT_FIELD)
            mount.point = text;
        if (field > POINT_FIELD && rr_slice_equals(text, RR_LIT("-"))) {
            mount.type = rr_slice_cut(&line, ' ');
            break;
        }
    }
    return mount;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* proc(5): a space, tab, line feed or backslash in a path is "\\" and three octal digits. */
static char cut_byte(struct rr_slice *escaped)
{
    const char *p = escaped->ptr;
    bool is_escape = escaped->len >= ESCAPE_LEN && p[0] == '\\' && is_octal(p[1]) && is_octal(p[2]) && is_octal(p[3]);
    *escaped = rr_slice_from_offset(*escaped, is_escape ? ESCAPE_LEN : 1);
    return is_escape ? (char)(unsigned char)(((p[1] - '0') * 8 + p[2] - '0') * 8 + p[3] - '0') : p[0];
}

static bool is_inside(struct rr_slice path, struct rr_slice point)
{
    if (rr_slice_equals(point, RR_LIT("/")))
        return true;
    for (; point.len > 0; path = rr_slice_from_offset(path, 1))
        if (path.len == 0 || path.ptr[0] != cut_byte(&point))
            return false;
    return path.len == 0 || path.ptr[0] == '/';
}

static bool has_text(struct rr_slice text, struct rr_slice words)
{
    for (size_t at = 0; at + words.len <= text.len; at++)
        if (rr_slice_starts_with(rr_slice_from_offset(text, at), words))
            return true;
    return false;
}

bool rr_mounts_is_ephemeral(struct rr_slice mountinfo, struct rr_slice path)
{
    struct mount found = { 0 };
    while (mountinfo.len > 0) {
        struct mount mount = read_mount(rr_slice_cut(&mountinfo, '\n'));
        /* A later mount at the same place hides the earlier one. */
        if (mount.point.len > 0 && is_inside(path, mount.point) && mount.point.len >= found.point.len)
            found = mount;
    }
    return has_text(found.root, RR_LIT(EMPTY_DIR)) || rr_slice_equals(found.type, RR_LIT("tmpfs"));
}
