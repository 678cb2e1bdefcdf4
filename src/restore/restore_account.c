/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_account.h"

#include "restore_names.h"

#include <redisrestore/text/json_write.h>

enum {
    PATH_MAX_BYTES = 1024,
    BODY_MAX_BYTES = 1024,
    REPLY_MAX_BYTES = 64 * 1024,
    TOKEN_SECONDS = 600, /* the shortest lifetime that the API server allows; the token is used at once */
};

static const char role_annotation[] = "eks.amazonaws.com/role-arn", audience[] = "sts.amazonaws.com";

static bool explain(const struct rr_restore_reading *reading, struct rr_slice name, const char *verb,
                    struct rr_error *err)
{
    struct rr_slice where = reading->namespace_name;
    if (err->code == RR_E_NOT_FOUND)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "ServiceAccount %.*s does not exist in namespace %.*s", RR_ARG(name),
                       RR_ARG(where));
    if (err->code == RR_E_DENIED)
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "ServiceAccount %.*s cannot be used: the controller lacks %s in namespace %.*s; apply "
                       "service-account-credentials-rbac.yaml there",
                       RR_ARG(name), verb, RR_ARG(where));
    rr_restore_read_blame(err);
    return rr_context(err, "ServiceAccount %.*s", RR_ARG(name));
}

static bool check_role(const struct rr_json_node *account, struct rr_slice name, struct rr_slice role_arn,
                       struct rr_error *err)
{
    struct rr_slice allowed =
        rr_json_text(rr_json_member(rr_json_path(account, "metadata", "annotations", NULL), role_annotation));
    if (allowed.len == 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "ServiceAccount %.*s lacks the annotation %s, which says what role it may assume", RR_ARG(name),
                       role_annotation);
    return rr_slice_equals(allowed, role_arn) ||
           rr_fail(err, RR_E_NO_CREDENTIALS,
                   "ServiceAccount %.*s: its annotation %s names another role than roleARN does", RR_ARG(name),
                   role_annotation);
}

bool rr_restore_account_check(const struct rr_restore_reading *reading, struct rr_slice name, struct rr_slice role_arn,
                              struct rr_buf *out_uid, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (!rr_restore_read(reading, &rr_service_account_resource, name, &json, err))
        return explain(reading, name, "\"get\" on serviceaccounts", err);
    if (!check_role(json.root, name, role_arn, err))
        return false;
    rr_buf_add(out_uid, rr_json_text(rr_json_path(json.root, "metadata", "uid", NULL)));
    return rr_buf_ok(out_uid, err) || rr_context(err, "the uid of ServiceAccount %.*s", RR_ARG(name));
}

static void make_body(struct rr_buf *body)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, body, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "apiVersion", RR_LIT("authentication.k8s.io/v1"));
    rr_json_put_text(&json, "kind", RR_LIT("TokenRequest"));
    rr_json_open_object(&json, "spec");
    rr_json_open_array(&json, "audiences");
    rr_json_put_text(&json, NULL, rr_slice_from(audience));
    rr_json_close(&json);
    rr_json_put_int(&json, "expirationSeconds", TOKEN_SECONDS);
    rr_json_close(&json);
    rr_json_close(&json);
}

static bool take_token(struct rr_slice reply, struct rr_buf *out_token, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (!rr_json_parse(reply, &json, err))
        return false;
    struct rr_slice token = rr_json_text(rr_json_path(json.root, "status", "token", NULL));
    bool good = token.len > 0 || rr_fail(err, RR_E_BAD_REPLY, "the API server gave no token");
    rr_buf_add(out_token, token);
    rr_json_wipe(&json);
    return good && rr_buf_ok(out_token, err);
}

bool rr_restore_account_token(const struct rr_restore_reading *reading, struct rr_slice name, struct rr_buf *out_token,
                              struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_BUF(BODY_MAX_BYTES), reply = RR_SECRET_BUF(REPLY_MAX_BYTES);
    make_body(&body);
    if (!rr_kube_path_build(&path, &rr_service_account_resource, reading->namespace_name, name, "token", err) ||
        !rr_buf_ok(&body, err))
        return false;
    struct rr_kube_request request = { .method = "POST",
                                       .path = rr_buf_slice(&path),
                                       .content_type = "application/json",
                                       .body = rr_buf_slice(&body),
                                       .deadline_ms = reading->deadline_ms };
    if (!rr_kube_call(reading->client, &request, reading->stop, &reply, err))
        return explain(reading, name, "\"create\" on serviceaccounts/token", err);
    if (take_token(rr_buf_slice(&reply), out_token, err))
        return true;
    rr_restore_read_blame(err);
    return rr_context(err, "a token for ServiceAccount %.*s", RR_ARG(name));
}
