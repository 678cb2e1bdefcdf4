/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_advice.h"

#include <stdio.h>
#include <string.h>

/* Default ports of services that do not speak the S3 protocol. */
static const struct {
    const char *end, *what, *s3_port;
} ports[] = {
    { ":9001", "MinIO's console", "9000" },         { ":9090", "MinIO's console", "9000" },
    { ":3903", "Garage's administration", "3900" }, { ":8888", "SeaweedFS' filer", "8333" },
    { ":9333", "SeaweedFS' master", "8333" },       { ":8443", "Ceph's dashboard", "7480" },
};

static void add(struct rr_error *err, const char *words)
{
    size_t len = strlen(err->message);
    (void)snprintf(err->message + len, sizeof err->message - len, "; %s", words);
}

/* The URL without the bucket ends with a path that is the bucket: "https://s3.example/backups". */
static bool has_bucket_in_path(const struct rr_s3_endpoint *endpoint)
{
    struct rr_slice url = rr_buf_slice(&endpoint->display), bucket = rr_buf_slice(&endpoint->bucket);
    return rr_slice_ends_with(url, bucket) && url.len > bucket.len + 1 && url.ptr[url.len - bucket.len - 1] == '/' &&
           url.ptr[url.len - bucket.len - 2] != '/'; /* a host alone has "//" before it */
}

static void advise_on_port(const struct rr_s3_endpoint *endpoint, struct rr_error *err)
{
    for (size_t i = 0; i < RR_COUNT(ports); i++) {
        if (!rr_slice_ends_with(rr_buf_slice(&endpoint->host), rr_slice_from(ports[i].end)))
            continue;
        char words[96];
        (void)snprintf(words, sizeof words, "port %s is often %s: S3 is on port %s there", ports[i].end + 1,
                       ports[i].what, ports[i].s3_port);
        add(err, words);
    }
}

void rr_s3_advise(const struct rr_s3_endpoint *endpoint, const char *code, struct rr_error *err)
{
    bool is_signature = strcmp(code, "SignatureDoesNotMatch") == 0;
    bool not_found = err->code == RR_E_BUCKET_NOT_FOUND || (err->code == RR_E_BAD_REPLY && err->http_status != 0);
    if (endpoint->is_aws) {
        if (err->cause == RR_CAUSE_NAME_NOT_FOUND)
            add(err, "the host is one of AWS: check the region, or set the endpoint of another store");
        return;
    }
    if (is_signature && endpoint->region_is_default)
        add(err, "no region is set, so us-east-1 was used: set the region of the store");
    if (not_found && has_bucket_in_path(endpoint))
        add(err, "the endpoint ends with the bucket's name: leave it out there");
    if (err->code == RR_E_BAD_REPLY)
        advise_on_port(endpoint, err);
}
