#include "commands.h"

#include "exit_codes.h"
#include "options.h"
#include "output.h"
#include "version.h"

enum { TEXT_MAX = 8 * 1024 };

const struct rr_command rr_version_command = {
    .name = "version",
    .summary = "version, commit, libraries",
    .purpose = "Says what this binary is: version, commit, and the libraries it was built with.\n",
    .epilogue = "Example:\n  redisrestore version\n",
};

int rr_cmd_version(int argc, char **argv)
{
    struct rr_error err;
    bool help = false;
    if (!rr_options_parse(&rr_version_command, argc, argv, NULL, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    if (help)
        rr_options_help(&rr_version_command, &text);
    else
        rr_buf_addf(&text, "redisrestore %s\ncommit %s\nbuilt with %s\n", rr_version, rr_version_commit,
                    rr_version_libraries);
    return rr_output_print(&text);
}
