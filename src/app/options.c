#include "options.h"

#include <getopt.h>

enum { HELP_VALUE = 'h', FIRST_VALUE = 256, HELP_COLUMN = 30 };

/* The element of argv that getopt_long just read a flag from: with a value of its own it stands one further back. */
static struct rr_slice element_read(char **argv, const struct option *option)
{
    bool own_value = option->has_arg == required_argument && optarg == argv[optind - 1];
    return rr_slice_from(argv[own_value ? optind - 2 : optind - 1]);
}

static bool is_written_out(struct rr_slice element, const char *name)
{
    struct rr_slice text = rr_slice_from_offset(element, 2);
    return rr_slice_equals(rr_slice_cut(&text, '='), rr_slice_from(name));
}

static void fill_long_options(const struct rr_command *command, struct option out_long[RR_OPTIONS_MAX + 2])
{
    rr_assert(command->option_count <= RR_OPTIONS_MAX);
    size_t i = 0;
    for (; i < command->option_count; i++) {
        out_long[i] =
            (struct option){ .name = command->options[i].name,
                             .has_arg = command->options[i].value == NULL ? optional_argument : required_argument,
                             .val = FIRST_VALUE + (int)i };
    }
    out_long[i++] = (struct option){ .name = "help", .has_arg = no_argument, .val = HELP_VALUE };
    out_long[i] = (struct option){ 0 };
}

/* Shown without the value, which may hold what must not be shown. */
static bool fail_unknown(struct rr_slice element, struct rr_error *err)
{
    struct rr_slice flag = rr_slice_cut(&element, '=');
    return rr_fail(err, RR_E_BAD_INPUT, "%.*s: no such flag", RR_ARG(flag));
}

static bool set_one(const struct rr_option *option, void *options, struct rr_error *err)
{
    if (!option->set(options, optarg == NULL ? RR_LIT("true") : rr_slice_from(optarg), err))
        return rr_context(err, "--%s", option->name);
    return true;
}

bool rr_options_parse(const struct rr_command *command, int argc, char **argv, void *options, bool *out_help,
                      struct rr_error *err)
{
    struct option long_options[RR_OPTIONS_MAX + 2];
    fill_long_options(command, long_options);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (;;) {
        int index = -1;
        int read = getopt_long(argc, argv, "+:h", long_options, &index);
        if (read == -1)
            break;
        if (index >= 0 && !is_written_out(element_read(argv, &long_options[index]), long_options[index].name))
            return fail_unknown(element_read(argv, &long_options[index]), err);
        if (read == HELP_VALUE) {
            *out_help = true;
            return true;
        }
        if (read == ':')
            return rr_fail(err, RR_E_BAD_INPUT, "%s: needs a value", argv[optind - 1]);
        if (read == '?')
            return fail_unknown(rr_slice_from(argv[optind > 1 ? optind - 1 : 1]), err);
        if (!set_one(&command->options[read - FIRST_VALUE], options, err))
            return false;
    }
    if (optind < argc)
        return rr_fail(err, RR_E_BAD_INPUT, "%s: an argument that is not expected here", argv[optind]);
    *out_help = false;
    return true;
}

static void add_help_lines(struct rr_buf *out_text, const char *help)
{
    struct rr_slice rest = rr_slice_from(help);
    bool first = true;
    while (rest.len > 0) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        if (!first)
            rr_buf_addf(out_text, "%*s", HELP_COLUMN, "");
        rr_buf_addf(out_text, "%.*s\n", RR_ARG(line));
        first = false;
    }
}

void rr_options_help(const struct rr_command *command, struct rr_buf *out_text)
{
    rr_buf_addf(out_text, "usage: redisrestore %s [flags]\n\n%s\n", command->name, command->purpose);
    rr_buf_add(out_text, RR_LIT("Flags:\n"));
    for (size_t i = 0; i < command->option_count; i++) {
        const struct rr_option *option = &command->options[i];
        size_t before = out_text->len;
        rr_buf_addf(out_text, option->value == NULL ? "  --%s" : "  --%s %s", option->name, option->value);
        size_t wrote = out_text->len - before;
        rr_buf_addf(out_text, "%*s", wrote + 2 > HELP_COLUMN ? 2 : HELP_COLUMN - (int)wrote, "");
        add_help_lines(out_text, option->help);
    }
    rr_buf_addf(out_text, "  %-*s%s\n", HELP_COLUMN - 2, "-h, --help", "show this");
    rr_buf_addf(out_text, "\n%s", command->epilogue);
}

bool rr_options_text(struct rr_slice value, struct rr_slice *out_text, struct rr_error *err)
{
    if (value.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "must not be empty");
    *out_text = value;
    return true;
}

bool rr_options_bool(struct rr_slice value, bool *out_value, struct rr_error *err)
{
    bool is_true = rr_slice_equals(value, RR_LIT("true"));
    if (!is_true && !rr_slice_equals(value, RR_LIT("false")))
        return rr_fail(err, RR_E_BAD_INPUT, "must be true or false");
    *out_value = is_true;
    return true;
}

bool rr_options_log_format(struct rr_slice value, enum rr_log_format *out_format, struct rr_error *err)
{
    return rr_log_format_parse(value, out_format) || rr_fail(err, RR_E_BAD_INPUT, "must be text or json");
}

bool rr_options_log_level(struct rr_slice value, enum rr_log_level *out_level, struct rr_error *err)
{
    return rr_log_level_parse(value, out_level) || rr_fail(err, RR_E_BAD_INPUT, "must be debug, info, warn or error");
}
