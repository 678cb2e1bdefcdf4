/* SPDX-License-Identifier: Apache-2.0 */
/* config_fixture: a kubeconfig of one cluster and one user, for the tests of its parts. Threads: one. */
#ifndef RR_TEST_CONFIG_FIXTURE_H
#define RR_TEST_CONFIG_FIXTURE_H

#include "kube_internal.h"

#include "support/folder.h"
#include "support/test.h"

/* One file with this cluster and this user, both in YAML's flow form. */
static inline bool load_one_from(struct test_folder *folder, const char *cluster, const char *user, bool allow_insecure,
                                 struct rr_kube_config *out_config, struct rr_error *err)
{
    char text[16384];
    int len = snprintf(text, sizeof(text),
                       "current-context: c\n"
                       "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                       "clusters: [{name: k, cluster: {%s}}]\n"
                       "users: [{name: u, user: {%s}}]\n",
                       cluster, user);
    rr_assert(len < (int)sizeof(text));
    return rr_kube_config_load_files(rr_slice_from(test_folder_write(folder, "config", text)), true, NULL,
                                     allow_insecure, out_config, err);
}

static inline bool load_one(struct test_folder *folder, const char *cluster, const char *user,
                            struct rr_kube_config *out_config, struct rr_error *err)
{
    return load_one_from(folder, cluster, user, false, out_config, err);
}

/* The message names the file, the field and the reason, and nothing of the file's content. */
static inline void expect_refusal(const char *cluster, const char *user, const char *field, const char *why)
{
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    assert_false(load_one(&folder, cluster, user, &config, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    const char *const words[] = { test_folder_path(&folder, "config"), field, why };
    for (size_t i = 0; i < RR_COUNT(words); i++)
        if (strstr(err.message, words[i]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, words[i]);
    assert_null(strstr(err.message, "canary"));
    assert_null(config.server.ptr);
    test_folder_remove(&folder);
}

#endif
