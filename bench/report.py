# SPDX-License-Identifier: Apache-2.0
"""Measures redisrestore beside Go programs that do the same, in one run on this machine, and prints tables for docs/performance.md.

  scripts/bench            everything
  scripts/bench list       buckets of 10 to 1,000,000 keys beside aws-sdk-go-v2, minio-go, s5cmd and rclone: about 10 minutes on two processors
  scripts/bench restore    `verify` and `stage` of pairs of a real Redis, in files and on MinIO, beside redis-check-rdb, redis-check-aof, s5cmd and aws s3 cp: about 40 minutes
  scripts/bench controller start, memory, drains, latency and change of leader beside an operator on controller-runtime; see --help

Each figure is the median of several runs. The controller and its peer run in turn, so a ratio holds when the machine's speed drifts.
"""

import argparse
import os
import platform
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import controller  # noqa: E402
import listing  # noqa: E402
import restore  # noqa: E402

from support.servers import tools_folder  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "redisrestore")
TOOLS = os.path.join(ROOT, "build", "bench")


def write_table(part, text):
    """Puts the table between the part's two marks of docs/performance.md."""
    path = os.path.join(ROOT, "docs", "performance.md")
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(begin)
        after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n{text}\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="list, controller, restore; all by default")
    parser.add_argument("--objects", type=int, default=10000, help="objects of the large cluster (default 10,000)")
    parser.add_argument("--quick", action="store_true", help="small, each figure once or twice, no kills of leaders: to see that it works")
    parser.add_argument("--only-ours", action="store_true", help="without the peers")
    parser.add_argument("--kills", type=int, help="how many leaders are killed of each program (default 20; 0 with --quick)")
    parser.add_argument("--json", default=os.path.join(TOOLS, "controller.json"), help="where the controller's raw figures go (default build/bench/controller.json)")
    parser.add_argument("--list-json", default=os.path.join(TOOLS, "list.json"), help="where the listing's raw figures go (default build/bench/list.json)")
    parser.add_argument("--mebibytes", type=int, default=1024, help="size of the pairs of restore (default 1024)")
    parser.add_argument("--folder", help="where the pairs of restore lie, such as /dev/shm (default: the system's folder for temporary files)")
    parser.add_argument("--restore-json", default=os.path.join(TOOLS, "restore.json"), help="where the raw figures of restore go (default build/bench/restore.json)")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    parts = options.parts or ["list", "controller", "restore"]
    if set(parts) - {"list", "controller", "restore"}:
        parser.error("the parts are list, controller and restore")
    print(f"{platform.machine()}, {os.cpu_count()} processors\n")
    if "list" in parts:
        text = listing.run(options, BINARY, TOOLS, tools_folder())
        if options.write:
            write_table("list", text)
        print()
    if "restore" in parts:
        text = restore.run(options, BINARY, TOOLS)
        if options.write:
            write_table("restore", text)
        print()
    if "controller" in parts:
        record, failures = controller.run(options, BINARY, TOOLS)
        text = controller.table(record)
        print(f"\n{text}", flush=True)
        if options.write:
            write_table("controller", text)
        if failures:
            sys.exit("\nnot measured, or in part:\n" + "\n".join(failures))


if __name__ == "__main__":
    main()
