/* SPDX-License-Identifier: Apache-2.0 */
/* commands: the table of commands and their entry points. An entry point receives its own name as argv[0] and returns
 * the exit code. Threads: main, with signals blocked (signals.h). */
#ifndef RR_APP_COMMANDS_H
#define RR_APP_COMMANDS_H

#include "options.h"

int rr_cmd_completion(int argc, char **argv);
int rr_cmd_controller(int argc, char **argv);
int rr_cmd_discover(int argc, char **argv);
int rr_cmd_explain(int argc, char **argv);
int rr_cmd_init_backup(int argc, char **argv);
int rr_cmd_list(int argc, char **argv);
int rr_cmd_resume(int argc, char **argv);
int rr_cmd_stage(int argc, char **argv);
int rr_cmd_status(int argc, char **argv);
int rr_cmd_suspend(int argc, char **argv);
int rr_cmd_trigger(int argc, char **argv);
int rr_cmd_verify(int argc, char **argv);
int rr_cmd_version(int argc, char **argv);

/* For shells and packages, not for users: completion candidates, the manual page, the table of reasons. */
int rr_cmd_complete(int argc, char **argv);
int rr_cmd_manual(int argc, char **argv);
int rr_cmd_reasons(int argc, char **argv);

extern const struct rr_command rr_completion_command, rr_controller_command, rr_discover_command, rr_explain_command,
    rr_init_backup_command, rr_list_command, rr_resume_command, rr_stage_command, rr_status_command, rr_suspend_command,
    rr_trigger_command, rr_verify_command, rr_version_command;

struct rr_command_entry {
    const struct rr_command *command;
    int (*run)(int argc, char **argv);
    const char *section; /* literal; entries of a section are adjacent */
};

enum { RR_COMMAND_COUNT = 12 };
extern const struct rr_command_entry rr_commands[RR_COMMAND_COUNT]; /* in the order of the help */
/* Returns the command with that name, or NULL. */
const struct rr_command_entry *rr_command_find(struct rr_slice name);
/* Appends the help of the program itself. */
void rr_commands_help(struct rr_buf *out_text);
/* Runs the command that the arguments of the process name: by the name of the program (init-backup, the plugin's
 * completion) or by the first argument. Returns the exit code. */
int rr_commands_run(int argc, char **argv);

#endif
