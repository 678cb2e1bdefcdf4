/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_read.h"

#include <redisrestore/crypto/encode.h>
#include <redisrestore/kube/kube_name.h>

enum { PATH_MAX_BYTES = 1024, KEY_MAX_BYTES = RR_KUBE_SUBDOMAIN_MAX_BYTES };

const char *rr_restore_reader(const struct rr_restore_reading *reading)
{
    return reading->reader != NULL ? reading->reader : "the controller";
}

void rr_restore_read_blame(struct rr_error *err)
{
    if (err->code != RR_E_NOT_FOUND && err->code != RR_E_DENIED && err->code != RR_E_CANCELLED)
        err->code = RR_E_API_SERVER;
}

bool rr_restore_read(const struct rr_restore_reading *reading, const struct rr_kube_resource *resource,
                     struct rr_slice name, struct rr_json *out_json, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_SECRET_BUF(RR_RESTORE_READ_MAX_BYTES);
    if (!rr_kube_path_build(&path, resource, reading->namespace_name, name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = "GET",
                                       .path = rr_buf_slice(&path),
                                       .deadline_ms = reading->deadline_ms };
    if (rr_kube_call(reading->client, &request, reading->stop, &body, err) &&
        rr_json_parse(rr_buf_slice(&body), out_json, err))
        return true;
    rr_restore_read_blame(err);
    return false;
}

/* Returns the member of that name. The name is a slice and may be any text. */
static const struct rr_json_node *member_of(const struct rr_json_node *object, struct rr_slice key)
{
    rr_auto(buf) name = RR_BUF(KEY_MAX_BYTES);
    rr_buf_add(&name, key);
    return name.overflow ? NULL : rr_json_member(object, rr_buf_text(&name));
}

static bool fail_absent(struct rr_error *err)
{
    return rr_fail(err, RR_E_NOT_FOUND, "there is no such key");
}

bool rr_restore_read_secret_value(const struct rr_json_node *secret, struct rr_slice key, struct rr_buf *out_value,
                                  struct rr_error *err)
{
    const struct rr_json_node *node = member_of(rr_json_member(secret, "data"), key);
    return node != NULL ? rr_base64_decode(rr_json_text(node), out_value, err) : fail_absent(err);
}

bool rr_restore_read_config_value(const struct rr_json_node *config_map, struct rr_slice key, struct rr_buf *out_value,
                                  struct rr_error *err)
{
    const struct rr_json_node *plain = member_of(rr_json_member(config_map, "data"), key);
    const struct rr_json_node *binary = member_of(rr_json_member(config_map, "binaryData"), key);
    if (plain == NULL)
        return binary != NULL ? rr_base64_decode(rr_json_text(binary), out_value, err) : fail_absent(err);
    rr_buf_add(out_value, rr_json_text(plain));
    return rr_buf_ok(out_value, err);
}
