/* commands: the entry points of the binary. Each takes its own name as argv[0] and returns the exit code.
 * Threads: called once, from main, with signals blocked (signals.h). */
#ifndef RR_APP_COMMANDS_H
#define RR_APP_COMMANDS_H

int rr_cmd_discover(int argc, char **argv);
int rr_cmd_controller(int argc, char **argv);
int rr_cmd_version(int argc, char **argv);
int rr_cmd_init_backup(int argc, char **argv);

#endif
