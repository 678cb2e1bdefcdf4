#include "commands.h"

static const char machine[] = "Commands",
                  cluster[] = "Commands for people with a cluster, also as kubectl redisrestore";

const struct rr_command_entry rr_commands[RR_COMMAND_COUNT] = {
    { &rr_controller_command, rr_cmd_controller, machine },
    { &rr_discover_command, rr_cmd_discover, machine },
    { &rr_completion_command, rr_cmd_completion, machine },
    { &rr_version_command, rr_cmd_version, machine },
    { &rr_list_command, rr_cmd_list, cluster },
    { &rr_status_command, rr_cmd_status, cluster },
    { &rr_explain_command, rr_cmd_explain, cluster },
    { &rr_trigger_command, rr_cmd_trigger, cluster },
    { &rr_suspend_command, rr_cmd_suspend, cluster },
    { &rr_resume_command, rr_cmd_resume, cluster },
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
    rr_buf_add(out_text, RR_LIT("redisrestore finds the backup in S3 that a Redis would be restored from.\n"
                                "\n"
                                "usage: redisrestore COMMAND [flags]\n"));
    const char *section = NULL;
    for (size_t i = 0; i < RR_COUNT(rr_commands); i++) {
        if (rr_commands[i].section != section)
            rr_buf_addf(out_text, "\n%s:\n", rr_commands[i].section);
        section = rr_commands[i].section;
        rr_buf_addf(out_text, "  %-12s %s\n", rr_commands[i].command->name, rr_commands[i].command->summary);
    }
    rr_buf_add(out_text,
               RR_LIT("\n"
                      "redisrestore COMMAND --help shows its flags, environment, exit codes and examples.\n"
                      "Called by the name init-backup it is a drop-in for the init container of that name.\n"));
}
