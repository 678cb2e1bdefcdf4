# SPDX-License-Identifier: Apache-2.0
"""The control plane of the benchmark: etcd's contents kept and put back, objects by the thousand, and what the audit log says."""

import collections
import datetime
import json
import os
import shutil
import ssl
import subprocess
import threading
import time
import http.client

from support.processes import wait_until
from support.servers import ControlPlane, secret_manifest

NAMESPACES, SAMPLE_NAMESPACE = 10, "people"
ACCOUNTS = "bench-system"
RULES = [
    {"apiGroups": ["redisrestore.dev"], "resources": ["redisrestores"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["redisrestore.dev"], "resources": ["redisrestores/status"], "verbs": ["patch"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
]


def processor_seconds(pid):
    """User and system time of a process, without its children."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class BenchPlane(ControlPlane):
    """Both programs have the same permissions, each as an account of its own, so that the audit log tells them apart."""

    def __init__(self, folder, tools, programs):
        super().__init__(folder)
        self.bench_tools = tools
        self.install()
        time.sleep(3)  # the API server holds creates of a new CRD back for two seconds
        self.namespaces([f"bench-{number}" for number in range(NAMESPACES)] + [SAMPLE_NAMESPACE, ACCOUNTS])
        self.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "bench"}, "rules": RULES})
        for name in programs:
            self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": ACCOUNTS, "name": name}},
                       {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": f"bench-{name}"},
                        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "bench"},
                        "subjects": [{"kind": "ServiceAccount", "namespace": ACCOUNTS, "name": name}]})
            self.service_account_kubeconfig(ACCOUNTS, name, self.kubeconfig_of(name))

    def kubeconfig_of(self, program):
        return os.path.join(self.folder, f"{program}.kubeconfig")

    def namespaces(self, names):
        """Namespaces, each with the Secret of the bucket."""
        for name in names:
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, secret_manifest(name, "bench", "bench", "bench"))

    # --- contents ---------------------------------------------------------------------------------------------------

    def remember(self, name):
        """Keeps etcd's contents under that name; the servers are restarted."""
        self.stop()
        shutil.copytree(f"{self.folder}/etcd", f"{self.folder}/kept-{name}")
        self._start_again()

    def restore(self, name):
        """Puts back what was kept: the same contents, history and server age for the next program."""
        self.stop()
        shutil.rmtree(f"{self.folder}/etcd")
        shutil.copytree(f"{self.folder}/kept-{name}", f"{self.folder}/etcd")
        self._start_again()

    def _start_again(self):
        if os.path.exists(self.audit_log):
            os.remove(self.audit_log)
        self.etcd = self._start_etcd()
        self.start_apiserver()
        wait_until("the CRD", lambda: self.kubectl("get", "redisrestores", "-n", ACCOUNTS, check=False).returncode == 0)
        self.settle()

    def settle(self):
        """Returns when the servers are idle: their work after a start must not count for any program."""
        for _ in range(30):
            before = sum(processor_seconds(process.pid) for process in self.processes())
            time.sleep(0.5)
            if sum(processor_seconds(process.pid) for process in self.processes()) - before < 0.06:
                return

    # --- objects ----------------------------------------------------------------------------------------------------

    def objects(self, *arguments):
        pki = self.authority.folder
        return subprocess.run([os.path.join(self.bench_tools, "objects"), "-url", self.url, "-ca", self.ca, "-cert", f"{pki}/admin.crt", "-key", f"{pki}/admin.key",
                               *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True).stdout

    def create(self, count, endpoint):
        self.objects("create", "-count", count, "-namespaces", NAMESPACES, "-endpoint", endpoint)

    def change(self, count, trigger):
        self.objects("change", "-count", count, "-namespaces", NAMESPACES, "-trigger", trigger)

    def delete_all(self):
        for number in range(NAMESPACES):
            self.kubectl("-n", f"bench-{number}", "delete", "redisrestores", "--all", "--wait=false")

    def require_answered(self, count):
        """Raises unless that many objects have a status for their generation that says Ready."""
        def answered():
            total, observed, ready = map(int, self.objects("check").split())
            if total < count:
                raise RuntimeError(f"{total} objects, {count} were made")
            return (observed, ready) == (total, total)
        wait_until("a status of every object", answered, timeout=120, interval=1)


class Administrator:
    """One connection that creates single objects. Each thread has its own."""

    def __init__(self, plane):
        context = ssl.create_default_context(cafile=plane.ca)
        context.load_cert_chain(f"{plane.authority.folder}/admin.crt", f"{plane.authority.folder}/admin.key")
        self._connection = http.client.HTTPSConnection("127.0.0.1", plane.port, context=context, timeout=60)

    def create(self, namespace, name, endpoint):
        body = {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"name": name},
                "spec": {"source": {"s3": {"bucket": "bench", "endpoint": endpoint, "credentials": {"secretRef": {"name": "bench"}}}}}}
        self._connection.request("POST", f"/apis/redisrestore.dev/v1alpha1/namespaces/{namespace}/redisrestores", json.dumps(body), {"Content-Type": "application/json"})
        reply = self._connection.getresponse()
        text = reply.read()
        if reply.status != 201:
            raise RuntimeError(f"create of {name}: {reply.status} {text[:300]!r}")


def moment(record):
    return datetime.datetime.fromisoformat(record["stageTimestamp"].replace("Z", "+00:00")).timestamp()


class Trail:
    """Reads the audit log from now on for one account: its status writes, all its requests, and creates of objects by any user.

    Times are the API server's: when it answered. Few reads of much, so that reading costs little while programs are measured.
    """

    def __init__(self, plane, program):
        self._user = f"system:serviceaccount:{ACCOUNTS}:{program}"
        self._file = open(plane.audit_log, "rb")
        self._file.seek(0, os.SEEK_END)
        self._rest = b""
        self.created, self.written, self.requests = {}, {}, collections.Counter()

    def read(self):
        """Takes in what was written since; returns the number of objects with a status write."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            is_own = self._user.encode() in line
            if is_own or (b'"resource":"redisrestores"' in line and b'"verb":"create"' in line):
                self._take(json.loads(line), is_own)
        return len(self.written)

    def _take(self, record, is_own):
        reference = record.get("objectRef") or {}
        if record["stage"] != "ResponseComplete":
            return
        key, code = (reference.get("namespace"), reference.get("name")), record.get("responseStatus", {}).get("code", 0)
        if is_own:
            what = "/".join(filter(None, (reference.get("resource"), reference.get("subresource"))))
            self.requests[f"{record['verb']} {what}" + ("" if code < 300 else f" {code}")] += 1
        if is_own and record["verb"] == "patch" and reference.get("subresource") == "status" and code == 200:
            self.written.setdefault(key, moment(record))
        elif not is_own and record["verb"] == "create" and code == 201:
            self.created[key] = moment(record)

    def wait(self, count, timeout=600.0):
        """Until that many objects have a status write; returns when the last of them was answered."""
        wait_until(f"{count} status writes", lambda: self.read() >= count, timeout=timeout, interval=0.2)
        return max(self.written.values())

    def close(self):
        self._file.close()

    def latencies(self, namespaces):
        """Milliseconds that a client waits after the create's answer for the first status write's, by namespace asked for.

        The watch tells of an object before its create is answered, so on a busy machine the status can be there first: then there is no wait.
        """
        return [max(0.0, self.written[key] - self.created[key]) * 1000 for key in self.created if key in self.written and key[0] in namespaces]


class Samples(threading.Thread):
    """Creates one object after another until stopped or the count is reached, in turn in the given namespaces."""

    def __init__(self, plane, endpoint, namespaces, prefix, pause=0.1, count=None):
        super().__init__(daemon=True)
        self._administrator = Administrator(plane)
        self._facts = (endpoint, namespaces, prefix, pause, count)
        self._ending = threading.Event()
        self.made = 0

    def run(self):
        endpoint, namespaces, prefix, pause, count = self._facts
        while not self._ending.is_set() and (count is None or self.made < count):
            self._administrator.create(namespaces[self.made % len(namespaces)], f"{prefix}-{self.made}", endpoint)
            self.made += 1
            self._ending.wait(pause)

    def end(self):
        self._ending.set()
        self.join()
        return self.made
