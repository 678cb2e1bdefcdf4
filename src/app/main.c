#include "commands.h"
#include "exit_codes.h"
#include "output.h"
#include "runtime.h"
#include "signals.h"

static const char usage[] = "redisrestore finds the backup in S3 that a Redis would be restored from.\n"
                            "\n"
                            "usage: redisrestore COMMAND [flags]\n"
                            "\n"
                            "  controller   watch RedisRestore objects and write what was found into their status\n"
                            "  discover     look once, without a cluster, and print the answer\n"
                            "  version      version, commit, libraries\n"
                            "\n"
                            "redisrestore COMMAND --help shows its flags, environment, exit codes and examples.\n"
                            "Called by the name init-backup it is a drop-in for the init container of that name.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "controller", rr_cmd_controller },
    { "discover", rr_cmd_discover },
    { "version", rr_cmd_version },
    { "--version", rr_cmd_version },
};

static struct rr_slice base_name(struct rr_slice path)
{
    for (size_t i = path.len; i > 0; i--) {
        if (path.ptr[i - 1] == '/')
            return rr_slice_from_offset(path, i);
    }
    return path;
}

static int print_usage(void)
{
    rr_auto(buf) text = RR_BUF(sizeof(usage));
    rr_buf_add(&text, rr_slice_from(usage));
    return rr_output_print(&text);
}

static int run_command(int argc, char **argv)
{
    if (argc > 0 && rr_slice_equals(base_name(rr_slice_from(argv[0])), RR_LIT("init-backup")))
        return rr_cmd_init_backup(argc, argv);
    struct rr_slice name = rr_slice_from(argc > 1 ? argv[1] : NULL);
    if (rr_slice_equals(name, RR_LIT("--help")) || rr_slice_equals(name, RR_LIT("-h")) ||
        rr_slice_equals(name, RR_LIT("help")))
        return print_usage();
    for (size_t i = 0; i < RR_COUNT(commands); i++) {
        if (rr_slice_equals(name, rr_slice_from(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
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
