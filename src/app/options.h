/* options: flags of a command by a table, on getopt_long. A flag is written out in full: abbreviations are refused, so
 * that a new flag never changes what an old script means. At most one operand, before, between or after the flags.
 * The tables are the one source of the help, the manual page and the completion of shells. Threads: one at a time
 * (getopt_long has global state). Values borrow from argv. */
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

/* A letter for a flag: -n for --namespace. */
struct rr_option_letter {
    char letter;
    const char *name;
};

/* Flags that several commands share. What they set lies at `offset` in the command's options. */
struct rr_option_group {
    const char *title; /* of the help's section */
    const struct rr_option *options;
    size_t option_count;
    size_t offset;
    const struct rr_command *of; /* the flags of that command instead of `options`; NULL: none */
};

enum rr_operand_kind { RR_OPERAND_OBJECT, RR_OPERAND_WORD }; /* a RedisRestore; one of the words of its help */

struct rr_operand {
    const char *name; /* how the help calls it: "NAME" */
    enum rr_operand_kind kind;
    bool is_required;
    const char *help;
    bool (*set)(void *options, struct rr_slice value, struct rr_error *err); /* as of an option */
};

struct rr_command {
    const char *name;
    bool is_program;      /* called by its own name alone, not as "redisrestore NAME" */
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
    /* Told of each flag that was given, with the group it is of (-1: the command's own); NULL: nobody asks. */
    void (*note)(void *options, int group, const struct rr_option *option);
};

enum { RR_OPTIONS_MAX = 64 };

/* The flag of that number, those of the groups after the command's own; NULL beyond the last. *out_group (may be NULL):
 * its group's number, -1: the command's own. */
const struct rr_option *rr_command_option(const struct rr_command *command, size_t number, int *out_group);
/* The letter for a flag, 0: none. */
char rr_command_letter(const struct rr_command *command, const char *name);

/* Reads argv[1] and on. *out_help: --help or -h was among them; nothing after it was read. Fails with RR_E_BAD_INPUT,
 * naming the flag. */
RR_MUST_USE bool rr_options_parse(const struct rr_command *command, int argc, char **argv, void *options,
                                  bool *out_help, struct rr_error *err);
#define RR_PROGRAM        "redisrestore"
#define RR_PROGRAM_PLUGIN "kubectl redisrestore"
/* The name of the program in help and messages: RR_PROGRAM until it is set. `program` is a literal. */
void rr_options_set_program(const char *program);
const char *rr_options_program(void);
/* "redisrestore status [NAME] [flags]" */
void rr_options_usage(const struct rr_command *command, struct rr_buf *out_text);
void rr_options_help(const struct rr_command *command, struct rr_buf *out_text);

/* Shared by the commands' tables: the value must not be empty. */
RR_MUST_USE bool rr_options_text(struct rr_slice value, struct rr_slice *out_text, struct rr_error *err);
/* Likewise, as a C text: an element of argv, or the end of one. */
RR_MUST_USE bool rr_options_c_text(struct rr_slice value, const char **out_text, struct rr_error *err);
enum rr_output_format { RR_OUTPUT_TEXT, RR_OUTPUT_JSON, RR_OUTPUT_YAML };
RR_MUST_USE bool rr_options_output(struct rr_slice value, enum rr_output_format *out_format, struct rr_error *err);
RR_MUST_USE bool rr_options_bool(struct rr_slice value, bool *out_value, struct rr_error *err); /* true or false */
RR_MUST_USE bool rr_options_log_format(struct rr_slice value, enum rr_log_format *out_format, struct rr_error *err);
RR_MUST_USE bool rr_options_log_level(struct rr_slice value, enum rr_log_level *out_level, struct rr_error *err);

#endif
