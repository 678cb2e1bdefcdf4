#include "restore_spec.h"

#include <redisrestore/base/escape.h>
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
    FIELD_SHOWN_MAX_BYTES = 64,
};

static const char default_prefix[] = "redis-backups/";

/* Every member that may be there, by the object it is in. What else is there asks for something that this controller
 * would not do: a CRD newer than it (behaviour F-36). */
static const char *const spec_members[] = { "source",   "selection",        "suspend", "trigger",
                                            "interval", "discoveryTimeout", NULL };
static const char *const source_members[] = { "s3", NULL };
static const char *const s3_members[] = { "bucket",          "prefix",      "region", "endpoint",
                                          "addressingStyle", "credentials", NULL };
static const char *const credentials_members[] = { "secretRef", NULL };
static const char *const secret_members[] = { "name", NULL };
static const char *const selection_members[] = { "replicationID", "orderBy", "onMissingAOF", "onNoBackup", NULL };

static bool is_known(const char *name, const char *const *members)
{
    while (*members != NULL && strcmp(*members, name) != 0)
        members++;
    return *members != NULL;
}

/* `node` may be absent. */
static bool check_object(const struct rr_json_node *node, const char *path, const char *const *members,
                         struct rr_error *err)
{
    if (node == NULL)
        return true;
    if (!rr_json_is_object(node))
        return rr_fail(err, RR_E_BAD_INPUT, "%s must be an object", path);
    for (const struct rr_json_node *member = rr_json_first(node); member != NULL; member = rr_json_next(member)) {
        if (is_known(rr_json_name(member), members))
            continue;
        rr_auto(buf) name = RR_BUF(FIELD_SHOWN_MAX_BYTES);
        rr_escape_text(&name, rr_slice_from(rr_json_name(member)), FIELD_SHOWN_MAX_BYTES);
        return rr_fail(err, RR_E_BAD_INPUT,
                       "%s.%s is not known to this version of the controller; the CRD is of another one", path,
                       rr_buf_text(&name));
    }
    return true;
}

/* A text of the spec, and where it belongs. */
struct text {
    struct rr_slice *field;
    const struct rr_json_node *node; /* NULL: absent */
    const char *path;
    bool may_be_empty;
    struct rr_slice otherwise; /* when absent */
};

static struct rr_slice text_value(const struct text *text)
{
    return text->node != NULL ? rr_json_text(text->node) : text->otherwise;
}

static void keep_texts(struct rr_restore_spec *spec, const struct text *texts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += text_value(&texts[i]).len;
    spec->text = rr_alloc(total + 1);
    char *at = spec->text;
    for (size_t i = 0; i < count; i++) {
        struct rr_slice value = text_value(&texts[i]);
        if (value.len > 0)
            memcpy(at, value.ptr, value.len);
        *texts[i].field = (struct rr_slice){ at, value.len };
        at += value.len;
    }
}

/* A number or an empty text must not pass for an absent field: without its endpoint a request would go to AWS. */
static bool check_types(const struct text *texts, size_t count, struct rr_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i].node == NULL)
            continue;
        if (!rr_json_is_text(texts[i].node))
            return rr_fail(err, RR_E_BAD_INPUT, "%s must be a string", texts[i].path);
        if (rr_json_text(texts[i].node).len == 0 && !texts[i].may_be_empty)
            return rr_fail(err, RR_E_BAD_INPUT, "%s must not be empty", texts[i].path);
    }
    return true;
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

static bool check_objects(const struct rr_json_node *root, struct rr_error *err)
{
    const struct rr_json_node *s3 = rr_json_path(root, "source", "s3", NULL);
    return check_object(root, "spec", spec_members, err) &&
           check_object(rr_json_member(root, "source"), "spec.source", source_members, err) &&
           check_object(s3, "spec.source.s3", s3_members, err) &&
           check_object(rr_json_member(s3, "credentials"), "spec.source.s3.credentials", credentials_members, err) &&
           check_object(rr_json_path(s3, "credentials", "secretRef", NULL), "spec.source.s3.credentials.secretRef",
                        secret_members, err) &&
           check_object(rr_json_member(root, "selection"), "spec.selection", selection_members, err);
}

void rr_restore_spec_decode(const struct rr_json_node *root, struct rr_restore_spec *out_spec)
{
    struct rr_restore_spec spec = { .discovery_timeout_ms = 1000 * TIMEOUT_DEFAULT_S };
    const struct rr_json_node *s3 = rr_json_path(root, "source", "s3", NULL),
                              *selection = rr_json_member(root, "selection");
    const struct text texts[] = {
        { &spec.bucket, rr_json_member(s3, "bucket"), "spec.source.s3.bucket", false, { 0 } },
        { &spec.prefix, rr_json_member(s3, "prefix"), "spec.source.s3.prefix", true, rr_slice_from(default_prefix) },
        { &spec.region, rr_json_member(s3, "region"), "spec.source.s3.region", false, { 0 } },
        { &spec.endpoint, rr_json_member(s3, "endpoint"), "spec.source.s3.endpoint", false, { 0 } },
        { &spec.secret_name,
          rr_json_path(s3, "credentials", "secretRef", "name", NULL),
          "spec.source.s3.credentials.secretRef.name",
          false,
          { 0 } },
        { &spec.replication_id,
          rr_json_member(selection, "replicationID"),
          "spec.selection.replicationID",
          false,
          { 0 } },
        { &spec.trigger, rr_json_member(root, "trigger"), "spec.trigger", true, { 0 } },
    };
    keep_texts(&spec, texts, RR_COUNT(texts));
    struct rr_error err;
    bool good =
        check_objects(root, &err) && check_types(texts, RR_COUNT(texts), &err) &&
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
