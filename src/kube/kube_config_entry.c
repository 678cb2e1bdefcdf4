/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_config_entry.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/crypto/encode.h>

struct rr_slice rr_kube_entry_text(const struct rr_kube_entry *entry, const char *field)
{
    return rr_yaml_text(rr_yaml_member(entry->node, field));
}

bool rr_kube_entry_refuse(const struct rr_kube_entry *entry, const char *field, const char *why, struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: %s \"%.*s\": %s %s", entry->path, entry->kind,
                   RR_ARG(entry->name), field, why);
}

bool rr_kube_entry_bool(const struct rr_kube_entry *entry, const char *field, bool *out_value, struct rr_error *err)
{
    struct rr_slice text = rr_kube_entry_text(entry, field);
    return text.len == 0 || rr_parse_bool(text, out_value) ||
           rr_kube_entry_refuse(entry, field, "is neither true nor false", err);
}

void rr_kube_entry_resolve(const struct rr_kube_entry *entry, struct rr_slice path, struct rr_buf *full)
{
    struct rr_slice base = rr_slice_from(entry->path);
    while (base.len > 0 && base.ptr[base.len - 1] != '/')
        base.len--;
    if (path.ptr[0] != '/')
        rr_buf_add(full, base);
    rr_buf_add(full, path);
}

bool rr_kube_entry_is_printable(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

static bool refuse_file(const struct rr_kube_entry *entry, const char *field, struct rr_error *err)
{
    rr_auto(buf) why = RR_BUF(sizeof(err->message));
    rr_buf_addf(&why, "names a file that is not readable: %s", err->message);
    return rr_kube_entry_refuse(entry, field, rr_buf_text(&why), err);
}

bool rr_kube_entry_read_file(const struct rr_kube_entry *entry, const char *field, struct rr_buf *out_text,
                             struct rr_error *err)
{
    rr_auto(buf) full = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    rr_kube_entry_resolve(entry, rr_kube_entry_text(entry, field), &full);
    if (rr_buf_ok(&full, err) && rr_file_read(rr_buf_text(&full), out_text, err))
        return true;
    return refuse_file(entry, field, err);
}

bool rr_kube_entry_read_pem(const struct rr_kube_entry *entry, const struct rr_kube_pem_fields *fields,
                            struct rr_buf *out_pem, struct rr_buf *out_file, struct rr_error *err)
{
    struct rr_slice path = rr_kube_entry_text(entry, fields->file), data = rr_kube_entry_text(entry, fields->data);
    if (path.len > 0 && data.len > 0 && !fields->data_wins)
        return rr_kube_entry_refuse(entry, fields->data,
                                    "and the file of the same certificate are both given; keep one", err);
    if (data.len > 0)
        return rr_base64_decode(data, out_pem, err) ||
               rr_kube_entry_refuse(entry, fields->data, "is not base64, or is too long", err);
    if (path.len == 0)
        return true;
    if (!rr_kube_entry_read_file(entry, fields->file, out_pem, err))
        return false;
    rr_kube_entry_resolve(entry, path, out_file);
    return rr_buf_ok(out_file, err);
}
