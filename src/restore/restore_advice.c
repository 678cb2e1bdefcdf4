/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_advice.h>

#define GET     "kubectl -n {namespace} get redisrestore {name} -o wide"
#define TRIGGER "kubectl redisrestore trigger {name} -n {namespace} --wait"
#define EDIT    "kubectl -n {namespace} edit redisrestore {name}"
#define LOGS    "kubectl -n {controller} logs deployment/redisrestore-controller --since=15m"

static const struct rr_restore_advice advice[RR_REASON_COUNT] = {
    [RR_REASON_BACKUP_DISCOVERED] = { "A backup was found",
                                      "Nothing, unless the message has a warning. The condition Paired says whether "
                                      "the backup has an AOF",
                                      { GET } },
    [RR_REASON_EXACT] = { "An AOF with the RDB's replication ID and timestamp was found", "Nothing", { GET } },
    [RR_REASON_SESSION] = { "With `pairing: Session` an AOF of the same replication session was found",
                            "Nothing",
                            { GET } },
    [RR_REASON_BACKUP_TOO_OLD] = { "The chosen backup is older than `maxAge`, by the time that `orderBy` names",
                                   "Find out why no newer backup was made, or raise `maxAge`",
                                   { "kubectl redisrestore list {name} -n {namespace}", TRIGGER } },
    [RR_REASON_AOF_NOT_FOUND] = { "No AOF belongs to the chosen RDB: the backup lacks the writes after the RDB, or the "
                                  "upload of the AOF is not finished yet",
                                  "Wait for the next backup, or accept the RDB alone with `onMissingAOF: UseRDBOnly`",
                                  { "kubectl redisrestore list {name} -n {namespace}", TRIGGER } },
    [RR_REASON_NO_BACKUP_FOUND] = { "The listing is complete and has no RDB that matches",
                                    "Compare bucket, prefix and replicationID in the message with the sample of "
                                    "ignored "
                                    "keys",
                                    { "kubectl -n {namespace} get redisrestore {name} -o "
                                      "jsonpath='{.status.discovery.ignoredSample}'",
                                      "redisrestore discover {where} --prefix ''", EDIT } },
    [RR_REASON_SUSPENDED] = { "`spec.suspend` is true",
                              "Resume it: set `spec.suspend` to false",
                              { "kubectl redisrestore resume {name} -n {namespace}" } },
    [RR_REASON_PROGRESSING] = { "The first discovery for this spec has been running for over a second",
                                "Wait",
                                { "kubectl -n {namespace} wait redisrestore/{name} --for=condition=Ready "
                                  "--timeout=5m" } },
    [RR_REASON_S3_UNAVAILABLE] = { "The store was not reached, did not reply, cut a reply short, or answered 5xx. The "
                                   "message names the cause, except for connections to private addresses",
                                   "Host name: check `endpoint` and the DNS. Connection: check the port, network "
                                   "policies and the store. The controller's log has the cause in any case",
                                   { LOGS, "kubectl get networkpolicy -n {controller}", TRIGGER } },
    [RR_REASON_S3_THROTTLED] = { "The store asks for fewer requests (429, SlowDown)",
                                 "Use longer intervals or fewer objects",
                                 { "kubectl redisrestore status -A", EDIT } },
    [RR_REASON_DISCOVERY_TIMEOUT] = { "The listing was not complete within `discoveryTimeout`",
                                      "Raise it, set replicationID so that only that folder is listed, or delete old "
                                      "backups",
                                      { "kubectl -n {namespace} patch redisrestore {name} --type=merge -p "
                                        "'{\"spec\":{\"discoveryTimeout\":\"10m\"}}'" } },
    [RR_REASON_TLS_ERROR] = { "The message names the cause: the certificate is signed by an unknown authority, "
                              "expired, "
                              "not yet valid, or for another host name; the store has no TLS 1.2; or `tls` names no "
                              "certificates",
                              "Unknown authority: set `spec.source.s3.tls.caSecretKeyRef` or `caConfigMapKeyRef`. "
                              "Expired: renew the certificate. Another host name: correct `endpoint` or the "
                              "certificate. Not yet valid: check the clocks",
                              { EDIT, LOGS } },
    [RR_REASON_SECRET_NOT_FOUND] = { "The Secret does not exist in the object's namespace, or the controller may not "
                                     "read it",
                                     "Create the Secret. If the controller may not read it, the message names the "
                                     "missing permission",
                                     { "kubectl -n {namespace} create secret generic {secret} "
                                       "--from-literal=access-key-id=... --from-literal=secret-access-key=...",
                                       "kubectl -n {namespace} auth can-i get secrets "
                                       "--as=system:serviceaccount:{controller}:redisrestore-controller" } },
    [RR_REASON_SECRET_INVALID] = { "A key is missing or empty, longer than 4 KiB, or holds control or non-ASCII bytes",
                                   "Correct the key that the message names",
                                   { "kubectl -n {namespace} describe secret {secret}" } },
    [RR_REASON_NO_CREDENTIALS] = { "`discover` found no credentials, or the configured source of credentials failed",
                                   "Set up one of the sources that the message lists, or repair the one that it names",
                                   { "redisrestore discover {where} --log-level debug" } },
    [RR_REASON_ACCESS_DENIED] = { "The store refused the key, the signature or the permission. The message has its "
                                  "error code",
                                  "InvalidAccessKeyId, SignatureDoesNotMatch: correct the Secret. AccessDenied: grant "
                                  "`s3:ListBucket`",
                                  { "kubectl -n {namespace} describe secret {secret}", TRIGGER } },
    [RR_REASON_CLOCK_SKEWED] = { "The controller's clock and the store's differ by more than the store accepts (15 min "
                                 "on AWS)",
                                 "Set the node's clock",
                                 { "kubectl -n {controller} get pods -o wide" } },
    [RR_REASON_AMBIENT_CREDENTIALS_FORBIDDEN] = { "The object uses `credentials.ambient`, but the operator has not "
                                                  "allowed it for this namespace, or the object has an `endpoint` "
                                                  "or `tls`",
                                                  "Start the controller with `--ambient-credentials-namespace`, or "
                                                  "name a Secret or a ServiceAccount",
                                                  { EDIT } },
    [RR_REASON_ENDPOINT_FORBIDDEN] = { "The endpoint is, or resolves to, a loopback, link-local or metadata address, "
                                       "the API server, or one that `--deny-endpoint-cidr` denies",
                                       "Use a Service or a public name, or start the controller with "
                                       "`--allow-endpoint-cidr`",
                                       { EDIT } },
    [RR_REASON_BUCKET_NOT_FOUND] = { "The store has no bucket of that name",
                                     "Correct `bucket`, `region` or `endpoint`",
                                     { EDIT } },
    [RR_REASON_REGION_MISMATCH] = { "The bucket is in another region",
                                    "Set `region` to the region in the message",
                                    { EDIT } },
    [RR_REASON_MALFORMED_RESPONSE] = { "The server at the endpoint does not speak S3, redirects, or sent a broken "
                                       "listing",
                                       "Correct the endpoint: it may be a console, a proxy or a login page",
                                       { LOGS, EDIT } },
    [RR_REASON_LISTING_LOOP] = { "The store says that there are more keys and does not return them",
                                 "Update the store: it has a fault",
                                 { LOGS } },
    [RR_REASON_API_SERVER_ERROR] = { "For over 10 s the Kubernetes API server has failed to return the Secret, "
                                     "ServiceAccount or ConfigMap that the object names",
                                     "Check the API server. The message says what it answered",
                                     { "kubectl get --raw /readyz?verbose", LOGS, TRIGGER } },
    [RR_REASON_INTERNAL_ERROR] = { "An error in redisrestore itself. The message says what failed",
                                   "Search the issues for the message, or report it with the log",
                                   { LOGS } },
    [RR_REASON_INVALID_SPEC] = { "A field has a value that the schema could not refuse",
                                 "Correct the field that the message names",
                                 { EDIT } },
};

const struct rr_restore_advice *rr_restore_advice_of(enum rr_reason reason)
{
    rr_assert((size_t)reason < RR_COUNT(advice));
    return &advice[reason];
}

const char *rr_restore_advice_next_try(enum rr_reason reason)
{
    if (reason == RR_REASON_SUSPENDED)
        return "when it is resumed";
    switch (rr_reason_class(reason)) {
    case RR_CLASS_NONE:
        return "after `interval`, if there is one";
    case RR_CLASS_TERMINAL:
        return "when the spec changes";
    case RR_CLASS_CONFIG:
        return "after 60 s at the latest in the first 10 minutes, then after 60 s, doubling to 5 min; `trigger` "
               "retries at "
               "once";
    case RR_CLASS_STORAGE:
        return "after 5 s, doubling to 10 min";
    case RR_CLASS_KUBERNETES:
        return "after 5 s, doubling to 5 min";
    case RR_CLASS_SECRET:
        return "after 5 s, doubling to 60 s";
    case RR_CLASS_NOT_FOUND:
        return "after `interval`; with `onNoBackup: Wait` and without `interval` after 60 s, doubling to 5 min";
    }
    return "";
}

static bool is_plain(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!letter && strchr("-_./:@,", byte) == NULL)
            return false;
    }
    return text.len > 0;
}

void rr_restore_advice_quote(struct rr_buf *buf, struct rr_slice text)
{
    if (is_plain(text)) {
        rr_buf_add(buf, text);
        return;
    }
    rr_buf_add_byte(buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            rr_buf_add(buf, RR_LIT("'\\''"));
        else
            rr_buf_add_byte(buf, text.ptr[i]);
    }
    rr_buf_add_byte(buf, '\'');
}

/* The flags of `discover` for the object's bucket. AWS needs no endpoint. */
static void add_where(struct rr_buf *buf, const struct rr_restore_advice_names *names)
{
    rr_buf_add(buf, RR_LIT("--bucket "));
    if (names->bucket.len > 0)
        rr_restore_advice_quote(buf, names->bucket);
    else
        rr_buf_add(buf, RR_LIT("BUCKET"));
    if (names->endpoint.len > 0) {
        rr_buf_add(buf, RR_LIT(" --endpoint "));
        rr_restore_advice_quote(buf, names->endpoint);
    }
}

static void add_name(struct rr_buf *buf, struct rr_slice placeholder, struct rr_slice value)
{
    if (value.len > 0) {
        rr_restore_advice_quote(buf, value);
        return;
    }
    for (size_t i = 0; i < placeholder.len; i++)
        rr_buf_add_byte(buf, (char)(placeholder.ptr[i] - 'a' + 'A'));
}

static bool add_placeholder(struct rr_buf *buf, struct rr_slice placeholder,
                            const struct rr_restore_advice_names *names)
{
    const struct {
        struct rr_slice placeholder, value;
    } known[] = { { RR_LIT("namespace"), names->namespace_name },
                  { RR_LIT("name"), names->name },
                  { RR_LIT("secret"), names->secret },
                  { RR_LIT("controller"),
                    names->controller.len > 0 ? names->controller : RR_LIT(RR_RESTORE_ADVICE_CONTROLLER) } };
    for (size_t i = 0; i < RR_COUNT(known); i++) {
        if (rr_slice_equals(placeholder, known[i].placeholder)) {
            add_name(buf, placeholder, known[i].value);
            return true;
        }
    }
    if (!rr_slice_equals(placeholder, RR_LIT("where")))
        return false;
    add_where(buf, names);
    return true;
}

void rr_restore_advice_command(struct rr_buf *buf, const char *command, const struct rr_restore_advice_names *names)
{
    struct rr_slice rest = rr_slice_from(command);
    while (rest.len > 0) {
        struct rr_slice inside = rr_slice_from_offset(rest, 1);
        size_t end = rr_slice_find(inside, '}');
        if (rest.ptr[0] == '{' && add_placeholder(buf, rr_slice_first(inside, end), names)) {
            rest = rr_slice_from_offset(inside, end + 1);
        } else {
            rr_buf_add_byte(buf, rest.ptr[0]);
            rest = inside;
        }
    }
}
