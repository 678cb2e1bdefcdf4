/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_review.h"

#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

enum { USER_NAME_MAX_BYTES = 1024 };

void rr_review_user_done(struct rr_review_user *user)
{
    rr_buf_done(&user->name);
    rr_buf_done(&user->spec);
}

bool rr_review_bearer(struct rr_slice authorization, struct rr_slice *out_token)
{
    struct rr_slice rest = rr_slice_trim(authorization);
    struct rr_slice scheme = rr_slice_cut(&rest, ' ');
    struct rr_slice token = rr_slice_cut(&rest, ' ');
    if (!rr_slice_equals_nocase(scheme, RR_LIT("bearer")) || token.len == 0)
        return false;
    *out_token = token;
    return true;
}

void rr_review_write_token(struct rr_slice token, struct rr_buf *body)
{
    struct rr_json_writer writer;
    rr_json_writer_init(&writer, body, 0);
    rr_json_open_object(&writer, NULL);
    rr_json_put_text(&writer, "apiVersion", RR_LIT("authentication.k8s.io/v1"));
    rr_json_put_text(&writer, "kind", RR_LIT("TokenReview"));
    rr_json_open_object(&writer, "spec");
    rr_json_put_text(&writer, "token", token);
    rr_json_close(&writer);
    rr_json_close(&writer);
}

void rr_review_write_access(const struct rr_review_user *user, const char *verb, const char *path, struct rr_buf *body)
{
    rr_buf_addf(body,
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{%s,"
                "\"nonResourceAttributes\":{\"path\":\"%s\",\"verb\":\"%s\"}}}",
                rr_buf_text(&user->spec), path, verb);
}

static bool refuse_reply(struct rr_error *err, const char *what)
{
    return rr_fail(err, RR_E_BAD_REPLY, "the API server's answer has no usable %s", what);
}

static bool parse(struct rr_slice reply, const char *what, struct rr_json *out_json, struct rr_error *err)
{
    struct rr_error cause;
    return rr_json_parse(reply, out_json, &cause) || refuse_reply(err, what);
}

static bool put_texts(struct rr_json_writer *writer, const char *name, const struct rr_json_node *array,
                      struct rr_slice more)
{
    if (array != NULL && !rr_json_is_array(array))
        return false;
    rr_json_open_array(writer, name);
    for (const struct rr_json_node *element = rr_json_first(array); element != NULL; element = rr_json_next(element)) {
        if (!rr_json_is_text(element))
            return false;
        if (rr_slice_equals(rr_json_text(element), more))
            more.len = 0;
        rr_json_put_text(writer, NULL, rr_json_text(element));
    }
    if (more.len > 0)
        rr_json_put_text(writer, NULL, more);
    rr_json_close(writer);
    return true;
}

static bool put_extra(struct rr_json_writer *writer, const struct rr_json_node *extra)
{
    if (extra == NULL)
        return true;
    if (!rr_json_is_object(extra))
        return false;
    rr_json_open_object(writer, "extra");
    for (const struct rr_json_node *member = rr_json_first_member(extra); member != NULL; member = rr_json_next(member))
        if (!put_texts(writer, rr_json_name(member), member, RR_LIT("")))
            return false;
    rr_json_close(writer);
    return true;
}

static bool put_user(struct rr_json_writer *writer, const struct rr_json_node *user)
{
    const struct rr_json_node *uid = rr_json_member(user, "uid");
    rr_json_open_object(writer, NULL);
    rr_json_put_text(writer, "user", rr_json_text(rr_json_member(user, "username")));
    if (uid != NULL)
        rr_json_put_text(writer, "uid", rr_json_text(uid));
    /* The API server itself adds this group for every user that is not anonymous. */
    if (!put_texts(writer, "groups", rr_json_member(user, "groups"), RR_LIT("system:authenticated")) ||
        !put_extra(writer, rr_json_member(user, "extra")))
        return false;
    rr_json_close(writer);
    return true;
}

bool rr_review_read_token(struct rr_slice reply, bool *out_authenticated, struct rr_review_user *out_user,
                          struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (!parse(reply, "status of the TokenReview", &json, err))
        return false;
    const struct rr_json_node *status = rr_json_member(json.root, "status");
    const struct rr_json_node *user = rr_json_member(status, "user");
    bool authenticated = false;
    if (!rr_json_bool(rr_json_member(status, "authenticated"), &authenticated) || !authenticated) {
        *out_authenticated = false; /* absent: false */
        return rr_json_is_object(status) || refuse_reply(err, "status of the TokenReview");
    }
    struct rr_slice name = rr_json_text(rr_json_member(user, "username"));
    if (name.len == 0 || rr_slice_equals(name, RR_LIT("system:anonymous")))
        return refuse_reply(err, "user of the TokenReview");
    rr_auto(buf) object = RR_BUF(RR_REVIEW_USER_MAX_BYTES);
    struct rr_json_writer writer;
    rr_json_writer_init(&writer, &object, 0);
    if (!put_user(&writer, user))
        return refuse_reply(err, "user of the TokenReview");
    if (!rr_buf_ok(&object, err))
        return rr_context(err, "the user that the TokenReview names");
    struct rr_review_user read = { .name = RR_BUF(USER_NAME_MAX_BYTES), .spec = RR_BUF(RR_REVIEW_USER_MAX_BYTES) };
    rr_buf_add(&read.name, rr_slice_first(name, USER_NAME_MAX_BYTES));
    rr_buf_add(&read.spec, rr_slice_from_offset(rr_slice_first(rr_buf_slice(&object), object.len - 1), 1));
    *out_user = read;
    *out_authenticated = true;
    return true;
}

bool rr_review_read_access(struct rr_slice reply, bool *out_allowed, struct rr_error *err)
{
    static const char what[] = "status of the SubjectAccessReview";
    rr_auto(json) json = { 0 };
    if (!parse(reply, what, &json, err))
        return false;
    const struct rr_json_node *status = rr_json_member(json.root, "status");
    bool allowed = false, denied = false;
    (void)!rr_json_bool(rr_json_member(status, "allowed"), &allowed);
    (void)!rr_json_bool(rr_json_member(status, "denied"), &denied); /* absent: false */
    if (!rr_json_is_object(status) || (allowed && denied))
        return refuse_reply(err, what);
    *out_allowed = allowed;
    return true;
}
