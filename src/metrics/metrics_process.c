/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_internal.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The names that every Prometheus client gives for its process. */
struct process_metrics {
    struct rr_metric_family *cpu, *resident, *virtual_memory, *virtual_max, *descriptors, *descriptors_max, *start;
};

enum { STAT_MAX_BYTES = 4096, STAT_FIELD_START_TIME = 22 };

static double descriptors_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = -3; /* ".", ".." and the folder's own */
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        (void)closedir(folder);
    return count > 0 ? count : 0;
}

static void refresh_memory(const struct process_metrics *process)
{
    rr_auto(buf) text = RR_BUF(STAT_MAX_BYTES);
    struct rr_error ignored;
    if (!rr_file_read("/proc/self/statm", &text, &ignored))
        return; /* a system without /proc: the gauges stay as they are */
    struct rr_slice rest = rr_buf_slice(&text);
    uint64_t pages;
    double page_bytes = (double)sysconf(_SC_PAGESIZE);
    if (rr_parse_u64(rr_slice_cut(&rest, ' '), &pages))
        rr_metric_set(process->virtual_memory, NULL, (double)pages * page_bytes);
    if (rr_parse_u64(rr_slice_cut(&rest, ' '), &pages))
        rr_metric_set(process->resident, NULL, (double)pages * page_bytes);
}

static void refresh(void *context)
{
    const struct process_metrics *process = context;
    struct timespec cpu;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        rr_metric_set(process->cpu, NULL, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        rr_metric_set(process->descriptors_max, NULL, (double)limit.rlim_cur);
    if (getrlimit(RLIMIT_AS, &limit) == 0)
        rr_metric_set(process->virtual_max, NULL, (double)limit.rlim_cur);
    rr_metric_set(process->descriptors, NULL, descriptors_open());
    refresh_memory(process);
}

/* Ticks since boot when this process started, from the 22nd field; the second one, the name, may hold spaces. */
static double start_time(void)
{
    rr_auto(buf) text = RR_BUF(STAT_MAX_BYTES);
    struct rr_error ignored;
    uint64_t ticks = 0;
    if (rr_file_read("/proc/self/stat", &text, &ignored)) {
        struct rr_slice rest = rr_buf_slice(&text);
        while (rr_slice_contains_byte(rest, ')'))
            (void)rr_slice_cut(&rest, ')');
        rest = rr_slice_trim(rest);
        for (int field = 3; field < STAT_FIELD_START_TIME; field++)
            (void)rr_slice_cut(&rest, ' ');
        if (!rr_parse_u64(rr_slice_cut(&rest, ' '), &ticks))
            ticks = 0;
    }
    struct timespec now, since_boot;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
        return 0;
    return (double)(now.tv_sec - since_boot.tv_sec) + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void rr_metrics_add_process(struct rr_metrics *metrics)
{
    struct process_metrics *process = RR_NEW(struct process_metrics);
    *process = (struct process_metrics){
        .cpu = rr_metrics_counter(metrics, "process_cpu_seconds_total",
                                  "Total user and system CPU time spent in seconds.", NULL),
        .resident = rr_metrics_gauge(metrics, "process_resident_memory_bytes", "Resident memory size in bytes.", NULL),
        .virtual_memory =
            rr_metrics_gauge(metrics, "process_virtual_memory_bytes", "Virtual memory size in bytes.", NULL),
        .virtual_max = rr_metrics_gauge(metrics, "process_virtual_memory_max_bytes",
                                        "Maximum amount of virtual memory available in bytes.", NULL),
        .descriptors = rr_metrics_gauge(metrics, "process_open_fds", "Number of open file descriptors.", NULL),
        .descriptors_max =
            rr_metrics_gauge(metrics, "process_max_fds", "Maximum number of open file descriptors.", NULL),
        .start = rr_metrics_gauge(metrics, "process_start_time_seconds",
                                  "Start time of the process since unix epoch in seconds.", NULL),
    };
    rr_metric_set(process->start, NULL, start_time());
    rr_metrics_on_scrape_owned(metrics, refresh, process);
}
