#include "options.h"

#include <redisrestore/base/log.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <getopt.h>
#include <stdio.h>

enum { FIRST_OPTION = 1000, HELP_OPTION = 'h', WORKERS_MAX = 256 };

bool rr_option_take_text(void *target, const char *value, struct rr_error *err)
{
    (void)err;
    *(struct rr_slice *)target = rr_slice_from(value);
    return true;
}

bool rr_option_take_duration(void *target, const char *value, struct rr_error *err)
{
    int64_t ms;
    if (!rr_parse_duration_ms(rr_slice_from(value), &ms) || ms <= 0)
        return rr_fail(err, RR_E_BAD_INPUT, "a duration such as 90s, 2m or 1h30m");
    *(int64_t *)target = ms;
    return true;
}

bool rr_option_take_log_level(void *target, const char *value, struct rr_error *err)
{
    return rr_log_level_parse(rr_slice_from(value), target) ||
           rr_fail(err, RR_E_BAD_INPUT, "debug, info, warn or error");
}

bool rr_option_take_log_format(void *target, const char *value, struct rr_error *err)
{
    return rr_log_format_parse(rr_slice_from(value), target) || rr_fail(err, RR_E_BAD_INPUT, "json or text");
}

bool rr_option_take_workers(void *target, const char *value, struct rr_error *err)
{
    return rr_parse_int(rr_slice_from(value), 1, WORKERS_MAX, target) ||
           rr_fail(err, RR_E_BAD_INPUT, "a number from 1 to %d", WORKERS_MAX);
}

static enum rr_options_result complain(const char *command, const char *words)
{
    (void)fprintf(stderr, "redisrestore %s: %s\nSee redisrestore %s --help.\n", command, words, command);
    return RR_OPTIONS_WRONG;
}

/* What getopt stumbled over: argv[optind - 1] for a long option. */
static enum rr_options_result complain_of(const char *command, int found, char **argv)
{
    char words[256];
    const char *flag = argv[optind - 1];
    (void)snprintf(words, sizeof(words), found == ':' ? "%.200s needs a value" : "unknown flag %.200s", flag);
    return complain(command, words);
}

static enum rr_options_result take(const char *command, const struct rr_option *option, const char *value)
{
    struct rr_error err;
    char words[sizeof(err.message) + 128];
    if (option->take(option->target, value, &err))
        return RR_OPTIONS_OK;
    /* The value is not repeated: it may be a URL with a password in it. */
    (void)snprintf(words, sizeof(words), "--%s must be %s", option->name, err.message);
    return complain(command, words);
}

enum rr_options_result rr_options_read(const char *command, const struct rr_option *options, size_t count, int argc,
                                       char **argv)
{
    struct option *known = rr_alloc_array(count + 2, sizeof(*known));
    for (size_t i = 0; i < count; i++)
        known[i] =
            (struct option){ .name = options[i].name, .has_arg = required_argument, .val = FIRST_OPTION + (int)i };
    known[count] = (struct option){ .name = "help", .val = HELP_OPTION };
    enum rr_options_result result = RR_OPTIONS_OK;
    optind = 1;
    opterr = 0;
    while (result == RR_OPTIONS_OK) {
        int found = getopt_long(argc, argv, ":h", known, NULL);
        if (found == -1)
            break;
        if (found == HELP_OPTION)
            result = RR_OPTIONS_HELP;
        else if (found >= FIRST_OPTION)
            result = take(command, &options[found - FIRST_OPTION], optarg);
        else
            result = complain_of(command, found, argv);
    }
    rr_free(known);
    if (result == RR_OPTIONS_OK && optind < argc)
        result = complain(command, "arguments without a flag are not taken");
    return result;
}
