#include "restore_spec.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

/* crd.yaml says the same. */
enum {
    INTERVAL_MIN_S = 30,
    INTERVAL_MAX_S = 168 * 3600,
    TIMEOUT_DEFAULT_S = 120,
    TIMEOUT_MIN_S = 1,
    TIMEOUT_MAX_S = 600,
    NAME_MAX_BYTES = 253,
    REPLICATION_ID_MAX_BYTES = 256,
    TRIGGER_MAX_BYTES = 253,
    PREFIX_MAX_BYTES = 1024,
};

static const char default_prefix[] = "redis-backups/";

/* A text of the spec, and where it belongs. */
struct text {
    struct rr_slice *field;
    struct rr_slice value;
};

static void keep_texts(struct rr_restore_spec *spec, struct text *texts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += texts[i].value.len;
    spec->text = rr_alloc(total + 1);
    char *at = spec->text;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].value.len > 0)
            memcpy(at, texts[i].value.ptr, texts[i].value.len);
        *texts[i].field = (struct rr_slice){ at, texts[i].value.len };
        at += texts[i].value.len;
    }
}

static bool decode_duration(const struct rr_json_node *spec, const char *name, int64_t minimum_s, int64_t maximum_s,
                            int64_t *out_ms, struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(spec, name);
    int64_t value;
    if (node == NULL)
        return true;
    if (!rr_parse_duration_ms(rr_json_text(node), &value) || value < 1000 * minimum_s || value > 1000 * maximum_s)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.%s must be a duration such as 15m, from %lld s to %lld s", name,
                       (long long)minimum_s, (long long)maximum_s);
    *out_ms = value;
    return true;
}

static bool decode_flags(const struct rr_json_node *root, const struct rr_json_node *s3,
                         const struct rr_json_node *selection, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *suspend = rr_json_member(root, "suspend"),
                              *style = rr_json_member(s3, "addressingStyle");
    const struct rr_json_node *order = rr_json_member(selection, "orderBy"),
                              *missing = rr_json_member(selection, "onMissingAOF");
    const struct rr_json_node *none = rr_json_member(selection, "onNoBackup");
    if (suspend != NULL && !rr_json_bool(suspend, &spec->suspend))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.suspend must be true or false");
    if (style != NULL && !rr_s3_addressing_parse(rr_json_text(style), &spec->addressing))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.addressingStyle must be Auto, Path or VirtualHosted");
    if (order != NULL && !rr_backup_order_parse(rr_json_text(order), &spec->order))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.selection.orderBy must be LastModified or Timestamp");
    if (missing != NULL && !rr_backup_on_missing_aof_parse(rr_json_text(missing), &spec->on_missing_aof))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.selection.onMissingAOF must be UseRDBOnly or Fail");
    spec->wait_for_backup = rr_slice_equals(rr_json_text(none), RR_LIT("Wait"));
    if (none != NULL && !spec->wait_for_backup && !rr_slice_equals(rr_json_text(none), RR_LIT("Fail")))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.selection.onNoBackup must be Fail or Wait");
    return true;
}

/* A DNS subdomain: nothing in it can leave the object's namespace (behaviour F-41). */
static bool is_dns_subdomain(struct rr_slice name)
{
    char before = '.';
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        bool inner = (byte == '-' || byte == '.') && before != '.' && !(byte == '.' && before == '-');
        if (!alphanumeric && !inner)
            return false;
        before = byte;
    }
    return name.len > 0 && name.len <= NAME_MAX_BYTES && before != '-' && before != '.';
}

static bool check_texts(const struct rr_restore_spec *spec, struct rr_error *err)
{
    if (spec->bucket.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.source.s3.bucket is required");
    if (!is_dns_subdomain(spec->secret_name))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.source.s3.credentials.secretRef.name must be the name of a Secret in this namespace");
    if (spec->replication_id.len > REPLICATION_ID_MAX_BYTES || rr_slice_contains_byte(spec->replication_id, '/'))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.selection.replicationID must be one folder name of at most %d bytes, without '/'",
                       REPLICATION_ID_MAX_BYTES);
    if (spec->trigger.len > 4 * TRIGGER_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.trigger must have at most %d characters", TRIGGER_MAX_BYTES);
    rr_auto(buf) prefix = RR_BUF(PREFIX_MAX_BYTES);
    if (!rr_s3_prefix_normalize(spec->prefix, &prefix, err))
        return rr_context(err, "spec.source.s3.prefix");
    struct rr_s3_location location = rr_restore_spec_location(spec);
    rr_auto(s3_endpoint) endpoint = { 0 };
    return rr_s3_endpoint_resolve(&location, &endpoint, err) || rr_context(err, "spec.source.s3");
}

void rr_restore_spec_decode(const struct rr_json_node *root, struct rr_restore_spec *out_spec)
{
    struct rr_restore_spec spec = { .discovery_timeout_ms = 1000 * TIMEOUT_DEFAULT_S };
    const struct rr_json_node *s3 = rr_json_path(root, "source", "s3", NULL),
                              *selection = rr_json_member(root, "selection");
    const struct rr_json_node *prefix = rr_json_member(s3, "prefix");
    struct text texts[] = {
        { &spec.bucket, rr_json_text(rr_json_member(s3, "bucket")) },
        { &spec.prefix, prefix != NULL ? rr_json_text(prefix) : rr_slice_from(default_prefix) },
        { &spec.region, rr_json_text(rr_json_member(s3, "region")) },
        { &spec.endpoint, rr_json_text(rr_json_member(s3, "endpoint")) },
        { &spec.secret_name, rr_json_text(rr_json_path(s3, "credentials", "secretRef", "name", NULL)) },
        { &spec.replication_id, rr_json_text(rr_json_member(selection, "replicationID")) },
        { &spec.trigger, rr_json_text(rr_json_member(root, "trigger")) },
    };
    keep_texts(&spec, texts, RR_COUNT(texts));
    struct rr_error err;
    bool good =
        decode_flags(root, s3, selection, &spec, &err) &&
        decode_duration(root, "interval", INTERVAL_MIN_S, INTERVAL_MAX_S, &spec.interval_ms, &err) &&
        decode_duration(root, "discoveryTimeout", TIMEOUT_MIN_S, TIMEOUT_MAX_S, &spec.discovery_timeout_ms, &err) &&
        check_texts(&spec, &err);
    if (!good)
        spec.problem = rr_strdup(rr_slice_from(err.message));
    *out_spec = spec;
}

void rr_restore_spec_done(struct rr_restore_spec *spec)
{
    if (spec == NULL)
        return;
    rr_free(spec->text);
    rr_free(spec->problem);
    *spec = (struct rr_restore_spec){ 0 };
}

struct rr_s3_location rr_restore_spec_location(const struct rr_restore_spec *spec)
{
    return (struct rr_s3_location){
        .bucket = spec->bucket, .region = spec->region, .endpoint = spec->endpoint, .addressing = spec->addressing
    };
}
