/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_schema.h"

#include "restore_spec_internal.h"

#include <redisrestore/codec/pack.h>

enum { SPEC_MAX_BYTES = RR_PACK_TEXT_MAX_BYTES };

static bool read_schema(const struct rr_restore_reading *reading, struct rr_json *out_json, struct rr_error *err)
{
    rr_auto(buf) body = RR_BUF(RR_RESTORE_READ_MAX_BYTES);
    struct rr_kube_request request = { .method = "GET",
                                       .path = RR_LIT("/openapi/v3/apis/redisrestore.dev/v1alpha1"),
                                       .deadline_ms = reading->deadline_ms };
    return rr_kube_call(reading->client, &request, reading->stop, &body, err) &&
           rr_json_parse(rr_buf_slice(&body), out_json, err);
}

bool rr_restore_schema_check_spec(const struct rr_restore_reading *reading, const struct rr_json_node *spec,
                                  struct rr_error *err)
{
    rr_auto(json) schema = { 0 };
    if (read_schema(reading, &schema, err))
        return rr_restore_spec_check_unknown(spec,
                                             rr_json_path(schema.root, "components", "schemas",
                                                          "dev.redisrestore.v1alpha1.RedisRestore", "properties",
                                                          "spec", NULL),
                                             err);
    if (err->code == RR_E_DENIED)
        return rr_restore_spec_refuse_unknown(spec, err);
    if (err->code != RR_E_CANCELLED)
        err->code = RR_E_API_SERVER;
    return rr_context(err, "schema of the custom resource");
}

bool rr_restore_schema_check(const struct rr_restore_reading *reading, const struct rr_object *object,
                             struct rr_error *err)
{
    rr_auto(json) spec = { 0 };
    rr_auto(buf) text = RR_BUF(SPEC_MAX_BYTES);
    rr_restore_spec_text(object, &text);
    return rr_json_parse(rr_buf_slice(&text), &spec, err) && rr_restore_schema_check_spec(reading, spec.root, err);
}
