/* completion: what may stand where the cursor is, from the tables of options and nothing else. The words of the answer
 * are those of cobra's __complete, which kubectl asks its plugins for: a candidate a line, a tab and what it is, and a
 * last line ":N" that says whether files may stand there too. Threads: pure. */
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
    bool wants_objects;                /* names of RedisRestores that begin with `begun` belong here too */
    struct rr_slice begun;             /* what stands there already; borrows from the words */
    struct rr_cluster_options cluster; /* what the words say about the cluster; borrows likewise */
};

/* `words`: those behind the program's name, the last one is being written and may be empty. */
void rr_completion_answer(const char *const *words, size_t count, struct rr_completion *out_completion);
void rr_completion_done(struct rr_completion *completion);
void rr_completion_add(struct rr_completion *completion, struct rr_slice candidate, struct rr_slice what);

/* The words at the start of a help that are its values: "text, json or yaml (default text)". Calls `each` for them. */
void rr_completion_values(const char *help, void *context, void (*each)(void *context, struct rr_slice value));

#endif
