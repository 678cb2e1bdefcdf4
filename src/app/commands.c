/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "output.h"

#include <redisrestore/base/escape.h>

enum { HELP_MAX_BYTES = 8 * 1024, COMPLAINT_MAX_BYTES = 1024, NAME_SHOWN_MAX_BYTES = 128 };

static const char machine[] = "Commands",
                  cluster[] = "Commands for objects in a cluster, also available as kubectl redisrestore";

const struct rr_command_entry rr_commands[RR_COMMAND_COUNT] = {
    { &rr_controller_command, rr_cmd_controller, machine },
    { &rr_discover_command, rr_cmd_discover, machine },
    { &rr_verify_command, rr_cmd_verify, machine },
    { &rr_stage_command, rr_cmd_stage, machine },
    { &rr_completion_command, rr_cmd_completion, machine },
    { &rr_version_command, rr_cmd_version, machine },
    { &rr_list_command, rr_cmd_list, cluster },
    { &rr_status_command, rr_cmd_status, cluster },
    { &rr_explain_command, rr_cmd_explain, cluster },
    { &rr_trigger_command, rr_cmd_trigger, cluster },
    { &rr_suspend_command, rr_cmd_suspend, cluster },
    { &rr_resume_command, rr_cmd_resume, cluster },
};

/* Commands that the help does not list: for shells and packages, and another spelling. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} hidden[] = {
    { "--version", rr_cmd_version },
    { "__complete", rr_cmd_complete },
    { "__manual", rr_cmd_manual },
    { "__reasons", rr_cmd_reasons },
};

const struct rr_command_entry *rr_command_find(struct rr_slice name)
{
    for (size_t i = 0; i < RR_COUNT(rr_commands); i++)
        if (rr_slice_equals(name, rr_slice_from(rr_commands[i].command->name)))
            return &rr_commands[i];
    return NULL;
}

void rr_commands_help(struct rr_buf *out_text)
{
    rr_buf_addf(out_text,
                "redisrestore finds the backup in S3 that a Redis would be restored from.\n"
                "\n"
                "usage: %s COMMAND [flags]\n",
                rr_options_program());
    const char *section = NULL;
    for (size_t i = 0; i < RR_COUNT(rr_commands); i++) {
        if (rr_commands[i].section != section)
            rr_buf_addf(out_text, "\n%s:\n", rr_commands[i].section);
        section = rr_commands[i].section;
        rr_buf_addf(out_text, "  %-12s %s\n", rr_commands[i].command->name, rr_commands[i].command->summary);
    }
    rr_buf_addf(out_text,
                "\n"
                "%s COMMAND --help shows its flags, environment, exit codes and examples.\n"
                "Called as init-backup, the binary replaces the init container of that name.\n",
                rr_options_program());
}

static struct rr_slice base_name(struct rr_slice path)
{
    for (size_t i = path.len; i > 0; i--) {
        if (path.ptr[i - 1] == '/')
            return rr_slice_from_offset(path, i);
    }
    return path;
}

static int print_help(void)
{
    rr_auto(buf) text = RR_BUF(HELP_MAX_BYTES);
    rr_commands_help(&text);
    return rr_output_print(&text);
}

static int refuse(struct rr_slice name)
{
    rr_auto(buf) text = RR_BUF(COMPLAINT_MAX_BYTES);
    rr_buf_add(&text, name.len == 0 ? RR_LIT("a command is missing") : RR_LIT("unknown command "));
    rr_escape_text(&text, name, NAME_SHOWN_MAX_BYTES);
    rr_buf_addf(&text, "; see %s --help", rr_options_program());
    rr_output_complain(rr_buf_text(&text));
    return RR_EXIT_USAGE;
}

int rr_commands_run(int argc, char **argv)
{
    struct rr_slice program = base_name(rr_slice_from(argc > 0 ? argv[0] : NULL));
    if (rr_slice_equals(program, RR_LIT("init-backup")))
        return rr_cmd_init_backup(argc, argv);
    if (rr_slice_equals(program, RR_LIT("kubectl_complete-redisrestore"))) /* kubectl runs it for its plugins */
        return rr_cmd_complete(argc, argv);
    rr_options_set_program(rr_slice_equals(program, RR_LIT("kubectl-redisrestore")) ? RR_PROGRAM_PLUGIN : RR_PROGRAM);
    struct rr_slice name = rr_slice_from(argc > 1 ? argv[1] : NULL);
    if (rr_slice_equals(name, RR_LIT("--help")) || rr_slice_equals(name, RR_LIT("-h")) ||
        rr_slice_equals(name, RR_LIT("help")))
        return print_help();
    const struct rr_command_entry *entry = rr_command_find(name);
    if (entry != NULL)
        return entry->run(argc - 1, argv + 1);
    for (size_t i = 0; i < RR_COUNT(hidden); i++) {
        if (rr_slice_equals(name, rr_slice_from(hidden[i].name)))
            return hidden[i].run(argc - 1, argv + 1);
    }
    return refuse(name);
}
