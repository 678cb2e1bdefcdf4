# SPDX-License-Identifier: Apache-2.0
"""How long objects wait after the leader was killed: several pairs of replicas at once, each with a namespace and a Lease of its own."""

import concurrent.futures
import random
import time

from plane import Administrator, Trail
from support.processes import wait_until

LANES = 5


def measure(plane, program, endpoint, kills, taken):
    """Calls `taken` with the seconds from SIGKILL of the leader to the status of an object applied right after, for each kill."""
    lanes = [f"{program.name}-lane-{number}" for number in range(min(LANES, kills))]
    plane.namespaces(lanes)
    share = [kills // len(lanes) + (number < kills % len(lanes)) for number in range(len(lanes))]
    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        for _ in pool.map(lambda pair: _lane(plane, program, endpoint, *pair, taken), zip(lanes, share)):
            pass


def _lane(plane, program, endpoint, namespace, kills, taken):
    flags = ("--leader-elect", "--leader-elect-namespace", namespace, "--leader-elect-id", "bench", "--namespace", namespace)
    administrator, trail = Administrator(plane), Trail(plane, program.name)
    started, standby = 0, None

    def start():
        nonlocal started
        started += 1
        return program.start(plane, *flags, label=f"-{namespace}-{started}", ready=False)[0]

    def answered(name):
        trail.read()
        return trail.written.get((namespace, name))

    leader = start()
    try:
        administrator.create(namespace, "first", endpoint)
        wait_until("the first leader", lambda: answered("first"), timeout=60)
        standby = start()
        for number in range(kills):
            time.sleep(4 + 2 * random.random())  # the standby has seen the Lease; the kill hits any moment between two renewals
            killed = time.time()
            leader.popen.kill()
            leader.popen.wait()
            administrator.create(namespace, f"kill-{number}", endpoint)
            taken(wait_until("a new leader", lambda: answered(f"kill-{number}"), timeout=120) - killed)
            leader, standby = standby, start()
    finally:
        for process in filter(None, (standby, leader)):
            process.stop()
        trail.close()
