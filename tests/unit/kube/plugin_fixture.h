/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_fixture: a credential plugin that is a script of the test's own, with a folder for it. Threads: one. */
#ifndef RR_TEST_PLUGIN_FIXTURE_H
#define RR_TEST_PLUGIN_FIXTURE_H

#include "config_fixture.h"
#include "kube_exec.h"

#include <sys/stat.h>

/* The script stands in the folder as "plugin" and finds it as $D; each run adds a line to $D/runs. */
static inline void plugin_write(struct test_folder *folder, const char *script)
{
    char text[8192];
    int len = snprintf(text, sizeof(text), "#!/bin/sh\nD='%s'\necho run >>\"$D/runs\"\n%s\n", folder->path, script);
    rr_assert(len < (int)sizeof(text));
    rr_assert(chmod(test_folder_write(folder, "plugin", text), 0700) == 0);
}

/* Prints an ExecCredential of v1 with this status, JSON without single quotes. */
#define PLUGIN_SAYS(status)                                                                                            \
    "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":" status "}'"

#define PLUGIN_USER                                                                                                    \
    "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: ./plugin, "            \
    "installHint: 'install it by hand', env: [{name: WORD, value: secret-word}]}"

static inline int plugin_runs(struct test_folder *folder)
{
    FILE *file = fopen(test_folder_path(folder, "runs"), "re");
    int lines = 0;
    for (int byte; file != NULL && (byte = fgetc(file)) != EOF;)
        lines += byte == '\n';
    if (file != NULL)
        (void)fclose(file);
    return lines;
}

#endif
