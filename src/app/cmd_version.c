#include "commands.h"

#include <stdio.h>

int rr_cmd_version(void)
{
    (void)printf("redisrestore %s (commit %s)\n", RR_VERSION, RR_COMMIT);
    return fflush(stdout) == 0 ? RR_EXIT_OK : RR_EXIT_INTERNAL;
}
