/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <getopt.h>

enum { HELP_VALUE = 'h', FIRST_VALUE = 256, HELP_COLUMN = 30, LETTERS_MAX = 8 };

static const char *program_name = RR_PROGRAM;

void rr_options_set_program(const char *program)
{
    program_name = program;
}

const char *rr_options_program(void)
{
    return program_name;
}

static const struct rr_option *group_options(const struct rr_option_group *group, size_t *out_count)
{
    *out_count = group->of != NULL ? group->of->option_count : group->option_count;
    return group->of != NULL ? group->of->options : group->options;
}

const struct rr_option *rr_command_option(const struct rr_command *command, size_t number, int *out_group)
{
    int group = -1;
    size_t count = command->option_count;
    const struct rr_option *options = command->options;
    while (number >= count) {
        number -= count;
        if ((size_t)++group >= command->group_count)
            return NULL;
        options = group_options(&command->groups[group], &count);
    }
    if (out_group != NULL)
        *out_group = group;
    return &options[number];
}

char rr_command_letter(const struct rr_command *command, const char *name)
{
    for (size_t i = 0; i < command->letter_count; i++)
        if (rr_slice_equals(rr_slice_from(command->letters[i].name), rr_slice_from(name)))
            return command->letters[i].letter;
    return 0;
}

/* Returns the element of argv that getopt_long read a flag from: the previous one if the value is an element of its
 * own. */
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
    size_t i = 0;
    const struct rr_option *option;
    for (; (option = rr_command_option(command, i, NULL)) != NULL; i++) {
        rr_assert(i < RR_OPTIONS_MAX);
        out_long[i] = (struct option){ .name = option->name,
                                       .has_arg = option->value == NULL ? optional_argument : required_argument,
                                       .val = FIRST_VALUE + (int)i };
    }
    out_long[i++] = (struct option){ .name = "help", .has_arg = no_argument, .val = HELP_VALUE };
    out_long[i] = (struct option){ 0 };
}

static int number_of_letter(const struct rr_command *command, int letter)
{
    const struct rr_option *option;
    for (size_t i = 0; (option = rr_command_option(command, i, NULL)) != NULL; i++)
        if (rr_command_letter(command, option->name) == letter)
            return (int)i;
    return -1;
}

/* "+": stop at an operand, which is read here. ":": distinguish a missing value from an unknown flag. */
static void fill_letters(const struct rr_command *command, char out_letters[4 + 2 * LETTERS_MAX])
{
    size_t at = 0;
    rr_assert(command->letter_count <= LETTERS_MAX);
    out_letters[at++] = '+';
    out_letters[at++] = ':';
    out_letters[at++] = HELP_VALUE;
    for (size_t i = 0; i < command->letter_count; i++) {
        int number = number_of_letter(command, command->letters[i].letter);
        rr_assert(number >= 0);
        out_letters[at++] = command->letters[i].letter;
        if (rr_command_option(command, (size_t)number, NULL)->value != NULL)
            out_letters[at++] = ':';
    }
    out_letters[at] = '\0';
}

/* Prints the flag without its value, which may be a secret. */
static bool fail_unknown(struct rr_slice element, struct rr_error *err)
{
    struct rr_slice flag = rr_slice_cut(&element, '=');
    return rr_fail(err, RR_E_BAD_INPUT, "%.*s: no such flag; see --help", RR_ARG(flag));
}

static bool set_one(const struct rr_command *command, int number, void *options, struct rr_error *err)
{
    int group = -1;
    const struct rr_option *option = rr_command_option(command, (size_t)number, &group);
    size_t offset = group >= 0 ? command->groups[group].offset : 0;
    struct rr_slice value = option->value == NULL && optarg == NULL ? RR_LIT("true") : rr_slice_from(optarg);
    if (!option->set((char *)options + offset, value, err))
        return rr_context(err, "--%s", option->name);
    if (command->note != NULL)
        command->note(options, group, option);
    return true;
}

/* Takes an operand. *taken counts them. */
static bool take_operand(const struct rr_command *command, char *text, int *taken, void *options, struct rr_error *err)
{
    if (command->operand == NULL || *taken > 0)
        return rr_fail(err, RR_E_BAD_INPUT, "%s: unexpected argument; see --help", text);
    ++*taken;
    if (!command->operand->set(options, rr_slice_from(text), err))
        return rr_context(err, "%s", command->operand->name);
    return true;
}

/* Handles a flag that getopt_long returned. */
static bool take_flag(const struct rr_command *command, char **argv, int read, void *options, struct rr_error *err)
{
    if (read == ':')
        return rr_fail(err, RR_E_BAD_INPUT, "%s: needs a value", argv[optind - 1]);
    if (read == '?')
        return fail_unknown(rr_slice_from(argv[optind > 1 ? optind - 1 : 1]), err);
    return set_one(command, read >= FIRST_VALUE ? read - FIRST_VALUE : number_of_letter(command, read), options, err);
}

bool rr_options_parse(const struct rr_command *command, int argc, char **argv, void *options, bool *out_help,
                      struct rr_error *err)
{
    struct option long_options[RR_OPTIONS_MAX + 2];
    char letters[4 + 2 * LETTERS_MAX];
    fill_long_options(command, long_options);
    fill_letters(command, letters);
    opterr = 0;
    optind = 0; /* glibc: reset */
    int operands = 0;
    bool only_operands = false; /* after "--" */
    *out_help = false;
    for (;;) {
        int index = -1;
        int read = only_operands ? -1 : getopt_long(argc, argv, letters, long_options, &index);
        if (read == -1) {
            only_operands =
                only_operands || (optind > 1 && rr_slice_equals(rr_slice_from(argv[optind - 1]), RR_LIT("--")));
            if (optind >= argc)
                break;
            if (!take_operand(command, argv[optind++], &operands, options, err))
                return false;
            continue;
        }
        if (index >= 0 && !is_written_out(element_read(argv, &long_options[index]), long_options[index].name))
            return fail_unknown(element_read(argv, &long_options[index]), err);
        if (read == HELP_VALUE) {
            *out_help = true;
            return true;
        }
        if (!take_flag(command, argv, read, options, err))
            return false;
    }
    if (command->operand != NULL && command->operand->is_required && operands == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "%s is missing; see %s %s --help", command->operand->name, program_name,
                       command->name);
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

static void add_option_help(const struct rr_command *command, const struct rr_option *option, struct rr_buf *out_text)
{
    size_t before = out_text->len;
    char letter = rr_command_letter(command, option->name);
    if (letter != 0)
        rr_buf_addf(out_text, "  -%c, --%s", letter, option->name);
    else
        rr_buf_addf(out_text, "  --%s", option->name);
    if (option->value != NULL)
        rr_buf_addf(out_text, " %s", option->value);
    size_t wrote = out_text->len - before;
    rr_buf_addf(out_text, "%*s", wrote + 2 > HELP_COLUMN ? 2 : HELP_COLUMN - (int)wrote, "");
    add_help_lines(out_text, option->help);
}

void rr_options_usage(const struct rr_command *command, struct rr_buf *out_text)
{
    if (!command->is_program)
        rr_buf_addf(out_text, "%s ", program_name);
    rr_buf_addf(out_text, "%s ", command->name);
    if (command->operand != NULL)
        rr_buf_addf(out_text, command->operand->is_required ? "%s " : "[%s] ", command->operand->name);
    rr_buf_add(out_text, RR_LIT("[flags]"));
}

void rr_options_help(const struct rr_command *command, struct rr_buf *out_text)
{
    rr_buf_add(out_text, RR_LIT("usage: "));
    rr_options_usage(command, out_text);
    rr_buf_addf(out_text, "\n\n%s\n", command->purpose);
    if (command->operand != NULL)
        rr_buf_addf(out_text, "  %-*s%s\n\n", HELP_COLUMN - 2, command->operand->name, command->operand->help);
    rr_buf_add(out_text, RR_LIT("Flags:\n"));
    for (size_t i = 0; i < command->option_count; i++)
        add_option_help(command, &command->options[i], out_text);
    rr_buf_addf(out_text, "  %-*s%s\n", HELP_COLUMN - 2, "-h, --help", "show this help");
    for (size_t g = 0; g < command->group_count; g++) {
        rr_buf_addf(out_text, "\n%s:\n", command->groups[g].title);
        size_t count;
        const struct rr_option *options = group_options(&command->groups[g], &count);
        for (size_t i = 0; i < count; i++)
            add_option_help(command, &options[i], out_text);
    }
    rr_buf_addf(out_text, "\n%s", command->epilogue);
}

bool rr_options_text(struct rr_slice value, struct rr_slice *out_text, struct rr_error *err)
{
    if (value.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "must not be empty");
    *out_text = value;
    return true;
}

bool rr_options_c_text(struct rr_slice value, const char **out_text, struct rr_error *err)
{
    struct rr_slice text;
    if (!rr_options_text(value, &text, err))
        return false;
    *out_text = text.ptr;
    return true;
}

bool rr_options_output(struct rr_slice value, enum rr_output_format *out_format, struct rr_error *err)
{
    static const char *const names[] = {
        [RR_OUTPUT_TEXT] = "text", [RR_OUTPUT_JSON] = "json", [RR_OUTPUT_YAML] = "yaml"
    };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        if (rr_slice_equals(value, rr_slice_from(names[i]))) {
            *out_format = (enum rr_output_format)i;
            return true;
        }
    }
    return rr_fail(err, RR_E_BAD_INPUT, "must be text, json or yaml");
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
