/* options: flags of a command by a table, on getopt_long. A flag is written out in full: abbreviations are refused, so
 * that a new flag never changes what an old script means. No operands. Threads: one at a time (getopt_long has global
 * state). Values borrow from argv. */
#ifndef RR_APP_OPTIONS_H
#define RR_APP_OPTIONS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/log.h>

struct rr_option {
    const char *name;  /* without the dashes */
    const char *value; /* how the help calls its value: "NAME". NULL: a switch, --name or --name=false */
    const char *help;  /* may have several lines */
    /* Stores `value` in the command's options. Fails with RR_E_BAD_INPUT; the message need not name the flag. */
    bool (*set)(void *options, struct rr_slice value, struct rr_error *err);
};

struct rr_command {
    const char *name;
    const char *purpose;  /* lines of the help above the flags */
    const char *epilogue; /* below them: environment, exit codes, examples */
    const struct rr_option *options;
    size_t option_count;
};

enum { RR_OPTIONS_MAX = 32 };

/* Reads argv[1] and on. *out_help: --help or -h was among them; nothing after it was read. Fails with RR_E_BAD_INPUT,
 * naming the flag. */
RR_MUST_USE bool rr_options_parse(const struct rr_command *command, int argc, char **argv, void *options,
                                  bool *out_help, struct rr_error *err);
void rr_options_help(const struct rr_command *command, struct rr_buf *out_text);

/* Shared by the commands' tables: the value must not be empty. */
RR_MUST_USE bool rr_options_text(struct rr_slice value, struct rr_slice *out_text, struct rr_error *err);
RR_MUST_USE bool rr_options_bool(struct rr_slice value, bool *out_value, struct rr_error *err); /* true or false */
RR_MUST_USE bool rr_options_log_format(struct rr_slice value, enum rr_log_format *out_format, struct rr_error *err);
RR_MUST_USE bool rr_options_log_level(struct rr_slice value, enum rr_log_level *out_level, struct rr_error *err);

#endif
