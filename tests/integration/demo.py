# SPDX-License-Identifier: Apache-2.0
"""The part of scripts/demo that runs when everything is built."""

import argparse
import datetime
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from support.processes import Process, free_port, wait_until
from support.redis_backup import take_pair, upload_backups
from support.servers import ROOT, ControlPlane, Minio, Redis, secret_manifest

BINARY = os.path.join(ROOT, "build", "release", "redisrestore")
BUCKET, NAMESPACE, BACKUP_ID = "redis-backups-demo", "shop", "shop-cart"


def say(text):
    print(f"\n==> {text}", flush=True)


def show(command, output):
    print(f"$ {command}\n{output}\n", flush=True)


def backup_into(store, redis):
    """Takes a true pair over PSYNC, and uploads it beside older and broken ones."""
    rdb, aof, offset = pair = take_pair(redis)
    stamp = upload_backups(store, BUCKET, BACKUP_ID, pair)
    print(f"took a pair from Redis over PSYNC: {len(rdb)} bytes of RDB at offset {offset}, {len(aof)} bytes of commands after it")
    return stamp


def start_controller(plane, folder, keep):
    plane.install()
    kubeconfig = os.path.join(folder, "controller.kubeconfig")
    plane.service_account_kubeconfig("redisrestore-system", "redisrestore-controller", kubeconfig)
    metrics, health = free_port(), free_port()
    command = [BINARY, "controller", "--kubeconfig", kubeconfig, "--metrics-bind-address", f"127.0.0.1:{metrics}",
               "--health-probe-bind-address", f"127.0.0.1:{health}", "--allow-endpoint-cidr", "127.0.0.0/8"]
    show("redisrestore " + " ".join(command[1:]), "(log: controller.log)")
    return Process("controller", command, folder, keep=keep), metrics, health


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", metavar="DIR")
    options = parser.parse_args()
    if options.stop:
        return stop(options.stop)

    folder = tempfile.mkdtemp(prefix="redisrestore-demo-")
    running = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a parent ignored it
    kept = False
    try:
        say("starting a Kubernetes API server, an S3 server (MinIO) and Redis on loopback")
        access_key, secret_key = "demo-access-key", secrets.token_urlsafe(30)
        plane = ControlPlane(folder, keep=options.keep)
        running.append(plane)
        minio = Minio(folder, access_key, secret_key, keep=options.keep)
        running.append(minio)
        redis = Redis(folder, keep=options.keep)
        running.append(redis)

        say("making backups")
        minio.s3.make_bucket(BUCKET)
        stamp = backup_into(minio.s3, redis)

        say("starting the controller, with the permissions of manifests/rbac.yaml and no more")
        controller, metrics, health = start_controller(plane, folder, options.keep)
        running.append(controller)
        wait_until("the controller", lambda: controller.require_running() and "ok" in get(f"http://127.0.0.1:{health}/readyz"))

        say("kubectl apply")
        plane.kubectl("create", "namespace", NAMESPACE)
        plane.apply(secret_manifest(NAMESPACE, "backup-reader", access_key, secret_key))
        sample = open(os.path.join(ROOT, "manifests", "samples", "minio.yaml"), encoding="utf-8").read()
        sample = adapt(sample, minio.url)
        show("cat restore.yaml", sample)
        started = time.monotonic()
        plane.kubectl("-n", NAMESPACE, "apply", "-f", "-", input=sample)
        plane.kubectl("-n", NAMESPACE, "wait", "redisrestore/cart", "--for=condition=Ready", "--timeout=30s")
        ready = time.monotonic()

        show(f"kubectl -n {NAMESPACE} get redisrestore -o wide", plane.kubectl("-n", NAMESPACE, "get", "redisrestore", "-o", "wide"))
        status = plane.get("-n", NAMESPACE, "redisrestore", "cart")["status"]
        show(f"kubectl -n {NAMESPACE} get redisrestore cart -o jsonpath={{.status}} | jq", json.dumps(status, indent=2))
        if status["backup"]["timestamp"] != stamp or status["backup"]["pairing"] != "Exact":
            raise SystemExit(f"the demo found {status['backup']} instead of the pair {stamp}")
        print(f"The status was written {time_to_status(plane):.0f} ms after the object was stored"
              f" ({ready - started:.1f} s after kubectl apply was typed, two starts of kubectl included).")
        say("restoring that pair into an empty directory, with the permissions of manifests/samples/stage-object.yaml and no more")
        restore_and_compare(plane, redis, folder, running, options.keep)
        if options.keep:
            kept = True
            remember(folder, running, plane, minio, metrics, health)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        if not kept:
            say("stopping everything")
            for server in reversed(running):
                server.stop()
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def restore_and_compare(plane, source, folder, running, keep):
    """Stages the pair of the RedisRestore as an init container does, starts a Redis on the directory, and fails unless it has the data of the source."""
    plane.kubectl("-n", NAMESPACE, "apply", "-f", os.path.join(ROOT, "manifests", "samples", "stage-object.yaml"))
    kubeconfig = os.path.join(folder, "cart-redis.kubeconfig")
    plane.service_account_kubeconfig(NAMESPACE, "cart-redis", kubeconfig)
    data = os.path.join(folder, "restored")
    os.mkdir(data)
    command = ["stage", "--object", f"{NAMESPACE}/cart", "--dir", data, "--server", f"redis:{source.version()}", "--appendonly", "yes", "--existing", "Keep",
               "--kubeconfig", kubeconfig, "--allow-endpoint-cidr", "127.0.0.0/8"]
    done = subprocess.run([BINARY, *command], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    show("redisrestore " + " ".join(command), done.stdout + done.stderr)
    if done.returncode != 0:
        raise SystemExit(f"stage ended with {done.returncode}")
    restored = Redis(folder, keep=keep, name="restored", data=data, append_only="yes")
    running.append(restored)
    found, wanted = restored.data_set(), source.data_set()
    print(f"{'':<16}{'DBSIZE':<10}DEBUG DIGEST")
    for name, (keys, digest) in (("source", wanted), ("restored Redis", found)):
        print(f"{name:<16}{keys:<10}{digest}")
    if found != wanted:
        raise SystemExit("the restored Redis does not have the data of the source")
    print("The restored Redis has exactly the data of the source.")


def time_to_status(plane):
    """Milliseconds from the object being stored to its first status being stored, by the API server's own audit log. (The server holds the first
    create of a new CRD back for two seconds; that is not counted.)"""
    def moment(record, field):
        return datetime.datetime.fromisoformat(record[field].replace("Z", "+00:00"))
    created = plane.audit(resource="redisrestores", namespace=NAMESPACE, name="cart", subresource="", stage="ResponseComplete")
    stored = min(moment(record, "stageTimestamp") for record in created if record["verb"] in ("create", "patch"))
    written = plane.audit(resource="redisrestores", namespace=NAMESPACE, name="cart", subresource="status", verb="patch")
    return (min(moment(record, "stageTimestamp") for record in written) - stored).total_seconds() * 1000


def adapt(sample, endpoint):
    """The sample with this machine's endpoint; everything else stays as it is."""
    lines = []
    for line in sample.splitlines():
        if line.strip().startswith("endpoint:"):
            line = line[:line.index("endpoint:")] + f"endpoint: {endpoint}"
        elif line.strip().startswith("bucket:"):
            line = line[:line.index("bucket:")] + f"bucket: {BUCKET}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as reply:
        return reply.read().decode()


def remember(folder, running, plane, minio, metrics, health):
    pids = [process.pid for server in running for process in server.processes()]
    with open(os.path.join(folder, "pids"), "w", encoding="ascii") as file:
        file.write("\n".join(map(str, pids)) + "\n")
    print(f"""
Everything is still running. To talk to it:
  export KUBECONFIG={plane.kubeconfig} PATH={plane.tools}:$PATH
  kubectl -n {NAMESPACE} describe redisrestore cart
  kubectl -n {NAMESPACE} get events.events.k8s.io
  {BINARY} explain cart -n {NAMESPACE}
  curl -s http://127.0.0.1:{metrics}/metrics | grep redisrestore_
  curl -s http://127.0.0.1:{health}/readyz?verbose
  S3: {minio.url}, bucket {BUCKET}; keys in the Secret {NAMESPACE}/backup-reader; logs: {folder}/*.log
To stop it:
  scripts/demo --stop {folder}""")


def stop(folder):
    path = os.path.join(folder, "pids")
    if not os.path.isfile(path):
        print(f"{folder} is not a folder of scripts/demo --keep", file=sys.stderr)
        return 2
    with open(path, encoding="ascii") as file:
        pids = [int(line) for line in file]
    for pid in reversed(pids):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                ours = folder.encode() in cmdline.read()
            if ours:
                os.kill(pid, signal.SIGTERM)
        except (ProcessLookupError, FileNotFoundError):
            continue
    wait_until("the servers to end", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), timeout=40)
    shutil.rmtree(folder, ignore_errors=True)
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
