# SPDX-License-Identifier: Apache-2.0
"""Runs the integration tests: starts the shared servers once, then every test module in a process of its own, several at a time.

  run.py [--binary PATH] [--jobs N] [--results FILE] [MODULE or MODULE.Class.test ...]

At the end every output of the run (logs, command output, statuses, events) is searched for the secrets that the tests planted.
"""

import argparse
import base64
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from support.servers import ROOT, Authority, ControlPlane, Minio

HERE = os.path.dirname(os.path.abspath(__file__))

ACCESS_KEY = "AKIACANARYACCESS"
SECRET_KEY = "canary/Secret+Key=4d1c7e0b9a"
SESSION_TOKEN = "canarySessionToken+/=77aa01"
MODULE_TIMEOUT = 900


def spellings(secret):
    """Every way in which a secret could leak unnoticed."""
    raw = secret.encode()
    return {secret, base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("="), raw.hex(),
            urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret), json.dumps(secret)[1:-1]}


def search_leaks(folder, cluster, canaries):
    """Lines of the run's outputs that hold a secret, with the file's name."""
    needles = [spelling.encode() for secret in canaries for spelling in spellings(secret)]
    with open(os.path.join(folder, "all-statuses.json"), "w", encoding="utf-8") as file:
        file.write(cluster.kubectl("get", "redisrestores", "-A", "-o", "json"))
        file.write(cluster.kubectl("get", "events.events.k8s.io", "-A", "-o", "json"))
    files = [path for path in glob.glob(os.path.join(folder, "*")) if os.path.isfile(path) and re.search(r"/(controller|output|all-)", path)]
    found = []
    for path in files:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if any(needle in line for needle in needles):
                    found.append(f"{os.path.basename(path)}:{number}")
    return found, len(files)


def run_module(name, env):
    started = time.monotonic()
    command = [sys.executable, "-m", "unittest", "-v", name]
    try:
        done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, timeout=MODULE_TIMEOUT, check=False)
        output, code = done.stderr + done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = f"{(error.stderr or b'').decode(errors='replace')}\n{name} did not end within {MODULE_TIMEOUT} s\n", 1
    ran = int((re.findall(r"^Ran (\d+) tests?", output, re.M) or ["0"])[-1])
    counts = {key: sum(map(int, re.findall(rf"\b{key}=(\d+)", output))) for key in ("failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    if code != 0 and failed == 0:
        failed = 1
    return {"module": name, "output": output, "passed": max(ran - failed - counts["skipped"], 0), "failed": failed, "skipped": counts["skipped"],
            "seconds": time.monotonic() - started}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=os.path.join(ROOT, "build", "asan", "redisrestore"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", help="write the counts there as JSON")
    parser.add_argument("--keep-folder", action="store_true", help="keep logs and outputs")
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args()
    modules = options.modules or [os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, "test_*.py"))]
    modules.sort(key=lambda name: (not name.startswith(("test_faults", "test_stores")), name))  # the longest first: most of their time they wait

    folder = tempfile.mkdtemp(prefix="redisrestore-test-")
    servers, results = [], []
    try:
        plane = ControlPlane(os.path.join(folder, "control-plane"))
        servers.append(plane)
        plane.install()
        minio = Minio(folder, ACCESS_KEY, SECRET_KEY)
        servers.append(minio)
        authority = Authority(os.path.join(folder, "s3-pki"), "s3-test-ca")
        minio_tls = Minio(folder, ACCESS_KEY, SECRET_KEY, tls=authority, name="minio-tls")
        servers.append(minio_tls)
        facts = {"folder": folder, "binary": os.path.abspath(options.binary), "cluster": plane.facts(), "minio": minio.url,
                 "minio_tls": {"url": minio_tls.url, "ca": authority.ca}, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY,
                 "canaries": [SECRET_KEY, SESSION_TOKEN]}
        path = os.path.join(folder, "run.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(facts, file)
        env = {**os.environ, "RR_TEST_RUN": path, "REDISRESTORE": facts["binary"], "KUBECTL": f"{plane.tools}/kubectl", "KUBECONFIG": plane.kubeconfig,
               "PYTHONDONTWRITEBYTECODE": "1"}
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for result in pool.map(lambda name: run_module(name, env), modules):
                results.append(result)
                if result["failed"]:
                    print(result["output"], flush=True)
                elif result["skipped"]:
                    print("\n".join(line for line in result["output"].splitlines() if "skipped" in line), flush=True)
                print(f"{result['module']}: {result['passed']} passed, {result['failed']} failed, {result['skipped']} skipped ({result['seconds']:.0f} s)", flush=True)
        leaks, searched = search_leaks(folder, plane, facts["canaries"])
        for leak in leaks:
            print(f"a secret stands in {leak}", flush=True)
        results.append({"module": "secrets in outputs", "passed": 0 if leaks or not searched else 1, "failed": 1 if leaks or not searched else 0, "skipped": 0})
        print(f"searched {searched} outputs for planted secrets: {len(leaks)} leaks", flush=True)
    finally:
        for server in reversed(servers):
            server.stop()
        if options.keep_folder:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    totals = {key: sum(result[key] for result in results) for key in ("passed", "failed", "skipped")}
    if options.results:
        with open(options.results, "w", encoding="ascii") as file:
            json.dump(totals, file)
    print(f"integration: {totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
