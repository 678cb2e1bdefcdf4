# SPDX-License-Identifier: Apache-2.0
"""Measures `redisrestore controller` beside an operator on controller-runtime that does the same job, in one run on one machine.

Every figure is taken of both programs in turn, so that a ratio holds when the machine's speed drifts; medians of several rounds. Latencies and drains are
timed by the API server's audit log, so nothing that measures stands between.

The raw figures are written after each part and each round. A part that fails is said at the end and takes nothing from the others.
"""

import json
import math
import os
import platform
import statistics
import subprocess
import tempfile
import time
import shutil
import traceback

import programs
import takeover
from plane import Administrator, BenchPlane, NAMESPACES, SAMPLE_NAMESPACE, Samples, Trail, processor_seconds
from support.hung_stores import HungStores
from support.processes import wait_until

SMALL, LARGE = "20 keys", "1,000 keys"
# One replication ID each: several would make an Event more for each object.
BUCKETS = {SMALL: ("-ids", "1", "-sessions", "10"), LARGE: ("-ids", "1", "-sessions", "500")}
IDLE_PAUSE_S, DRAIN_PAUSE_S = 0.03, 0.1
HUNG = 100  # stores that never answer, each with one object
ROUNDS_END_S = 660  # no further round of drains begins later than this: the kills, and the reader, wait


class Effort:
    """How often what is done."""

    def __init__(self, objects, quick):
        self.objects = objects
        self.small_objects = min(1000, objects)
        self.starts, self.starts_full = (3, 2) if quick else (11, 5)
        self.idle_blocks, self.idle_samples = (1, min(60, 3 * objects)) if quick else (4, 60)
        self.small_rounds, self.full_rounds = (1, 1) if quick else (3, 2)
        self.kills = 0 if quick else 20
        self.idle_looks = 1 if quick else 3
        self.rest_s = 1 if quick else 3  # between the last request and a look at the memory


class Results:
    """Raw figures: results[figure][program] is a list."""

    def __init__(self):
        self.raw = {}

    def add(self, figure, program, *values):
        self.raw.setdefault(figure, {}).setdefault(program.name, []).extend(values)

    def add_memory(self, figure, program, pid):
        for kind, value in programs.memory_of(pid).items():
            self.add(f"{figure}, {kind}", program, value)


class Bench:
    def __init__(self, effort, contestants, tools, save):
        self.effort, self.contestants, self.tools = effort, contestants, tools
        self.results, self.started = Results(), time.monotonic()
        self.folder = tempfile.mkdtemp(prefix="redisrestore-bench-")
        self.stores, self.urls, self.plane = [], {}, None
        self.running, self.failures, self._save = [], [], save

    def say(self, text):
        print(f"[{time.monotonic() - self.started:5.0f} s] {text}", flush=True)

    def save(self):
        self._save(self.results.raw, time.monotonic() - self.started)

    def run(self):
        """The failure, in words."""
        try:
            for title, flags in BUCKETS.items():
                store = subprocess.Popen([os.path.join(self.tools, "fakes3"), *flags], stdout=subprocess.PIPE, text=True)
                self.stores.append(store)
                self.urls[title] = f"http://127.0.0.1:{int(store.stdout.readline())}"
            self.plane = BenchPlane(self.folder, self.tools, [program.name for program in self.contestants])
            for part in (self.sizes, self.starts, self.idle_latency, self.hung_stores, self.small_drains, self.many_objects, self.kills):
                self.say(part.__name__.replace("_", " "))
                self.attempt(part)
        finally:
            for store in self.stores:
                store.kill()
                store.wait()
            if self.plane:
                self.plane.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
        return self.failures

    def attempt(self, work, *arguments):
        """Does it and writes down what there is by then; ends the programs that a failure left behind."""
        try:
            work(*arguments)
        except Exception as error:  # whatever it was, what was measured before stays
            traceback.print_exc()
            self.failures.append(f"{work.__name__.replace('_', ' ')}: {error}")
            self.say(f"failed: {self.failures[-1]}")
        for process in self.running:
            if process.popen.poll() is None:
                process.popen.kill()
                process.popen.wait()
        self.running = []
        self.save()

    def start(self, program):
        process, ready = program.start(self.plane)
        self.running.append(process)
        return process, ready

    def in_turn(self, rounds):
        """The program that goes first changes with each round. The first round is complete; others end when it is late."""
        for number in range(rounds):
            if number > 0 and time.monotonic() - self.started > ROUNDS_END_S:
                self.say(f"  {number} of {rounds} rounds, since it is late")
                return
            for program in self.contestants if number % 2 == 0 else reversed(self.contestants):
                yield number, program

    # --- parts ------------------------------------------------------------------------------------------------------

    def sizes(self):
        for program in self.contestants:
            self.results.add("binary, MB", program, program.size(self.folder) / 1e6)
        for kind, value in programs.libraries_alone(self.folder).items():
            self.results.raw.setdefault(f"libraries alone, {kind}", {})["redisrestore"] = [value]

    def starts(self):
        for number, program in self.in_turn(self.effort.starts):
            process, ready = self.start(program)
            self.results.add("ready, 0 objects", program, ready)
            if number < self.effort.idle_looks:
                time.sleep(self.effort.rest_s)
                self.results.add_memory("idle", program, process.pid)
            process.stop()

    def idle_latency(self):
        """Objects applied one after another while nothing else is to do."""
        for number, program in self.in_turn(self.effort.idle_blocks):
            process, _ = self.start(program)
            time.sleep(1)
            trail = Trail(self.plane, program.name)
            samples = Samples(self.plane, self.urls[SMALL], [SAMPLE_NAMESPACE], f"idle-{program.name}-{number}", IDLE_PAUSE_S, self.effort.idle_samples)
            samples.start()
            samples.join()
            trail.wait(samples.made)
            self.results.add("latency idle", program, *trail.latencies((SAMPLE_NAMESPACE,)))
            trail.close()
            process.stop()
        self.plane.kubectl("-n", SAMPLE_NAMESPACE, "delete", "redisrestores", "--all", "--wait=false")

    def hung_stores(self):
        """Of redisrestore alone: each discovery of the peer holds one of its four workers, so it answers nothing beside four hung stores."""
        for number in range(self.effort.idle_blocks):
            stores = HungStores(HUNG)
            try:
                self.beside_hung_stores(self.contestants[0], number, stores)
            finally:
                stores.stop()
                self.plane.delete_all()
                self.plane.kubectl("-n", SAMPLE_NAMESPACE, "delete", "redisrestores", "--all", "--wait=false")

    def beside_hung_stores(self, program, number, stores):
        """Objects of a good store, in turn in a namespace with objects of hung stores and in one without, while each hung store is asked."""
        process, _ = self.start(program)
        administrator = Administrator(self.plane)
        for index, url in enumerate(stores.urls):
            administrator.create(f"bench-{index % NAMESPACES}", f"hung-{number}-{index}", url)
        wait_until("a connection to each hung store that accepts", lambda: stores.asked() >= HUNG * 2 // 3, 60)
        trail = Trail(self.plane, program.name)
        samples = Samples(self.plane, self.urls[SMALL], ["bench-0", SAMPLE_NAMESPACE], f"beside-{number}", IDLE_PAUSE_S, self.effort.idle_samples)
        samples.start()
        samples.join()
        wait_until("a status of each sample", lambda: trail.read() and set(trail.created) <= set(trail.written), 120)
        self.results.add("latency beside hung stores", program, *trail.latencies(("bench-0", SAMPLE_NAMESPACE)))
        trail.close()
        process.stop()

    def small_drains(self):
        for bucket, url in self.urls.items():
            for _, program in self.in_turn(self.effort.small_rounds):
                self.attempt(self.small_drain, bucket, url, program)

    def small_drain(self, bucket, url, program):
        count = self.effort.small_objects
        try:
            self.plane.create(count, url)
            self.plane.settle()
            trail = Trail(self.plane, program.name)
            process, _ = self.start(program)
            ended = trail.wait(count)
            time.sleep(1)
            trail.read()
            self.results.add(f"drain {bucket}", program, ended - process.started_at)
            self.results.add(f"CPU {bucket}", program, processor_seconds(process.pid) / count * 1000)
            self.plane.require_answered(count)
            process.stop()
            trail.close()
        finally:
            self.plane.delete_all()

    def many_objects(self):
        self.plane.create(self.effort.objects, self.urls[SMALL])
        self.plane.remember("full")
        for number, program in self.in_turn(self.effort.full_rounds):
            self.say(f"  round {number + 1}, {program.title}")
            self.attempt(self.full_round, program, number)

    def full_round(self, program, number):
        self.plane.restore("full")
        self.full_drain(program, number)
        self.save()
        self.full_change(program)

    def full_drain(self, program, number):
        """All objects have an empty status at the start; meanwhile single objects are applied in a namespace among them and in a quiet one."""
        trail = Trail(self.plane, program.name)
        samples = Samples(self.plane, self.urls[SMALL], ["bench-0", SAMPLE_NAMESPACE], f"sample-{number}", DRAIN_PAUSE_S)
        process, ready = self.start(program)
        self.results.add("ready, all objects empty", program, ready)
        samples.start()
        trail.wait(self.effort.objects)
        made = samples.end()
        ended = trail.wait(self.effort.objects + made)
        time.sleep(self.effort.rest_s)
        trail.read()
        total = self.effort.objects + made
        self.results.add("drain all", program, (ended - process.started_at) * self.effort.objects / total)
        self.results.add("CPU all", program, processor_seconds(process.pid) / total * 1000)
        self.results.add("requests an object", program, {what: count / total for what, count in sorted(trail.requests.items())})
        self.results.add("latency drain, same namespaces", program, *trail.latencies(("bench-0",) if made else ()))
        self.results.add("latency drain, quiet namespace", program, *trail.latencies((SAMPLE_NAMESPACE,)))
        self.results.add_memory("all objects", program, process.pid)
        self.plane.require_answered(total)
        process.stop()
        trail.close()

    def full_change(self, program):
        """Starts on objects that are all answered, then a change of every spec under a running program."""
        for _ in range(self.effort.starts_full):
            process, ready = self.start(program)
            self.results.add("ready, all objects", program, ready)
            time.sleep(0.2)
            process.stop()
        process, _ = self.start(program)
        time.sleep(self.effort.rest_s)
        self.results.add_memory("all objects after a restart", program, process.pid)
        trail = Trail(self.plane, program.name)
        before, started = processor_seconds(process.pid), time.time()
        self.plane.change(self.effort.objects, "again")
        changed = time.time()
        ended = trail.wait(self.effort.objects)
        self.results.add("change all", program, ended - started)
        self.results.add("change all, behind the last change", program, max(ended - changed, 0))
        self.results.add("CPU change", program, (processor_seconds(process.pid) - before) / self.effort.objects * 1000)
        self.plane.require_answered(self.effort.objects)
        process.stop()
        trail.close()

    def kills(self):
        if self.effort.kills:
            for program in self.contestants:
                self.attempt(self.kills_of, program)

    def kills_of(self, program):
        takeover.measure(self.plane, program, self.urls[SMALL], self.effort.kills, lambda seconds: self.results.add("takeover", program, seconds))


# --- tables -------------------------------------------------------------------------------------------------------------

def quantile(values, share):
    """The smallest value that so many of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50(values):
    return statistics.median(values)


def p99(values):
    return quantile(values, 0.99)


def _rows(objects, small):
    """(title, unit, digits, figure, how to make one number of many)."""
    many, few = f"{objects:,} objects", f"{small:,} objects"
    yield "binary, stripped", "MB", 2, "binary, MB", p50
    yield "exec to `/readyz` 200, no objects", "ms", 0, "ready, 0 objects", p50
    yield f"exec to `/readyz` 200, {many} without a status", "ms", 0, "ready, all objects empty", p50
    yield f"exec to `/readyz` 200, {many} with one", "ms", 0, "ready, all objects", p50
    for title, figure in (("idle", "idle"), (f"{many}, after the drain", "all objects"), (f"{many}, after a restart", "all objects after a restart")):
        for kind in ("resident", "anonymous"):
            yield f"{kind} memory, {title}", "MiB", 1, f"{figure}, {kind}", p50
    for bucket in BUCKETS:
        yield f"{few} drained, bucket of {bucket}", "s", 1, f"drain {bucket}", p50
        yield f"CPU for 1,000 reconciles, bucket of {bucket}", "s", 2, f"CPU {bucket}", p50
    yield f"{many} drained at the start", "s", 1, "drain all", p50
    yield "of it CPU for 1,000 reconciles", "s", 2, "CPU all", p50
    yield f"{many} after a change of every spec, from the first change", "s", 1, "change all", p50
    yield "of it after the last change", "s", 2, "change all, behind the last change", p50
    yield "of it CPU for 1,000 reconciles", "s", 2, "CPU change", p50
    for title, figure in (("idle", "latency idle"), (f"beside {HUNG} hung stores", "latency beside hung stores"), ("while draining, other namespace", "latency drain, quiet namespace"),
                          ("while draining, same namespaces", "latency drain, same namespaces")):
        yield f"object stored to status stored, {title}: p50", "ms", 1, figure, p50
        yield f"object stored to status stored, {title}: p99", "ms", 1, figure, p99
    yield "leader killed to status of the next object: median", "s", 1, "takeover", p50
    yield "leader killed to status of the next object: longest", "s", 1, "takeover", max


def table(record):
    raw, names = record["raw"], record["programs"]
    lines = ["| figure | " + " | ".join(names) + (" | ratio |" if len(names) == 2 else " |"), "|---|" + "---|" * (len(names) + (len(names) == 2))]
    for title, unit, digits, figure, reduce in _rows(record["objects"], record["small_objects"]):
        values = [reduce(raw[figure][name]) if raw.get(figure, {}).get(name) else None for name in names]
        if all(value is None for value in values):
            continue
        cells = ["-" if value is None else f"{value:,.{digits}f} {unit}" for value in values]
        if len(values) == 2:
            cells.append(f"{values[0] / values[1]:.2f}" if all(values) else "-")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    requests = raw.get("requests an object", {})
    if all(requests.get(name) for name in names):
        lines.append("| API requests an object, first status | " + " | ".join(_requests(requests[name]) for name in names) + (" | |" if len(names) == 2 else " |"))
    alone = [raw.get(f"libraries alone, {kind}", {}).get("redisrestore") for kind in ("resident", "anonymous")]
    if all(alone):
        lines += ["", f"A program that links the same libraries and does nothing: {alone[0][0]:.1f} MiB resident, {alone[1][0]:.1f} anonymous."]
    return "\n".join(lines)


def _requests(rounds):
    """The last round's; what occurs less than once in a hundred objects (the list, the watch) is left out."""
    return ", ".join(f"{share:.2f} {what}" for what, share in rounds[-1].items() if share >= 0.01)


def run(options, binary, tools):
    """(the record, what failed)."""
    effort = Effort(options.objects, options.quick)
    if options.kills is not None:
        effort.kills = options.kills
    contestants = [programs.ours(binary)] + ([] if options.only_ours else [programs.peer(tools)])
    record = {"objects": effort.objects, "small_objects": effort.small_objects, "programs": [program.name for program in contestants],
              "machine": {"processors": os.cpu_count(), "architecture": platform.machine(), "seconds": 0}, "raw": {}}

    def save(raw, seconds):
        record["raw"], record["machine"]["seconds"] = raw, round(seconds)
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(record, file, indent=1)

    failures = Bench(effort, contestants, tools, save).run()
    return record, failures
