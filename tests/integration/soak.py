# SPDX-License-Identifier: Apache-2.0
"""The soak: see support/soak.py. Called by scripts/soak.

  soak.py --binary PATH [--minutes N] [--seed N] [--objects N] [--restart-every SECONDS] [--no-memory] [--summary FILE] [--keep-folder]
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile

from support.servers import ROOT, ControlPlane
from support.soak import Failed, Soak


def restarter(plane):
    def restart(number):
        if number % 2:
            plane.apiserver.signal(signal.SIGKILL)
        plane.stop_apiserver()
        plane.start_apiserver()
    return restart


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=os.path.join(ROOT, "build", "release", "redisrestore"))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--restart-every", type=float, default=240.0)
    parser.add_argument("--no-memory", action="store_true", help="do not judge memory: a sanitizer keeps what was freed")
    parser.add_argument("--summary", help="write it there as JSON too")
    parser.add_argument("--keep-folder", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="redisrestore-soak-")
    plane, problems, summary = None, [], {}
    try:
        plane = ControlPlane(os.path.join(folder, "control-plane"))
        plane.install()
        soak = Soak(plane, os.path.abspath(options.binary), folder, "soak", options.minutes * 60, options.seed, options.objects,
                    restart=restarter(plane), restart_every=options.restart_every, say=lambda text: print(text, flush=True), env=dict(os.environ))
        try:
            summary = soak.run()
            problems = soak.judge(summary, memory=not options.no_memory)
        except (Failed, TimeoutError) as error:
            problems = [str(error)]
    finally:
        if plane:
            plane.stop()
        if options.keep_folder:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    summary["problems"] = problems
    print(json.dumps(summary, indent=1))
    if options.summary:
        with open(options.summary, "w", encoding="utf-8") as file:
            json.dump(summary, file, indent=1)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
