/* SPDX-License-Identifier: Apache-2.0 */
/* options: tables of flags, parsed by getopt_long. Abbreviated flags are refused, so that a new flag never changes the
 * meaning of an old script. A command takes at most one operand, before, between or after the flags. Help, manual page
 * and shell completion come from the tables. Threads: one at a time (getopt_long has global state). Values borrow from
 * argv. */
#ifndef RR_APP_OPTIONS_H
#define RR_APP_OPTIONS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/log.h>

struct rr_option {
    const char *name;  /* without the dashes */
    const char *value; /* the value's name in the help: "NAME". NULL: a switch, --name or --name=false */
    const char *help;  /* may have several lines */
    /* Stores `value` in the command's options. Fails with RR_E_BAD_INPUT; the message need not name the flag. */
    bool (*set)(void *options, struct rr_slice value, struct rr_error *err);
};

/* A one-letter form of a flag: -n for --namespace. */
struct rr_option_letter {
    char letter;
    const char *name;
};

/* Flags that several commands share. They set a struct at `offset` in the command's options. */
struct rr_option_group {
    const char *title; /* of the help's section */
    const struct rr_option *options;
    size_t option_count;
    size_t offset;
    const struct rr_command *of; /* use the flags of that command instead of `options`; NULL: none */
};

enum rr_operand_kind { RR_OPERAND_OBJECT, RR_OPERAND_WORD }; /* a RedisRestore; one of the words in its help */

struct rr_operand {
    const char *name; /* the operand's name in the help: "NAME" */
    enum rr_operand_kind kind;
    bool is_required;
    const char *help;
    bool (*set)(void *options, struct rr_slice value, struct rr_error *err); /* as for an option */
};

struct rr_command {
    const char *name;
    bool is_program;      /* called only by its own name, not as "redisrestore NAME" */
    const char *summary;  /* one line for the list of commands */
    const char *purpose;  /* lines of the help above the flags */
    const char *epilogue; /* below them: environment, exit codes, examples */
    const struct rr_option *options;
    size_t option_count;
    const struct rr_option_group *groups;
    size_t group_count;
    const struct rr_option_letter *letters;
    size_t letter_count;
    const struct rr_operand *operand; /* NULL: none */
    /* Called for each flag that was given, with the number of its group (-1: the command's own). May be NULL. */
    void (*note)(void *options, int group, const struct rr_option *option);
};

enum { RR_OPTIONS_MAX = 64 };

/* Returns the flag with that number, or NULL after the last. The command's own flags come first, then those of the
 * groups. *out_group (may be NULL) receives the number of its group, or -1 for the command's own flags. */
const struct rr_option *rr_command_option(const struct rr_command *command, size_t number, int *out_group);
/* Returns the letter for a flag, or 0. */
char rr_command_letter(const struct rr_command *command, const char *name);

/* Parses argv[1] and the following. *out_help: --help or -h was given, and nothing after it was read. Fails with
 * RR_E_BAD_INPUT, naming the flag. */
RR_MUST_USE bool rr_options_parse(const struct rr_command *command, int argc, char **argv, void *options,
                                  bool *out_help, struct rr_error *err);
#define RR_PROGRAM        "redisrestore"
#define RR_PROGRAM_PLUGIN "kubectl redisrestore"
/* Sets the name of the program in help and messages, which is RR_PROGRAM by default. `program` is a literal. */
void rr_options_set_program(const char *program);
const char *rr_options_program(void);
/* Appends the usage: "redisrestore status [NAME] [flags]" */
void rr_options_usage(const struct rr_command *command, struct rr_buf *out_text);
void rr_options_help(const struct rr_command *command, struct rr_buf *out_text);

/* Setters that the tables share. This one takes a value that is not empty. */
RR_MUST_USE bool rr_options_text(struct rr_slice value, struct rr_slice *out_text, struct rr_error *err);
/* The same for a C string: an element of argv, or the end of one. */
RR_MUST_USE bool rr_options_c_text(struct rr_slice value, const char **out_text, struct rr_error *err);
enum rr_output_format { RR_OUTPUT_TEXT, RR_OUTPUT_JSON, RR_OUTPUT_YAML };
RR_MUST_USE bool rr_options_output(struct rr_slice value, enum rr_output_format *out_format, struct rr_error *err);
RR_MUST_USE bool rr_options_bool(struct rr_slice value, bool *out_value, struct rr_error *err); /* true or false */
RR_MUST_USE bool rr_options_log_format(struct rr_slice value, enum rr_log_format *out_format, struct rr_error *err);
RR_MUST_USE bool rr_options_log_level(struct rr_slice value, enum rr_log_level *out_level, struct rr_error *err);

#endif
