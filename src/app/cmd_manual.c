/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "output.h"
#include "version.h"

#include <redisrestore/restore/restore_advice.h>

enum { TEXT_MAX_BYTES = 512 * 1024 };

/* Escapes a text for roff: a point or an apostrophe at the start of a line must not begin a command, a backslash must
 * not begin an escape, and a dash stays a dash. */
static void add_line(struct rr_buf *page, struct rr_slice line)
{
    if (line.len > 0 && (line.ptr[0] == '.' || line.ptr[0] == '\''))
        rr_buf_add(page, RR_LIT("\\&"));
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '\\')
            rr_buf_add(page, RR_LIT("\\e"));
        else if (line.ptr[i] == '-')
            rr_buf_add(page, RR_LIT("\\-"));
        else
            rr_buf_add_byte(page, line.ptr[i]);
    }
}

static void add_text(struct rr_buf *page, const char *text)
{
    struct rr_slice rest = rr_slice_from(text);
    while (rest.len > 0) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        if (line.len == 0)
            rr_buf_add(page, RR_LIT(".PP"));
        add_line(page, line);
        rr_buf_add_byte(page, '\n');
    }
}

/* Lists and examples are copied unchanged. */
static void add_block(struct rr_buf *page, const char *text)
{
    struct rr_slice rest = rr_slice_from(text);
    rr_buf_add(page, RR_LIT(".PP\n.nf\n"));
    while (rest.len > 0) {
        add_line(page, rr_slice_cut(&rest, '\n'));
        rr_buf_add_byte(page, '\n');
    }
    rr_buf_add(page, RR_LIT(".fi\n"));
}

static void add_term(struct rr_buf *page, const char *help)
{
    add_text(page, help);
    if (page->len > 0 && page->ptr[page->len - 1] != '\n')
        rr_buf_add_byte(page, '\n');
}

static void add_option(struct rr_buf *page, const struct rr_command *command, const struct rr_option *option)
{
    char letter = rr_command_letter(command, option->name);
    rr_buf_add(page, RR_LIT(".TP\n"));
    if (letter != 0)
        rr_buf_addf(page, "\\fB\\-%c\\fR, ", letter);
    rr_buf_add(page, RR_LIT("\\fB\\-\\-"));
    add_line(page, rr_slice_from(option->name));
    rr_buf_add(page, RR_LIT("\\fR"));
    if (option->value != NULL)
        rr_buf_addf(page, " \\fI%s\\fR", option->value);
    rr_buf_add_byte(page, '\n');
    add_term(page, option->help);
}

static void add_command(struct rr_buf *page, const struct rr_command *command)
{
    const struct rr_option *option;
    rr_auto(buf) usage = RR_BUF(256);
    rr_options_usage(command, &usage);
    rr_buf_add(page, RR_LIT(".SS "));
    add_line(page, rr_buf_slice(&usage));
    rr_buf_add_byte(page, '\n');
    add_text(page, command->purpose);
    if (command->operand != NULL) {
        rr_buf_addf(page, ".TP\n\\fI%s\\fR\n", command->operand->name);
        add_term(page, command->operand->help);
    }
    for (size_t i = 0; (option = rr_command_option(command, i, NULL)) != NULL; i++)
        add_option(page, command, option);
    add_block(page, command->epilogue);
}

int rr_cmd_manual(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    rr_auto(buf) page = RR_BUF(TEXT_MAX_BYTES);
    rr_buf_addf(&page, ".TH REDISRESTORE 1 \"\" \"redisrestore %s\" \"User Commands\"\n", rr_version);
    rr_buf_add(
        &page,
        RR_LIT(".SH NAME\nredisrestore, kubectl\\-redisrestore, init\\-backup \\- find the backup in S3 that a Redis "
               "would be restored from\n.SH SYNOPSIS\n.B redisrestore\n.I COMMAND\n[flags]\n.br\n"
               ".B kubectl redisrestore\n.I COMMAND\n[flags]\n.br\n.B init\\-backup\n.SH DESCRIPTION\n"));
    rr_auto(buf) help = RR_BUF(8192);
    rr_commands_help(&help);
    add_block(&page, rr_buf_text(&help));
    rr_buf_add(&page, RR_LIT(".SH COMMANDS\n"));
    for (size_t i = 0; i < RR_COMMAND_COUNT; i++)
        add_command(&page, rr_commands[i].command);
    add_command(&page, &rr_init_backup_command);
    rr_buf_add(&page, RR_LIT(".SH SEE ALSO\n.BR kubectl (1)\n"));
    return rr_output_print(&page);
}

static void add_reason(struct rr_buf *page, enum rr_reason reason)
{
    static const struct rr_restore_advice_names no_names;
    const struct rr_restore_advice *advice = rr_restore_advice_of(reason);
    rr_buf_addf(page, "### %s\n\n%s.\n\n", rr_reason_name(reason), advice->meaning);
    rr_buf_addf(page, "- What to do: %s.\n- Next try: %s. Exit code: %d.\n\n", advice->action,
                rr_restore_advice_next_try(reason), rr_reason_exit_code(reason));
    rr_buf_add(page, RR_LIT("```sh\n"));
    for (size_t i = 0; i < RR_COUNT(advice->commands) && advice->commands[i] != NULL; i++) {
        rr_restore_advice_command(page, advice->commands[i], &no_names);
        rr_buf_add_byte(page, '\n');
    }
    rr_buf_add(page, RR_LIT("```\n\n"));
}

int rr_cmd_reasons(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    rr_auto(buf) page = RR_BUF(TEXT_MAX_BYTES);
    for (int i = 0; i < RR_REASON_COUNT; i++)
        add_reason(&page, (enum rr_reason)i);
    return rr_output_print(&page);
}
