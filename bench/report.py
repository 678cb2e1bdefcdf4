"""Measures redisrestore beside the predecessor's way, in one run on this machine, and prints tables for docs/performance.md.

  scripts/bench            everything
  scripts/bench list       buckets of 1,000 and 100,000 keys at 0 and 50 ms beside a Go program with aws-sdk-go-v2's paginator
  scripts/bench controller start, memory, drains, latency and change of leader beside an operator on controller-runtime; see --help

Each figure is the median of several runs; the two programs run in turn, so a ratio holds when the machine's speed drifts.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import controller  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "redisrestore")
TOOLS = os.path.join(ROOT, "build", "bench")
BUCKETS = ((10, 50, "1,000"), (100, 500, "100,000"))  # ids, pairs each, keys
LATENCIES = (0, 50)
MARKS = ("<!-- controller: begin -->", "<!-- controller: end -->")


def run_once(command, env):
    """(seconds, CPU seconds) of one run, as the kernel accounts them."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {errors.decode()}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime


def peak_memory(command, env):
    """Peak resident MiB of one run. By time(1): a child of Python inherits Python's own peak over fork and exec."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", file.name, *command], env=env, stdout=subprocess.DEVNULL, check=True)
        return int(file.read()) / 1024


def fake_store(ids, sessions, latency):
    process = subprocess.Popen([os.path.join(TOOLS, "fakes3"), "-ids", str(ids), "-sessions", str(sessions), "-latency", f"{latency}ms"],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def requests_since(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/-/requests") as reply:
        return int(reply.read())


def bench_list():
    print("| keys | latency | | time | CPU | peak memory | requests |\n|---|---|---|---|---|---|---|")
    for ids, sessions, keys in BUCKETS:
        for latency in LATENCIES:
            store, url = fake_store(ids, sessions, latency)
            env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "S3_BUCKET": "bench", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url,
                   "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
            programs = {"redisrestore": [BINARY, "discover", "--output", "json"], "Go peer": [os.path.join(TOOLS, "discover")]}
            runs, requests = {name: [] for name in programs}, {}
            rounds = 3 if latency and sessions > 50 else 9
            try:
                for number in range(rounds + 1):
                    for name, command in programs.items():
                        figures = run_once(command, env)
                        requests[name] = requests_since(url)
                        if number:  # the first round only warms up
                            runs[name].append(figures)
                peaks = {name: statistics.median(peak_memory(command, env) for _ in range(3)) for name, command in programs.items()}
            finally:
                store.kill()
                store.wait()
            medians = {name: [*(statistics.median(column) for column in zip(*figures)), peaks[name]] for name, figures in runs.items()}
            for name, (seconds, cpu, peak) in medians.items():
                print(f"| {keys} | {latency} ms | {name} | {seconds * 1000:.0f} ms | {cpu * 1000:.0f} ms | {peak:.1f} MiB | {requests[name]} |")
            ours, peer = medians["redisrestore"], medians["Go peer"]
            print(f"| {keys} | {latency} ms | ratio | {ours[0] / peer[0]:.2f} | {ours[1] / peer[1]:.2f} | {ours[2] / peer[2]:.2f} | |", flush=True)


def write_table(text):
    """Puts the table between the two marks of docs/performance.md."""
    path = os.path.join(ROOT, "docs", "performance.md")
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(MARKS[0])
        after = rest.split(MARKS[1])[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="list, controller; both by default")
    parser.add_argument("--objects", type=int, default=10000, help="objects of the large cluster (default 10,000)")
    parser.add_argument("--quick", action="store_true", help="each figure once or twice, no kills of leaders: to see that it works")
    parser.add_argument("--only-ours", action="store_true", help="without the peer")
    parser.add_argument("--kills", type=int, help="how many leaders are killed of each program (default 20; 0 with --quick)")
    parser.add_argument("--json", default=os.path.join(TOOLS, "controller.json"), help="where the controller's raw figures go (default build/bench/controller.json)")
    parser.add_argument("--write", action="store_true", help="put the controller's table into docs/performance.md")
    options = parser.parse_args()
    parts = options.parts or ["list", "controller"]
    print(f"{platform.machine()}, {os.cpu_count()} processors\n")
    if "list" in parts:
        bench_list()
        print()
    if "controller" in parts:
        text = controller.table(controller.run(options, BINARY, TOOLS))
        print(f"\n{text}", flush=True)
        if options.write:
            write_table(text)


if __name__ == "__main__":
    main()
