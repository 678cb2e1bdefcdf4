"""Measures redisrestore beside the predecessor's way, in one run on this machine, and prints tables for docs/performance.md.

  scripts/bench            everything
  scripts/bench list       buckets of 1,000 and 100,000 keys at 0 and 50 ms beside a Go program with aws-sdk-go-v2's paginator
  scripts/bench controller start to ready, idle memory, apply to status

Each figure is the median of several runs; the two programs run in turn, so a ratio holds when the machine's speed drifts.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

from support.processes import Process, free_port, wait_until  # noqa: E402
from support.servers import ControlPlane, Minio, secret_manifest  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "redisrestore")
TOOLS = os.path.join(ROOT, "build", "bench")
BUCKETS = ((10, 50, "1,000"), (100, 500, "100,000"))  # ids, pairs each, keys
LATENCIES = (0, 50)


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


def memory_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {key: int(fields[key].split()[0]) / 1024 for key in ("VmRSS", "RssAnon", "VmHWM")}


def start_controller(plane, folder):
    kubeconfig = os.path.join(folder, "controller.kubeconfig")
    plane.service_account_kubeconfig("redisrestore-system", "redisrestore-controller", kubeconfig)
    health = free_port()
    started = time.monotonic()
    process = Process("controller", [BINARY, "controller", "--kubeconfig", kubeconfig, "--metrics-bind-address", "127.0.0.1:0", "--health-probe-bind-address",
                                     f"127.0.0.1:{health}", "--allow-endpoint-cidr", "127.0.0.0/8"], folder)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    wait_until("ready", lambda: opener.open(f"http://127.0.0.1:{health}/readyz", timeout=5).status == 200, interval=0.001)
    return process, (time.monotonic() - started) * 1000


def bench_controller():
    folder = tempfile.mkdtemp(prefix="redisrestore-bench-")
    plane = ControlPlane(folder)
    store, url = fake_store(10, 1, 0)
    controller = None
    try:
        plane.install()
        time.sleep(3)  # the API server holds creates of a new CRD back for two seconds
        plane.apply(secret_manifest("default", "bench", "bench", "bench"))
        starts = []
        for _ in range(9):
            controller, ready = start_controller(plane, folder)
            starts.append(ready)
            controller.stop()
        controller, _ = start_controller(plane, folder)
        time.sleep(2)
        idle = memory_of(controller.pid)
        latencies = apply_to_status(plane, url, 200)
        time.sleep(1)
        after = memory_of(controller.pid)
        print("| figure | value |\n|---|---|")
        print(f"| exec to /readyz 200, empty cluster | {statistics.median(starts):.0f} ms (median of {len(starts)}) |")
        print(f"| memory idle: resident, of it anonymous | {idle['VmRSS']:.1f} MiB, {idle['RssAnon']:.1f} MiB |")
        print(f"| memory after 200 objects: resident, of it anonymous | {after['VmRSS']:.1f} MiB, {after['RssAnon']:.1f} MiB |")
        latencies.sort()
        print(f"| object stored to status stored, one at a time, 20-key bucket: p50, p99 | {latencies[len(latencies) // 2]:.1f} ms, {latencies[int(len(latencies) * 0.99)]:.1f} ms |")
        started = time.monotonic()
        code = controller.stop()
        print(f"| SIGTERM to exit, idle | {(time.monotonic() - started) * 1000:.0f} ms (exit code {code}) |", flush=True)
    finally:
        store.kill()
        store.wait()
        if controller:
            controller.stop()
        plane.stop()
        shutil.rmtree(folder, ignore_errors=True)


def apply_to_status(plane, url, count):
    """Milliseconds from the create's answer to the status write's, by the API server's own audit log, for objects applied one after another."""
    context = ssl.create_default_context(cafile=plane.ca)
    pki = os.path.join(os.path.dirname(plane.kubeconfig), "pki")
    context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    for number in range(count):
        body = {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"name": f"bench-{number}"},
                "spec": {"source": {"s3": {"bucket": "bench", "endpoint": url, "credentials": {"secretRef": {"name": "bench"}}}}}}
        request = urllib.request.Request(f"{plane.url}/apis/redisrestore.dev/v1alpha1/namespaces/default/redisrestores", data=json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"}, method="POST")
        opener.open(request).read()
        time.sleep(0.03)

    def moment(record):
        return datetime.datetime.fromisoformat(record["stageTimestamp"].replace("Z", "+00:00"))
    wait_until("all statuses", lambda: len(plane.audit(resource="redisrestores", subresource="status", verb="patch", namespace="default")) >= count)
    created = {r["objectRef"]["name"]: moment(r) for r in plane.audit(resource="redisrestores", verb="create", namespace="default") if r["objectRef"].get("name")}
    written = {}
    for record in plane.audit(resource="redisrestores", subresource="status", verb="patch", namespace="default"):
        written.setdefault(record["objectRef"]["name"], moment(record))
    return [(written[name] - created[name]).total_seconds() * 1000 for name in created if name in written]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="list, controller; both by default")
    parts = parser.parse_args().parts or ["list", "controller"]
    print(f"{platform.machine()}, {os.cpu_count()} processors\n")
    if "list" in parts:
        bench_list()
        print()
    if "controller" in parts:
        bench_controller()


if __name__ == "__main__":
    main()
