/* SPDX-License-Identifier: Apache-2.0 */
#include "mounts.h"

#include "support/test.h"

#define MOUNTS                                                                                                         \
    "20 1 0:30 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"                                                     \
    "21 20 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/data /data rw master:1 - ext4 /dev/sda1 rw\n"   \
    "22 20 8:2 / /data/disk rw,relatime shared:2 master:3 - ext4 /dev/sdb rw\n"                                        \
    "23 20 0:40 / /memory rw - tmpfs tmpfs rw\n"                                                                       \
    "24 20 8:3 / /memory/disk rw - xfs /dev/sdc rw\n"                                                                  \
    "25 20 0:41 / /hidden rw - tmpfs tmpfs rw\n"                                                                       \
    "26 20 8:4 / /hidden rw - ext4 /dev/sdd rw\n"                                                                      \
    "27 20 0:42 / /my\\040data\\134x rw - tmpfs tmpfs rw\n"                                                            \
    "28 20 8:5 / /my\\040data\\134x/disk rw - ext4 /dev/sde rw\n"

static bool is_ephemeral(const char *path)
{
    return rr_mounts_is_ephemeral(RR_LIT(MOUNTS), rr_slice_from(path));
}

static void g19_empty_dir_and_tmpfs_end_with_the_pod(void **state)
{
    (void)state;
    assert_true(is_ephemeral("/data"));
    assert_true(is_ephemeral("/data/redis"));
    assert_true(is_ephemeral("/memory"));
}

static void g19_disk_below_or_over_one_does_not(void **state)
{
    (void)state;
    assert_false(is_ephemeral("/data/disk"));
    assert_false(is_ephemeral("/data/disk/redis"));
    assert_false(is_ephemeral("/memory/disk"));
    assert_false(is_ephemeral("/hidden"));
    assert_false(is_ephemeral("/database"));
    assert_false(is_ephemeral("/var/lib/redis"));
}

static void g19_escapes_of_mountinfo_are_read(void **state)
{
    (void)state;
    assert_true(is_ephemeral("/my data\\x"));
    assert_true(is_ephemeral("/my data\\x/redis"));
    assert_false(is_ephemeral("/my data\\x/disk"));
    assert_false(is_ephemeral("/my data"));
    assert_false(is_ephemeral("/my\\040data\\134x"));
}

static void g19_text_that_is_cut_is_no_mount(void **state)
{
    (void)state;
    assert_false(rr_mounts_is_ephemeral(RR_LIT(""), RR_LIT("/data")));
    assert_false(rr_mounts_is_ephemeral(RR_LIT("21 20 8:1"), RR_LIT("/data")));
    assert_false(rr_mounts_is_ephemeral(RR_LIT("\n\n 1 2"), RR_LIT("/data")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g19_empty_dir_and_tmpfs_end_with_the_pod),
    cmocka_unit_test(g19_disk_below_or_over_one_does_not),
    cmocka_unit_test(g19_escapes_of_mountinfo_are_read),
    cmocka_unit_test(g19_text_that_is_cut_is_no_mount),
};

RR_TEST_MAIN(tests)
