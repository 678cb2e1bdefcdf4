/* SPDX-License-Identifier: Apache-2.0 */
#include "sigv4_case.h"

#include <redisrestore/base/file.h>
#include <redisrestore/text/uri.h>

#include "support/test.h"

#include <dirent.h>

static size_t read_pairs(const struct rr_json_node *list, struct rr_sigv4_parameter *pairs)
{
    size_t count = 0;
    for (const struct rr_json_node *pair = rr_json_first(list); pair != NULL; pair = rr_json_next(pair)) {
        rr_assert(count < SIGV4_CASE_PAIRS_MAX);
        const struct rr_json_node *name = rr_json_first(pair);
        pairs[count++] = (struct rr_sigv4_parameter){ rr_json_text(name), rr_json_text(rr_json_next(name)) };
    }
    return count;
}

static bool parse(struct rr_slice text, struct sigv4_case *out_case, struct rr_error *err)
{
    struct sigv4_case *it = out_case;
    *it = (struct sigv4_case){ 0 };
    if (!rr_json_parse(text, &it->json, err))
        return false;
    const struct rr_json_node *root = it->json.root;
    it->request = (struct rr_sigv4_request){
        .method = rr_json_text(rr_json_member(root, "method")),
        .path = rr_json_text(rr_json_member(root, "path")),
        .query = it->query,
        .query_count = read_pairs(rr_json_member(root, "query"), it->query),
        .headers = it->headers,
        .header_count = read_pairs(rr_json_member(root, "headers"), it->headers),
        .payload_sha256_hex = rr_json_text(rr_json_member(root, "payload_sha256_hex")),
        .region = rr_json_text(rr_json_member(root, "region")),
        .service = rr_json_text(rr_json_member(root, "service")),
    };
    it->key = rr_json_text(rr_json_member(root, "key"));
    it->access_key_id = rr_json_text(rr_json_member(root, "access_key_id"));
    it->secret_access_key = rr_json_text(rr_json_member(root, "secret_access_key"));
    it->session_token = rr_json_text(rr_json_member(root, "session_token"));
    it->query_string = rr_json_text(rr_json_member(root, "query_string"));
    it->canonical_request = rr_json_text(rr_json_member(root, "canonical_request"));
    it->string_to_sign = rr_json_text(rr_json_member(root, "string_to_sign"));
    it->authorization = rr_json_text(rr_json_member(root, "authorization"));
    return (rr_json_int64(rr_json_member(root, "unix_s"), &it->request.unix_s) &&
            rr_json_bool(rr_json_member(root, "normalize_path"), &it->request.normalize_path)) ||
           rr_fail(err, RR_E_BAD_INPUT, "a case without unix_s or normalize_path");
}

void sigv4_case_done(struct sigv4_case *it)
{
    rr_json_done(&it->json);
}

static bool path_differs(const struct sigv4_case *it)
{
    if (it->key.len == 0)
        return false;
    rr_auto(buf) path = RR_BUF(4096);
    rr_buf_add(&path, RR_LIT("/bkt/"));
    rr_uri_encode_path(&path, it->key);
    return !rr_slice_equals(rr_buf_slice(&path), it->request.path);
}

const char *sigv4_case_difference(const struct sigv4_case *it)
{
    static const char *const names[] = { "access", "secret", "token" };
    rr_auto(sigv4_signature) signature = { 0 };
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err = { 0 };
    if (path_differs(it))
        return "path";
    if (!rr_credentials_new(it->access_key_id, it->secret_access_key, it->session_token, names, &credentials, &err) ||
        !rr_sigv4_sign(&it->request, credentials, &signature, &err))
        return "no signature";
    if (!rr_slice_equals(rr_buf_slice(&signature.query_string), it->query_string))
        return "query string";
    if (!rr_slice_equals(rr_buf_slice(&signature.canonical_request), it->canonical_request))
        return "canonical request";
    if (!rr_slice_equals(rr_buf_slice(&signature.string_to_sign), it->string_to_sign))
        return "string to sign";
    if (!rr_slice_equals(rr_buf_slice(&signature.authorization), it->authorization))
        return "authorization";
    return NULL;
}

void sigv4_case_load(const char *folder, const char *name, struct sigv4_case *out_case)
{
    rr_auto(buf) path = RR_BUF(4096);
    rr_auto(buf) text = RR_BUF(64 * 1024);
    struct rr_error err = { 0 };
    rr_buf_addf(&path, "%s/vectors/sigv4/%s/%s", RR_TESTS_DIR, folder, name);
    assert_ok(rr_file_read(rr_buf_text(&path), &text, &err), err);
    assert_ok(parse(rr_buf_slice(&text), out_case, &err), err);
}

size_t sigv4_case_each(const char *folder, void (*on_case)(const char *name, struct sigv4_case *it))
{
    rr_auto(buf) path = RR_BUF(4096);
    rr_buf_addf(&path, "%s/vectors/sigv4/%s", RR_TESTS_DIR, folder);
    DIR *opened = opendir(rr_buf_text(&path));
    assert_non_null(opened);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        if (!rr_slice_ends_with(rr_slice_from(entry->d_name), RR_LIT(".json")))
            continue;
        struct sigv4_case it;
        sigv4_case_load(folder, entry->d_name, &it);
        on_case(entry->d_name, &it);
        sigv4_case_done(&it);
        count++;
    }
    (void)closedir(opened);
    return count;
}
