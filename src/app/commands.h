/* commands: what the binary can be asked to do. Each returns the process's exit code and leaves nothing running.
 * Threads: the main thread. */
#ifndef RR_APP_COMMANDS_H
#define RR_APP_COMMANDS_H

/* Exit codes (architecture): of a discovery by its reason, see discovery/reason.h. */
enum { RR_EXIT_OK = 0, RR_EXIT_INTERNAL = 1, RR_EXIT_USAGE = 2 };

int rr_cmd_controller(int argc, char **argv);
int rr_cmd_discover(int argc, char **argv);
int rr_cmd_init_backup(int argc, char **argv);
int rr_cmd_version(void);

#endif
