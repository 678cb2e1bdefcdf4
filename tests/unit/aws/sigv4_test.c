#include <redisrestore/aws/sigv4.h>

#include <redisrestore/base/mem.h>

#include "support/test.h"

static struct rr_credentials *credentials_of(const char *access_key_id, const char *secret)
{
    static const char *const names[] = { "key", "secret", "token" };
    struct rr_credentials *credentials = NULL;
    struct rr_error err = { 0 };
    assert_ok(rr_credentials_new(rr_slice_from(access_key_id), rr_slice_from(secret), (struct rr_slice){ 0 }, names,
                                 &credentials, &err),
              err);
    return credentials;
}

struct example {
    struct rr_sigv4_request request;
    const char *access_key_id, *secret;
    const char *canonical_request, *string_to_sign, *authorization;
};

static void assert_example(const struct example *example)
{
    rr_auto_ptr(credentials) credentials = credentials_of(example->access_key_id, example->secret);
    rr_auto(sigv4_signature) made = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_sigv4_sign(&example->request, credentials, &made, &err), err);
    assert_string_equal(rr_buf_text(&made.canonical_request), example->canonical_request);
    assert_string_equal(rr_buf_text(&made.string_to_sign), example->string_to_sign);
    assert_string_equal(rr_buf_text(&made.authorization), example->authorization);
}

/* Amazon S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single
 * Chunk", examples 1 to 4. */
#define S3_KEY     "AKIAIOSFODNN7EXAMPLE"
#define S3_SECRET  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define S3_HOST    "examplebucket.s3.amazonaws.com"
#define S3_DATE    "20130524T000000Z"
#define S3_SCOPE   "20130524/us-east-1/s3/aws4_request"
#define S3_TO_SIGN "AWS4-HMAC-SHA256\n" S3_DATE "\n" S3_SCOPE "\n"
#define S3_SIGNED  "AWS4-HMAC-SHA256 Credential=" S3_KEY "/" S3_SCOPE ", SignedHeaders="
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_UNIX_S  INT64_C(1369353600)

static void published_s3_get_object_with_range(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter headers[] = {
        { RR_LIT("Host"), RR_LIT(S3_HOST) },
        { RR_LIT("Range"), RR_LIT("bytes=0-9") },
        { RR_LIT("x-amz-content-sha256"), RR_LIT(EMPTY_HASH) },
        { RR_LIT("x-amz-date"), RR_LIT(S3_DATE) },
    };
    assert_example(&(struct example){
        { .method = RR_LIT("GET"),
          .path = RR_LIT("/test.txt"),
          .headers = headers,
          .header_count = RR_COUNT(headers),
          .payload_sha256_hex = RR_LIT(EMPTY_HASH),
          .region = RR_LIT("us-east-1"),
          .service = RR_LIT("s3"),
          .unix_s = S3_UNIX_S },
        S3_KEY,
        S3_SECRET,
        "GET\n/test.txt\n\nhost:" S3_HOST "\nrange:bytes=0-9\nx-amz-content-sha256:" EMPTY_HASH "\nx-amz-date:" S3_DATE
        "\n\nhost;range;x-amz-content-sha256;x-amz-date\n" EMPTY_HASH,
        S3_TO_SIGN "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        S3_SIGNED "host;range;x-amz-content-sha256;x-amz-date, "
                  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    });
}

static void published_s3_put_object(void **state)
{
    (void)state;
    static const char body_hash[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const struct rr_sigv4_parameter headers[] = {
        { RR_LIT("Host"), RR_LIT(S3_HOST) },
        { RR_LIT("Date"), RR_LIT("Fri, 24 May 2013 00:00:00 GMT") },
        { RR_LIT("x-amz-date"), RR_LIT(S3_DATE) },
        { RR_LIT("x-amz-storage-class"), RR_LIT("REDUCED_REDUNDANCY") },
        { RR_LIT("x-amz-content-sha256"), rr_slice_from(body_hash) },
    };
    assert_example(&(struct example){
        { .method = RR_LIT("PUT"),
          .path = RR_LIT("/test%24file.text"),
          .headers = headers,
          .header_count = RR_COUNT(headers),
          .payload_sha256_hex = rr_slice_from(body_hash),
          .region = RR_LIT("us-east-1"),
          .service = RR_LIT("s3"),
          .unix_s = S3_UNIX_S },
        S3_KEY,
        S3_SECRET,
        "PUT\n/test%24file.text\n\ndate:Fri, 24 May 2013 00:00:00 GMT\nhost:" S3_HOST
        "\nx-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\nx-amz-date:" S3_DATE
        "\nx-amz-storage-class:REDUCED_REDUNDANCY\n\ndate;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        S3_TO_SIGN "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
        S3_SIGNED "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                  "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    });
}

static void assert_s3_bucket_example(const struct rr_sigv4_parameter *query, size_t query_count,
                                     const char *canonical_query, const char *hash, const char *signature)
{
    const struct rr_sigv4_parameter headers[] = {
        { RR_LIT("Host"), RR_LIT(S3_HOST) },
        { RR_LIT("x-amz-date"), RR_LIT(S3_DATE) },
        { RR_LIT("x-amz-content-sha256"), RR_LIT(EMPTY_HASH) },
    };
    char canonical[1000], to_sign[1000], authorization[1000];
    (void)snprintf(canonical, sizeof canonical,
                   "GET\n/\n%s\nhost:" S3_HOST "\nx-amz-content-sha256:" EMPTY_HASH "\nx-amz-date:" S3_DATE
                   "\n\nhost;x-amz-content-sha256;x-amz-date\n" EMPTY_HASH,
                   canonical_query);
    (void)snprintf(to_sign, sizeof to_sign, S3_TO_SIGN "%s", hash);
    (void)snprintf(authorization, sizeof authorization, S3_SIGNED "host;x-amz-content-sha256;x-amz-date, Signature=%s",
                   signature);
    assert_example(&(struct example){
        { .method = RR_LIT("GET"),
          .path = RR_LIT("/"),
          .query = query,
          .query_count = query_count,
          .headers = headers,
          .header_count = RR_COUNT(headers),
          .payload_sha256_hex = RR_LIT(EMPTY_HASH),
          .region = RR_LIT("us-east-1"),
          .service = RR_LIT("s3"),
          .unix_s = S3_UNIX_S },
        S3_KEY,
        S3_SECRET,
        canonical,
        to_sign,
        authorization,
    });
}

static void published_s3_get_bucket_lifecycle(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter query[] = { { RR_LIT("lifecycle"), RR_LIT("") } };

    assert_s3_bucket_example(query, 1, "lifecycle=", "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
                             "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void published_s3_list_objects(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter query[] = { { RR_LIT("prefix"), RR_LIT("J") },
                                                { RR_LIT("max-keys"), RR_LIT("2") } };

    assert_s3_bucket_example(query, 2, "max-keys=2&prefix=J",
                             "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
                             "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* AWS General Reference, "Signature Version 4 signing process", the example of ListUsers. */
#define IAM_SCOPE "20150830/us-east-1/iam/aws4_request"

static void published_iam_list_users(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter query[] = { { RR_LIT("Version"), RR_LIT("2010-05-08") },
                                                { RR_LIT("Action"), RR_LIT("ListUsers") } };
    const struct rr_sigv4_parameter headers[] = {
        { RR_LIT("Host"), RR_LIT("iam.amazonaws.com") },
        { RR_LIT("Content-Type"), RR_LIT("application/x-www-form-urlencoded; charset=utf-8") },
        { RR_LIT("X-Amz-Date"), RR_LIT("20150830T123600Z") },
    };
    assert_example(&(struct example){
        { .method = RR_LIT("GET"),
          .path = RR_LIT("/"),
          .query = query,
          .query_count = 2,
          .headers = headers,
          .header_count = 3,
          .payload_sha256_hex = RR_LIT(EMPTY_HASH),
          .region = RR_LIT("us-east-1"),
          .service = RR_LIT("iam"),
          .unix_s = INT64_C(1440938160) },
        "AKIDEXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "GET\n/\nAction=ListUsers&Version=2010-05-08\ncontent-type:application/x-www-form-urlencoded; "
        "charset=utf-8\nhost:iam.amazonaws.com\n"
        "x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n" EMPTY_HASH,
        "AWS4-HMAC-SHA256\n20150830T123600Z\n" IAM_SCOPE
        "\nf536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" IAM_SCOPE ", SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    });
}

#define RR_TEXT(text)                                                                                                  \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    } /* RR_LIT is no constant expression */

/* The signatures of AWS's Signature Version 4 test suite: host example.amazonaws.com, 20150830T123600Z, service
 * "service". */
static const struct {
    const char *name, *method, *path;
    bool normalize;
    struct rr_sigv4_parameter query[6], headers[5];
    const char *signature;
} suite[] = {
    { .name = "get-vanilla",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-vanilla-empty-query-key",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("Param1"), RR_TEXT("value1") } },
      .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
    { .name = "get-vanilla-query-order-encoded",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("Param-3"), RR_TEXT("Value3") },
                 { RR_TEXT("Param"), RR_TEXT("Value2") },
                 { RR_TEXT("\xe1\x88\xb4"), RR_TEXT("Value1") } },
      .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac" },
    { .name = "get-vanilla-query-order-key-case",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("Param2"), RR_TEXT("value2") }, { RR_TEXT("Param1"), RR_TEXT("value1") } },
      .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
    { .name = "get-vanilla-query-unreserved",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                   RR_TEXT("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") } },
      .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
    { .name = "get-vanilla-utf8-query",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("\xe1\x88\xb4"), RR_TEXT("bar") } },
      .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
    { .name = "get-header-key-duplicate",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT("value2") },
                   { RR_TEXT("My-Header1"), RR_TEXT("value2") },
                   { RR_TEXT("My-Header1"), RR_TEXT("value1") } },
      .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
    { .name = "get-header-value-multiline",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT("value1\n  value2\n     value3") } },
      .signature = "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd" },
    { .name = "get-header-value-order",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT("value4") },
                   { RR_TEXT("My-Header1"), RR_TEXT("value1") },
                   { RR_TEXT("My-Header1"), RR_TEXT("value3") },
                   { RR_TEXT("My-Header1"), RR_TEXT("value2") } },
      .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
    { .name = "get-header-value-trim",
      .method = "GET",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT(" value1") },
                   { RR_TEXT("My-Header2"), RR_TEXT(" \"a   b   c\"") } },
      .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
    { .name = "get-relative-normalized",
      .method = "GET",
      .path = "/example/..",
      .normalize = true,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-relative-relative-normalized",
      .method = "GET",
      .path = "/example1/example2/../..",
      .normalize = true,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-relative-unnormalized",
      .method = "GET",
      .path = "/example/..",
      .signature = "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282" },
    { .name = "get-relative-relative-unnormalized",
      .method = "GET",
      .path = "/example1/example2/../..",
      .signature = "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b" },
    { .name = "get-slash-dot-slash-normalized",
      .method = "GET",
      .path = "/./",
      .normalize = true,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-slash-dot-slash-unnormalized",
      .method = "GET",
      .path = "/./",
      .signature = "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145" },
    { .name = "get-slash-normalized",
      .method = "GET",
      .path = "//",
      .normalize = true,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-slash-unnormalized",
      .method = "GET",
      .path = "//",
      .signature = "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e" },
    { .name = "get-slash-pointless-dot-normalized",
      .method = "GET",
      .path = "/./example",
      .normalize = true,
      .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
    { .name = "get-slashes-normalized",
      .method = "GET",
      .path = "//example//",
      .normalize = true,
      .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
    { .name = "get-slashes-unnormalized",
      .method = "GET",
      .path = "//example//",
      .signature = "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5" },
    { .name = "get-space",
      .method = "GET",
      .path = "/example%20space/",
      .normalize = true,
      .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
    { .name = "get-unreserved",
      .method = "GET",
      .path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      .normalize = true,
      .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
    { .name = "get-utf8",
      .method = "GET",
      .path = "/%E1%88%B4",
      .normalize = true,
      .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
    { .name = "post-vanilla",
      .method = "POST",
      .path = "/",
      .normalize = true,
      .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
    { .name = "post-header-key-sort",
      .method = "POST",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT("value1") } },
      .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c" },
    { .name = "post-header-value-case",
      .method = "POST",
      .path = "/",
      .normalize = true,
      .headers = { { RR_TEXT("My-Header1"), RR_TEXT("VALUE1") } },
      .signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
    { .name = "post-vanilla-query",
      .method = "POST",
      .path = "/",
      .normalize = true,
      .query = { { RR_TEXT("Param1"), RR_TEXT("value1") } },
      .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
};

static void published_suite_has_our_signatures(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = credentials_of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    for (size_t i = 0; i < RR_COUNT(suite); i++) {
        struct rr_sigv4_parameter headers[8] = { { RR_LIT("Host"), RR_LIT("example.amazonaws.com") },
                                                 { RR_LIT("X-Amz-Date"), RR_LIT("20150830T123600Z") } };
        size_t header_count = 2, query_count = 0;
        for (size_t at = 0; at < RR_COUNT(suite[i].headers) && suite[i].headers[at].name.len > 0; at++)
            headers[header_count++] = suite[i].headers[at];
        while (query_count < RR_COUNT(suite[i].query) && suite[i].query[query_count].name.ptr != NULL)
            query_count++;
        struct rr_sigv4_request request = {
            .method = rr_slice_from(suite[i].method),
            .path = rr_slice_from(suite[i].path),
            .query = suite[i].query,
            .query_count = query_count,
            .headers = headers,
            .header_count = header_count,
            .payload_sha256_hex = RR_LIT(EMPTY_HASH),
            .region = RR_LIT("us-east-1"),
            .service = RR_LIT("service"),
            .unix_s = INT64_C(1440938160),
            .normalize_path = suite[i].normalize,
        };
        rr_auto(sigv4_signature) made = { 0 };
        struct rr_error err = { 0 };
        assert_ok(rr_sigv4_sign(&request, credentials, &made, &err), err);
        if (!rr_slice_ends_with(rr_buf_slice(&made.authorization), rr_slice_from(suite[i].signature)))
            fail_msg("%s: another signature for\n%s", suite[i].name, rr_buf_text(&made.canonical_request));
    }
}

/* A request that can be signed; tests break it in one way each. */
static const struct rr_sigv4_parameter plain_headers[] = { { { "host", 4 }, { "h", 1 } } };

static struct rr_sigv4_request plain_request(void)
{
    return (struct rr_sigv4_request){
        .method = RR_LIT("GET"),
        .path = RR_LIT("/"),
        .headers = plain_headers,
        .header_count = 1,
        .payload_sha256_hex = rr_slice_from(rr_sigv4_empty_sha256_hex),
        .region = RR_LIT("us-east-1"),
        .service = RR_LIT("s3"),
        .unix_s = S3_UNIX_S,
    };
}

static enum rr_code code_of(const struct rr_sigv4_request *request)
{
    rr_auto_ptr(credentials) credentials = credentials_of("AKIDEXAMPLE", "secret");
    rr_auto(sigv4_signature) made = { 0 };
    struct rr_error err = { 0 };
    bool signed_ = rr_sigv4_sign(request, credentials, &made, &err);
    assert_int_equal(signed_, err.code == RR_E_OK);
    assert_true(signed_ || made.authorization.ptr == NULL);
    return err.code;
}

static void sign_refuses_a_request_without_method_or_host(void **state)
{
    (void)state;
    struct rr_sigv4_request whole = plain_request(), no_method = whole, no_host = whole, other_header = whole;
    const struct rr_sigv4_parameter headers[] = { { RR_LIT("hosts"), RR_LIT("h") } };
    no_method.method.len = 0;
    no_host.header_count = 0;
    other_header.headers = headers;

    assert_int_equal(code_of(&whole), RR_E_OK);
    assert_int_equal(code_of(&no_method), RR_E_BAD_INPUT);
    assert_int_equal(code_of(&no_host), RR_E_BAD_INPUT);
    assert_int_equal(code_of(&other_header), RR_E_BAD_INPUT);
}

static void sign_limits_parameters_and_headers(void **state)
{
    (void)state;
    struct rr_sigv4_request request = plain_request();
    struct rr_sigv4_parameter pairs[33];
    for (size_t i = 0; i < RR_COUNT(pairs); i++)
        pairs[i] = (struct rr_sigv4_parameter){ RR_LIT("host"), RR_LIT("v") };

    request.query = pairs;
    request.query_count = 32;
    assert_int_equal(code_of(&request), RR_E_OK);
    request.query_count = 33;
    assert_int_equal(code_of(&request), RR_E_BAD_INPUT);
    request.query_count = 0;
    request.headers = pairs;
    request.header_count = 32;
    assert_int_equal(code_of(&request), RR_E_OK);
    request.header_count = 33;
    assert_int_equal(code_of(&request), RR_E_BAD_INPUT);
}

static void sign_refuses_texts_over_a_limit_instead_of_cutting_them(void **state)
{
    (void)state;
    enum { LEN = 200 * 1024 };
    char *text = rr_alloc(LEN);
    memset(text, 'x', LEN);
    const struct rr_slice huge = { text, LEN };
    const struct rr_sigv4_parameter in_name = { huge, RR_LIT("") }, in_value = { RR_LIT("host"), huge };
    struct rr_sigv4_request requests[6];
    for (size_t i = 0; i < RR_COUNT(requests); i++)
        requests[i] = plain_request();
    requests[0].path = huge;
    requests[1].query = &in_name, requests[1].query_count = 1;
    requests[2].query = &in_value, requests[2].query_count = 1;
    requests[3].headers = &in_value;
    requests[4].region = huge;
    requests[5].payload_sha256_hex = huge;

    for (size_t i = 0; i < RR_COUNT(requests); i++)
        assert_int_equal(code_of(&requests[i]), RR_E_TOO_BIG);
    rr_free(text);
}

static void sign_takes_the_longest_credentials(void **state)
{
    (void)state;
    char key[4096 + 1], secret[4096 + 1];
    memset(key, 'k', sizeof key - 1);
    memset(secret, 's', sizeof secret - 1);
    key[sizeof key - 1] = secret[sizeof secret - 1] = '\0';
    rr_auto_ptr(credentials) credentials = credentials_of(key, secret);
    struct rr_sigv4_request request = plain_request();
    rr_auto(sigv4_signature) made = { 0 };
    struct rr_error err = { 0 };

    assert_ok(rr_sigv4_sign(&request, credentials, &made, &err), err);

    assert_non_null(strstr(rr_buf_text(&made.authorization), key));
    assert_null(strstr(rr_buf_text(&made.authorization), "ssss"));
}

static void sign_names_its_date(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = credentials_of("AKIDEXAMPLE", "secret");
    struct rr_sigv4_request request = plain_request();
    rr_auto(sigv4_signature) made = { 0 };
    struct rr_error err = { 0 };

    assert_ok(rr_sigv4_sign(&request, credentials, &made, &err), err);

    assert_string_equal(made.amz_date, S3_DATE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(published_s3_get_object_with_range),
    cmocka_unit_test(published_s3_put_object),
    cmocka_unit_test(published_s3_get_bucket_lifecycle),
    cmocka_unit_test(published_s3_list_objects),
    cmocka_unit_test(published_iam_list_users),
    cmocka_unit_test(published_suite_has_our_signatures),
    cmocka_unit_test(sign_refuses_a_request_without_method_or_host),
    cmocka_unit_test(sign_limits_parameters_and_headers),
    cmocka_unit_test(sign_refuses_texts_over_a_limit_instead_of_cutting_them),
    cmocka_unit_test(sign_takes_the_longest_credentials),
    cmocka_unit_test(sign_names_its_date),
};

RR_TEST_MAIN(tests)
