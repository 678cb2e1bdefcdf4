# SPDX-License-Identifier: Apache-2.0
"""Many objects that change all the time, behind every fault of faults/ at random, and a store that fails; in the end nothing may be missed.

The right values come from the API server and from the model here, never from the controller: for each object the generation that its status
answers, and the key that the store held when that generation was made.
"""

import copy
import json
import os
import random
import re
import statistics
import time

from .api import Api, ApiError
from .api_faults import Fault
from .api_proxy import REFLECTOR, ApiProxy
from .fault_cases import all_cases
from .listing_store import ListingStore
from .processes import Process, free_port, wait_until
from .servers import Authority, Cluster, secret_manifest

CONTROLLER = ("redisrestore-system", "redisrestore-controller")
SECRETS, FAULT_PATIENCE_S = 8, 10.0
GROUPS = ("list", "watch", "write")
CYCLE_S, STORM_S = 180.0, 45.0  # list and watch have faults for a while, one after the other, then time to fall back to the shortest wait (R-10)
EXPIRED = {"match": {"kind": "watch"}, "at": "now", "do": {"insert": [{"error": 410}], "finish": True}}  # so that lists are asked for
MEMORY_GROWTH, DESCRIPTOR_SLACK = 1.10, 6


class Failed(Exception):
    pass


class Model:
    """The desired objects."""

    def __init__(self, store):
        self.store, self.numbers = store, {}

    def keys(self, name):
        seconds = self.numbers[name]
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1_600_000_000 + seconds))
        return [f"{name}/shop/{stem}-{stamp}.{end}" for stem, end in (("dump", "rdb"), ("appendonly", "aof"))]

    def change(self, name):
        """Another backup lies there; the generation that follows must find it."""
        self.numbers[name] = self.numbers.get(name, 0) + 1
        self.store.keys[f"{name}/"] = self.keys(name)


class Soak:
    """seconds: how long faults happen. warm_up: when memory and descriptors are first read. restart: (stop, start) of the API server."""

    def __init__(self, cluster, binary, folder, namespace, seconds, seed=1, objects=200, warm_up=180.0, patience=240.0, restart=None, restart_every=240.0,
                 pace=0.08, arming=8, say=print, env=None):
        self.cluster, self.binary, self.folder, self.namespace, self.seconds, self.seed = cluster, binary, folder, namespace, seconds, seed
        self.warm_up, self.patience, self.pace, self.arming, self.say, self.env = min(warm_up, seconds / 2), patience, pace, arming, say, env
        self.restart, self.restart_every, self.restarts = restart, restart_every, 0
        self.random = random.Random(seed)
        self.api = Api(cluster)
        self.store = ListingStore(seed)
        self.model = Model(self.store)
        self.names = [f"object-{number}" for number in range(objects)]
        self.alive, self.done, self.armed, self.waiting, self.samples = set(), {}, [], {}, []
        self.proxy = ApiProxy(cluster, Authority(os.path.join(folder, f"soak-pki-{namespace}"), "soak-ca"))
        self.cases = {of: case for of, case in all_cases().items() if case.get("soak", True)}
        self.controller = None

    # --- the actors -------------------------------------------------------------------------------------------------

    def persist(self, call):
        """Until the API server has it: a request of ours that fails is no fault of the controller."""
        end = time.monotonic() + 120
        while True:
            try:
                return call()
            except (OSError, ApiError) as error:
                status = getattr(error, "status", 503)
                if status in (404, 409):
                    return None
                if (status < 500 and status != 429) or time.monotonic() > end:
                    raise
            time.sleep(0.2)

    def manifest(self, name):
        secret = f"keys-{self.names.index(name) % SECRETS}"
        source = {"bucket": "soak", "prefix": f"{name}/", "endpoint": self.store.url, "credentials": {"secretRef": {"name": secret}}}
        return {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"namespace": self.namespace, "name": name},
                "spec": {"source": {"s3": source}, "trigger": str(self.model.numbers[name])}}

    def create(self, name):
        self.model.change(name)
        self.persist(lambda: self.api.create(self.manifest(name)))
        self.alive.add(name)

    def edit(self, name):
        self.model.change(name)
        self.persist(lambda: self.api.edit(self.namespace, name, {"trigger": str(self.model.numbers[name])}))

    def delete(self, name):
        self.persist(lambda: self.api.delete(self.namespace, name))
        self.alive.discard(name)

    def rotate(self, number):
        """The new key is valid before the Secret has it, the old one until then."""
        secret = f"keys-{number % SECRETS}"
        key = f"SOAK{secret[-1]}{self.random.randrange(1 << 40):010X}"
        self.store.valid.add(key)
        data = secret_manifest(self.namespace, secret, key, "soak/secret")["data"]
        self.persist(lambda: self.api.edit_secret(self.namespace, secret, data))
        for old in [old for old in self.store.valid if old[4] == secret[-1] and old != key]:
            self.store.valid.discard(old)

    def arm(self):
        """The faults of a file, for any object. A fault that met nothing for a while is withdrawn, so that others have their turn."""
        now = time.monotonic()
        stale = [fault for fault in self.waiting if fault.over() or now - self.waiting[fault] > FAULT_PATIENCE_S]
        for fault in stale:
            del self.waiting[fault]
        if stale:
            self.proxy.disarm(*stale)
        stormy = (now - self.started) % CYCLE_S < STORM_S
        calm = not stormy or any(fault.meets_reflector() for fault in self.waiting)
        group = "write" if calm else self.random.choice(GROUPS)
        of = self.random.choice(sorted(of for of in self.cases if of[0] == group))
        faults = copy.deepcopy(self.cases[of]["faults"])
        if of[0] == "list":
            faults.insert(0, copy.deepcopy(EXPIRED))
        for data in faults:
            data.get("match", {}).pop("name", None)
            if data["match"].get("kind") in REFLECTOR:  # a list may be streamed, and then is the watch too
                data["match"]["kind"] = [data["match"]["kind"], "watch-list"]
            if data.get("times") == "always":
                data["times"] = 3
            fault = Fault(data, label=of[1])
            self.waiting[fault] = now
            self.armed.append(fault)
            self.proxy.arm(fault)

    def act(self):
        what = self.random.choices(("edit", "burst", "delete", "recreate", "rotate", "arm", "server"), (50, 4, 2, 2, 1, self.arming, 1))[0]
        present, absent = sorted(self.alive), sorted(set(self.names) - self.alive)
        if what == "edit":
            self.edit(self.random.choice(present))
        elif what == "burst":
            for name in self.random.choices(present, k=10):
                self.edit(name)
        elif what == "delete" and len(absent) < len(self.names) // 10:
            self.delete(self.random.choice(present))
        elif what == "recreate":
            name = self.random.choice(present)
            self.delete(name)
            self.create(name)
        elif what == "rotate":
            self.rotate(self.random.randrange(SECRETS))
        elif what == "arm":
            self.arm()
        elif what == "server":
            self.proxy.set_older(bool(self.random.randrange(2)))
        if absent and what in ("edit", "burst") and self.random.random() < 0.05:
            self.create(self.random.choice(absent))
        self.done[what] = self.done.get(what, 0) + 1

    # --- the controller ---------------------------------------------------------------------------------------------

    def start(self):
        kubeconfig = os.path.join(self.folder, f"soak-{self.namespace}.kubeconfig")
        proxied = Cluster({**self.cluster.facts(), "url": self.proxy.url, "ca": self.proxy.ca})
        proxied.service_account_kubeconfig(*CONTROLLER, kubeconfig)
        self.metrics_port, self.health_port = free_port(), free_port()
        self.controller = Process(f"controller-soak-{self.namespace}", [
            self.binary, "controller", "--kubeconfig", kubeconfig, "--namespace", self.namespace, "--allow-endpoint-cidr", "127.0.0.0/8",
            "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}", "--health-probe-bind-address", f"127.0.0.1:{self.health_port}"], self.folder, env=self.env)

    def sample(self):
        """(seconds, RssAnon in KiB, descriptors)"""
        folder = f"/proc/{self.controller.pid}"
        with open(f"{folder}/status", encoding="ascii") as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
        return time.monotonic() - self.started, memory, len(os.listdir(f"{folder}/fd"))

    def tell(self):
        seconds, memory, descriptors = self.samples[-1]
        self.say(f"{seconds / 60:5.1f} min: {sum(self.done.values())} actions, {sum(self.delivered().values())} faults by the API server, "
                 f"{sum(self.store.faults.values())} by the store, {self.restarts} restarts, {self.store.listings} listings, RssAnon {memory} KiB, {descriptors} descriptors")

    def delivered(self):
        counts = {}
        for fault in self.armed:
            if fault.delivered:
                counts[fault.label] = counts.get(fault.label, 0) + fault.delivered
        return counts

    # --- the run ----------------------------------------------------------------------------------------------------

    def run(self):
        """The summary, as a dict; raises Failed with the reason when something was missed."""
        self.started = time.monotonic()
        self.cluster.kubectl("create", "namespace", self.namespace)
        for number in range(SECRETS):
            self.cluster.apply(secret_manifest(self.namespace, f"keys-{number}", f"SOAK{number}FIRST", "soak/secret"))
            self.store.valid.add(f"SOAK{number}FIRST")
        self.start()
        try:
            for name in self.names:
                self.create(name)
            self.disturb()
            self.calm()
            self.nothing_missed()
            nudged = self.truth()
            return self.summary(nudged)
        finally:
            code = self.controller.stop(20)
            self.proxy.stop()
            self.store.stop()
            self.code = code

    def disturb(self):
        next_line, next_restart = 60.0, self.restart_every
        while (now := time.monotonic() - self.started) < self.seconds:
            if not self.controller.running():
                raise Failed(f"the controller ended with {self.controller.popen.returncode}: {self.controller.log()[-3000:]}")
            self.act()
            if not self.samples or now - self.samples[-1][0] >= 5:
                self.samples.append(self.sample())
            if now >= next_line:
                self.tell()
                next_line += 60
            if self.restart and now >= next_restart:
                self.restart(self.restarts)
                self.restarts += 1
                next_restart += self.restart_every
            time.sleep(self.random.expovariate(1 / self.pace))

    def calm(self):
        self.store.calm = True
        self.proxy.disarm()
        self.proxy.set_older(False)

    def unobserved(self):
        found = {item["metadata"]["name"]: item for item in self.persist(lambda: self.api.list(self.namespace))}
        if set(found) != self.alive:
            raise Failed(f"the model has {len(self.alive)} objects, the API server {len(found)}")
        return [name for name, item in found.items() if not self.is_answered(item)]

    @staticmethod
    def is_answered(item):
        """Progressing speaks of the generation too, and is no answer."""
        status = item.get("status", {})
        reasons = {condition["reason"] for condition in status.get("conditions", ()) if condition["type"] == "Ready"}
        return status.get("observedGeneration") == item["metadata"]["generation"] and reasons and "Progressing" not in reasons

    def nothing_missed(self):
        """Every generation is answered, without anybody touching an object again."""
        try:
            wait_until("every generation", lambda: not self.unobserved(), self.patience, 0.5)
        except TimeoutError:
            missed = self.unobserved()
            raise Failed(f"{len(missed)} objects were missed: {missed[:10]}; log: {self.controller.log()[-3000:]}") from None
        self.quiet_after = time.monotonic() - self.started - self.seconds

    def wrong(self):
        """{name: what its status says}, of those that are Ready with another key than the store has."""
        found = {}
        for item in self.persist(lambda: self.api.list(self.namespace)):
            name, status = item["metadata"]["name"], item.get("status", {})
            ready = next((c for c in status.get("conditions", ()) if c["type"] == "Ready"), {})
            keys = [status.get("backup", {}).get(part, {}).get("key") for part in ("rdb", "aof")]
            if ready.get("status") == "True" and keys != self.model.keys(name):
                found[name] = keys
            elif ready.get("status") != "True":
                found[name] = ready.get("reason")
        return found

    def truth(self):
        """Ready objects have the right backup; failed ones are edited and then have it too. Returns how many were edited, by reason."""
        found = self.wrong()
        lies = {name: keys for name, keys in found.items() if isinstance(keys, list)}
        if lies:
            raise Failed(f"{len(lies)} statuses name another backup: {dict(list(lies.items())[:5])}")
        nudged = {}
        for name, reason in found.items():
            nudged[reason] = nudged.get(reason, 0) + 1
            self.edit(name)
        try:
            wait_until("the truth of every object", lambda: not self.unobserved() and not self.wrong(), self.patience, 0.5)
        except TimeoutError:
            raise Failed(f"not Ready, or not true: {dict(list(self.wrong().items())[:10])}") from None
        return nudged

    def summary(self, nudged):
        time.sleep(2)
        self.samples.append(self.sample())
        warm = [sample for sample in self.samples[:-1] if sample[0] >= self.warm_up] or self.samples
        first = warm[:12]
        memory, descriptors = statistics.median(s[1] for s in first), max(s[2] for s in first)
        return {"seconds": round(self.seconds), "seed": self.seed, "objects": len(self.alive), "actions": self.done, "restarts": self.restarts,
                "listings": self.store.listings, "requests": len(self.proxy.requests), "faults_of_the_api_server": dict(sorted(self.delivered().items())),
                "faults_of_the_store": self.store.faults, "asked_again": nudged, "quiet_after_seconds": round(self.quiet_after, 1),
                "rss_anon_kib": {"warm": memory, "end": self.samples[-1][1], "most": max(s[1] for s in self.samples)},
                "descriptors": {"warm": descriptors, "end": self.samples[-1][2], "most": max(s[2] for s in self.samples)}}

    def judge(self, summary, memory=True):
        """Problems with the figures: [text]."""
        problems = []
        if self.code != 0:
            problems.append(f"the controller ended with {self.code}: {self.controller.log()[-2000:]}")
        if re.search(r"AddressSanitizer|LeakSanitizer|runtime error:", self.controller.log()):
            problems.append("a sanitizer spoke: " + self.controller.log()[-3000:])
        rss, files = summary["rss_anon_kib"], summary["descriptors"]
        if memory and rss["end"] > rss["warm"] * MEMORY_GROWTH:
            problems.append(f"RssAnon grew from {rss['warm']} to {rss['end']} KiB")
        if files["end"] > files["warm"] + DESCRIPTOR_SLACK:
            problems.append(f"descriptors grew from {files['warm']} to {files['end']}")
        if not summary["faults_of_the_api_server"] or not summary["faults_of_the_store"]:
            problems.append("no fault was delivered")
        return problems
