#include "commands.h"
#include "exit_codes.h"
#include "output.h"
#include "runtime.h"
#include "signals.h"

enum { HELP_MAX_BYTES = 8 * 1024 };

/* Names that the help does not list: what shells and packages call, and another spelling. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} hidden[] = {
    { "--version", rr_cmd_version },
    { "__complete", rr_cmd_complete },
    { "__manual", rr_cmd_manual },
    { "__reasons", rr_cmd_reasons },
};

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

static bool is_called(int argc, char **argv, struct rr_slice name)
{
    return argc > 0 && rr_slice_equals(base_name(rr_slice_from(argv[0])), name);
}

static int run_command(int argc, char **argv)
{
    if (is_called(argc, argv, RR_LIT("init-backup")))
        return rr_cmd_init_backup(argc, argv);
    if (is_called(argc, argv, RR_LIT("kubectl_complete-redisrestore"))) /* what kubectl asks about its plugins */
        return rr_cmd_complete(argc, argv);
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
    rr_output_complain(name.len == 0 ? "a command is missing; see redisrestore --help"
                                     : "there is no such command; see redisrestore --help");
    return RR_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    rr_runtime_harden();
    rr_signals_block();
    return run_command(argc, argv);
}
