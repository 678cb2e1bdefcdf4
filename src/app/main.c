#include "commands.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "redisrestore finds the Redis backup in S3 that a restore would take.\n"
    "\n"
    "Usage:\n"
    "  redisrestore controller [flags]   watch RedisRestore objects and write what was found into their status\n"
    "  redisrestore discover [flags]     find the backup once, without a cluster\n"
    "  redisrestore version              version, commit and libraries\n"
    "  init-backup                       drop-in for the init container of the same name; told by the environment\n"
    "\n"
    "redisrestore COMMAND --help tells the flags.\n";

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    if (strcmp(slash != NULL ? slash + 1 : argv[0], "init-backup") == 0)
        return rr_cmd_init_backup(argc, argv);
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "controller") == 0)
        return rr_cmd_controller(argc - 1, argv + 1);
    if (strcmp(command, "discover") == 0)
        return rr_cmd_discover(argc - 1, argv + 1);
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0)
        return rr_cmd_version();
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)
        return fputs(help, stdout) >= 0 && fflush(stdout) == 0 ? RR_EXIT_OK : RR_EXIT_INTERNAL;
    if (command[0] != '\0')
        (void)fprintf(stderr, "redisrestore: unknown command \"%.64s\"\n", command);
    (void)fputs(help, stderr);
    return RR_EXIT_USAGE;
}
