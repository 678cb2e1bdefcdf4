/* SPDX-License-Identifier: Apache-2.0 */
/* A store's error document from anywhere: no crash, and only permitted text in a message. */
#include "../../src/s3/s3_error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct rr_s3_refusal refusal = { 0 };
    struct rr_error err = { 0 };
    rr_s3_refusal_parse(&refusal, (struct rr_slice){ (const char *)data + 2, size - 2 });
    int status = 100 + (data[0] * 256 + data[1]) % 500;
    (void)rr_s3_refusal_to_error(&refusal, status, &err);
    rr_assert(err.code != RR_E_OK);
    for (const char *c = err.message; *c != '\0'; c++)
        rr_assert(*c >= 0x20 && *c < 0x7f);
    return 0;
}
