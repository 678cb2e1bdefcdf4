/* SPDX-License-Identifier: Apache-2.0 */
/* completion: candidates for the word at the cursor, from the tables of options only. The format is that of cobra's
 * __complete, which kubectl requires from its plugins: one candidate per line with a tab and a description, and a last
 * line ":N" that says whether file names are candidates too. Threads: pure. */
#ifndef RR_APP_COMPLETION_H
#define RR_APP_COMPLETION_H

#include "options_cluster.h"

enum rr_completion_directive {
    RR_COMPLETION_FILES = 0,
    RR_COMPLETION_NO_FILES = 4,
    RR_COMPLETION_FOLDERS = 16,
};

struct rr_completion {
    struct rr_buf lines;
    enum rr_completion_directive directive;
    bool wants_objects;                /* names of RedisRestores with the prefix `begun` are candidates too */
    struct rr_slice begun;             /* the text before the cursor; borrows from the words */
    struct rr_cluster_options cluster; /* the flags about the cluster among the words; borrows likewise */
};

/* `words`: the arguments of the program. The last one is at the cursor and may be empty. */
void rr_completion_answer(const char *const *words, size_t count, struct rr_completion *out_completion);
void rr_completion_done(struct rr_completion *completion);
void rr_completion_add(struct rr_completion *completion, struct rr_slice candidate, struct rr_slice what);

/* Calls `each` for the values at the beginning of a help: "text, json or yaml (default text)". */
void rr_completion_values(const char *help, void *context, void (*each)(void *context, struct rr_slice value));

#endif
