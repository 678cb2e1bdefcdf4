/* SPDX-License-Identifier: Apache-2.0 */
/* Stages a pair and ends before one of its file operations, for tests with real servers (test_stage_crash.py):
 *   stage_crash DIR RDB AOF LAYOUT APPENDONLY CALL
 * LAYOUT "Undo": the previous data set is put back. AOF "-": the RDB alone. CALL 0: none; then it prints the number of
 * calls, and those that changed a file or a name. Old data is moved aside. Exit code 99: it ended at that call. */
#include "stage_bench.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/parse.h>

#include <fcntl.h>

enum { ARGUMENTS = 7, EXIT_USAGE = 2, EXIT_FAILED = 3 };

static bool read_arguments(struct stage_bench *bench, char **argv)
{
    struct rr_error err = { 0 };
    bench->has_aof = strcmp(argv[3], "-") != 0;
    bench->options.append_only = strcmp(argv[5], "yes") == 0 ? RR_STAGE_APPEND_ONLY_YES : RR_STAGE_APPEND_ONLY_NO;
    bench->options.existing = RR_STAGE_MOVE_ASIDE;
    bench->options.undoes = strcmp(argv[4], "Undo") == 0;
    if (bench->options.undoes)
        bench->options.run = "undo1";
    for (int i = 0; i < RR_STAGE_LAYOUT_COUNT; i++)
        if (strcmp(rr_stage_layout_name((enum rr_stage_layout)i), argv[4]) == 0)
            bench->options.layout = (enum rr_stage_layout)i;
    return rr_file_read(argv[2], &bench->rdb, &err) && (!bench->has_aof || rr_file_read(argv[3], &bench->aof, &err)) &&
           rr_parse_int(rr_slice_from(argv[6]), 0, BENCH_NEVER, &bench->exit_at);
}

int main(int argc, char **argv)
{
    static struct stage_bench bench;
    if (argc != ARGUMENTS)
        return EXIT_USAGE;
    stage_bench_use(&bench, open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!read_arguments(&bench, argv))
        return EXIT_USAGE;
    bool is_good = stage_bench_run(&bench);
    (void)printf("%d %s\n", bench.calls, is_good ? rr_stage_result_name(bench.outcome.result) : bench.err.message);
    for (size_t i = 0; i < bench.change_count; i++)
        (void)printf("%d ", bench.changes[i]);
    rr_buf_done(&bench.rdb);
    rr_buf_done(&bench.aof);
    return is_good ? 0 : EXIT_FAILED;
}
