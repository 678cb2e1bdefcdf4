/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest from anywhere names files of its own folder only, and at most one base. */
#include <redisrestore/redis/aof_manifest.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_error err = { 0 };
    struct rr_aof_manifest manifest;
    bool is_good = rr_aof_manifest_parse((struct rr_slice){ (const char *)data, size }, &manifest, &err);
    size_t bases = 0;
    for (size_t i = 0; i < manifest.count; i++) {
        const struct rr_aof_manifest_file *file = &manifest.files[i];
        struct rr_slice name = rr_slice_from(file->name);
        rr_assert(name.len > 0 && !rr_slice_contains_byte(name, '/') && !rr_slice_equals(name, RR_LIT("..")));
        rr_assert(file->sequence > 0);
        bases += file->type == RR_AOF_MANIFEST_BASE;
    }
    rr_assert(bases <= 1 && (manifest.count > 0 || !is_good));
    rr_aof_manifest_done(&manifest);
    return 0;
}
