/* options: flags of the commands, on getopt_long. A wrong one prints a line that names it, and where help is, to
 * stderr. Threads: the main thread. Ownership: values borrow from argv. */
#ifndef RR_APP_OPTIONS_H
#define RR_APP_OPTIONS_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* One flag with a value: --name VALUE or --name=VALUE. */
struct rr_option {
    const char *name;
    /* Takes the value; false with RR_E_BAD_INPUT and what the value must be. */
    bool (*take)(void *target, const char *value, struct rr_error *err);
    void *target;
};

enum rr_options_result { RR_OPTIONS_OK, RR_OPTIONS_HELP, RR_OPTIONS_WRONG };

/* Reads argv[1..]; --help and -h give HELP. `command` stands in messages ("discover"). */
enum rr_options_result rr_options_read(const char *command, const struct rr_option *options, size_t count, int argc,
                                       char **argv);

/* For struct rr_option.take. Targets: struct rr_slice, int64_t (ms), enum rr_log_level, enum rr_log_format, int. */
bool rr_option_take_text(void *target, const char *value, struct rr_error *err);
bool rr_option_take_duration(void *target, const char *value, struct rr_error *err);
bool rr_option_take_log_level(void *target, const char *value, struct rr_error *err);
bool rr_option_take_log_format(void *target, const char *value, struct rr_error *err);
bool rr_option_take_workers(void *target, const char *value, struct rr_error *err);

#endif
