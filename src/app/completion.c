/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"

#include "commands.h"

#include <redisrestore/discovery/reason.h>

enum { LINES_MAX_BYTES = 256 * 1024, VALUES_MAX = 16 };

void rr_completion_done(struct rr_completion *completion)
{
    rr_buf_done(&completion->lines);
}

void rr_completion_add(struct rr_completion *completion, struct rr_slice candidate, struct rr_slice what)
{
    if (!rr_slice_starts_with(candidate, completion->begun))
        return;
    rr_buf_add(&completion->lines, candidate);
    if (what.len > 0)
        rr_buf_addf(&completion->lines, "\t%.*s", RR_ARG(what));
    rr_buf_add_byte(&completion->lines, '\n');
}

static struct rr_slice cut_word(struct rr_slice *rest)
{
    size_t len = 0;
    for (; len < rest->len; len++) {
        char byte = rest->ptr[len];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')))
            break;
    }
    struct rr_slice word = rr_slice_first(*rest, len);
    *rest = rr_slice_from_offset(*rest, len);
    return word;
}

/* Values are only "A or B" and "A, B or C", followed by a comma, a parenthesis or nothing. A help that begins in
 * another way, such as "http or https proxy", has no values. */
void rr_completion_values(const char *help, void *context, void (*each)(void *context, struct rr_slice value))
{
    struct rr_slice rest = rr_slice_from(help), values[VALUES_MAX];
    size_t count = 0;
    bool is_last = false;
    while (count < VALUES_MAX) {
        values[count] = cut_word(&rest);
        if (values[count++].len == 0)
            return;
        if (is_last)
            break;
        is_last = rr_slice_starts_with(rest, RR_LIT(" or "));
        if (!is_last && !rr_slice_starts_with(rest, RR_LIT(", ")))
            return;
        rest = rr_slice_from_offset(rest, is_last ? 4 : 2);
    }
    bool is_list = is_last && (rest.len == 0 || rest.ptr[0] == ',' || rest.ptr[0] == '\n' ||
                               rr_slice_starts_with(rest, RR_LIT(" (")));
    for (size_t i = 0; i < count && is_list; i++)
        each(context, values[i]);
}

static void add_value(void *context, struct rr_slice value)
{
    rr_completion_add(context, value, (struct rr_slice){ 0 });
}

static void complete_value(struct rr_completion *completion, const struct rr_option *option)
{
    struct rr_slice kind = rr_slice_from(option->value);
    if (kind.len == 0) {
        add_value(completion, RR_LIT("true"));
        add_value(completion, RR_LIT("false"));
    } else if (rr_slice_equals(kind, RR_LIT("FILE"))) {
        completion->directive = RR_COMPLETION_FILES;
    } else if (rr_slice_equals(kind, RR_LIT("DIR"))) {
        completion->directive = RR_COMPLETION_FOLDERS;
    } else {
        rr_completion_values(option->help, completion, add_value);
    }
}

static void complete_flag(struct rr_completion *completion, const struct rr_command *command)
{
    const struct rr_option *option;
    for (size_t i = 0; (option = rr_command_option(command, i, NULL)) != NULL; i++) {
        rr_auto(buf) flag = RR_BUF(128);
        struct rr_slice help = rr_slice_from(option->help);
        rr_buf_addf(&flag, "--%s", option->name);
        rr_completion_add(completion, rr_buf_slice(&flag), rr_slice_first(help, rr_slice_find(help, '\n')));
    }
    rr_completion_add(completion, RR_LIT("--help"), RR_LIT("show this help"));
}

/* Names of objects have lower-case letters only; a reason begins with an upper-case letter. */
static bool is_reason_begun(const struct rr_completion *completion, const struct rr_command *command)
{
    struct rr_slice begun = completion->begun;
    return command == &rr_explain_command && begun.len > 0 && begun.ptr[0] >= 'A' && begun.ptr[0] <= 'Z';
}

static void complete_operand(struct rr_completion *completion, const struct rr_command *command)
{
    if (is_reason_begun(completion, command))
        for (int i = 0; i < RR_REASON_COUNT; i++)
            rr_completion_add(completion, rr_slice_from(rr_reason_name((enum rr_reason)i)), (struct rr_slice){ 0 });
    else if (command->operand->kind == RR_OPERAND_OBJECT)
        completion->wants_objects = true;
    else
        rr_completion_values(command->operand->help, completion, add_value);
}

static bool names_option(const struct rr_command *command, const struct rr_option *option, struct rr_slice flag)
{
    char letter = rr_command_letter(command, option->name);
    if (rr_slice_starts_with(flag, RR_LIT("--")))
        return rr_slice_equals(rr_slice_from_offset(flag, 2), rr_slice_from(option->name));
    return letter != 0 && flag.len == 2 && flag.ptr[1] == letter;
}

/* Returns the flag, or NULL if the command has no flag of that name. */
static const struct rr_option *find_option(const struct rr_command *command, struct rr_slice flag)
{
    const struct rr_option *option;
    for (size_t i = 0; (option = rr_command_option(command, i, NULL)) != NULL; i++)
        if (names_option(command, option, flag))
            return option;
    return NULL;
}

/* Stores the value of a flag about the cluster. An invalid value is ignored. */
static void keep(struct rr_completion *completion, const struct rr_option *option, struct rr_slice value)
{
    struct rr_error ignored;
    for (size_t i = 0; i < RR_CLUSTER_FLAG_COUNT; i++)
        if (option == &rr_cluster_flags[i])
            (void)!option->set(&completion->cluster, value, &ignored);
}

/* Reads the words before the cursor. Returns the flag whose value is the next word, or NULL. Counts the operands. */
static const struct rr_option *read_words(struct rr_completion *completion, const struct rr_command *command,
                                          const char *const *words, size_t count, size_t *out_operands)
{
    const struct rr_option *waiting = NULL;
    *out_operands = 0;
    for (size_t i = 0; i < count; i++) {
        struct rr_slice word = rr_slice_from(words[i]), value = word;
        if (waiting != NULL) {
            keep(completion, waiting, word);
            waiting = NULL;
            continue;
        }
        if (word.len < 2 || word.ptr[0] != '-') {
            ++*out_operands;
            continue;
        }
        struct rr_slice flag = rr_slice_cut(&value, '=');
        const struct rr_option *option = find_option(command, flag);
        if (option == NULL)
            continue;
        if (flag.len < word.len || option->value == NULL)
            keep(completion, option, flag.len < word.len ? value : RR_LIT("true"));
        else
            waiting = option;
    }
    return waiting;
}

static void complete_command(struct rr_completion *completion)
{
    for (size_t i = 0; i < RR_COMMAND_COUNT; i++)
        rr_completion_add(completion, rr_slice_from(rr_commands[i].command->name),
                          rr_slice_from(rr_commands[i].command->summary));
}

static void complete_word(struct rr_completion *completion, const struct rr_command *command, const char *const *words,
                          size_t before)
{
    size_t operands;
    struct rr_slice word = completion->begun, value = word;
    const struct rr_option *waiting = read_words(completion, command, words, before, &operands);
    if (waiting != NULL) {
        complete_value(completion, waiting);
    } else if (rr_slice_starts_with(word, RR_LIT("--")) && rr_slice_contains_byte(word, '=')) {
        const struct rr_option *option = find_option(command, rr_slice_cut(&value, '='));
        completion->begun = value;
        if (option != NULL)
            complete_value(completion, option);
    } else if (rr_slice_starts_with(word, RR_LIT("-"))) {
        complete_flag(completion, command);
    } else if (command->operand != NULL && operands == 0) {
        complete_operand(completion, command);
    }
}

void rr_completion_answer(const char *const *words, size_t count, struct rr_completion *out_completion)
{
    *out_completion = (struct rr_completion){ .lines = RR_BUF(LINES_MAX_BYTES), .directive = RR_COMPLETION_NO_FILES };
    if (count == 0)
        return;
    out_completion->begun = rr_slice_from(words[count - 1]);
    if (count == 1) {
        complete_command(out_completion);
        return;
    }
    const struct rr_command_entry *entry = rr_command_find(rr_slice_from(words[0]));
    if (entry != NULL)
        complete_word(out_completion, entry->command, words + 1, count - 2);
}
