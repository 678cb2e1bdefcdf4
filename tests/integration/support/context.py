# SPDX-License-Identifier: Apache-2.0
"""The base of every integration test: the shared servers of one run, a namespace and a bucket of its own, a controller of its own."""

import http.client
import itertools
import json
import os
import subprocess
import unittest
import uuid

from .processes import Process, free_port, wait_until
from .s3 import S3
from .servers import ROOT, Cluster, secret_manifest

_numbers = itertools.count()

CONTROLLER_NAMESPACE, CONTROLLER_ACCOUNT = "redisrestore-system", "redisrestore-controller"
CONTROLLER_ROLE = f"{CONTROLLER_ACCOUNT}.{CONTROLLER_NAMESPACE}"  # the ClusterRole


class Run:
    """The facts of this run, written by run.py before the tests start."""

    def __init__(self):
        path = os.environ.get("RR_TEST_RUN")
        if not path:
            raise unittest.SkipTest("needs the servers of tests/integration/run.py")
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        self.folder, self.binary = facts["folder"], facts["binary"]
        self.cluster = Cluster(facts["cluster"])
        self.minio, self.minio_tls = facts["minio"], facts["minio_tls"]
        self.access_key, self.secret_key = facts["access_key"], facts["secret_key"]
        self.canaries = facts["canaries"]

    def s3(self):
        return S3(self.minio, self.access_key, self.secret_key)

    def path(self, name):
        """A path in the run's folder, where the search for leaked secrets looks at the end."""
        return os.path.join(self.folder, f"{name}-{os.getpid()}-{next(_numbers)}")


class IntegrationTest(unittest.TestCase):
    """One namespace and one bucket a test."""

    EMPTY_RDB = b"REDIS0011\xff" + bytes(8)  # the smallest RDB there is

    @classmethod
    def setUpClass(cls):
        cls.run_facts = Run()
        cls.cluster = cls.run_facts.cluster

    def setUp(self):
        self.s3 = self.run_facts.s3()
        self.namespace = f"t-{uuid.uuid4().hex[:10]}"
        self.bucket = self.namespace
        self.s3.make_bucket(self.bucket)

    def put(self, *keys, bucket=None, body=None):
        for key in keys:
            self.s3.put(bucket or self.bucket, key, body if body is not None else (bytes(28) if key.endswith((".gz", ".zst", ".lz4")) else self.EMPTY_RDB))

    # --- the command line -------------------------------------------------------------------------------------------

    def environment(self, **more):
        """The environment in which `discover` reaches this test's bucket; None removes a variable."""
        env = {"PATH": os.environ["PATH"], "S3_BUCKET": self.bucket, "AWS_ENDPOINT_URL": self.run_facts.minio, "AWS_REGION": "us-east-1",
               "AWS_ACCESS_KEY_ID": self.run_facts.access_key, "AWS_SECRET_ACCESS_KEY": self.run_facts.secret_key, "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(more)
        return {name: value for name, value in env.items() if value is not None}

    def run_binary(self, *arguments, env=None, program=None, timeout=60):
        """Runs the product and keeps what it printed for the search for leaks. Returns the finished process (text)."""
        done = subprocess.run([program or self.run_facts.binary, *arguments], env=env if env is not None else self.environment(), text=True,
                              capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
        with open(self.run_facts.path("output"), "w", encoding="utf-8") as file:
            file.write(done.stdout + done.stderr)
        return done

    def discover(self, *arguments, **kwargs):
        return self.run_binary("discover", *arguments, **kwargs)

    def discover_json(self, *arguments, **kwargs):
        """(exit code, the JSON object)."""
        done = self.discover("--output", "json", *arguments, **kwargs)
        return done.returncode, json.loads(done.stdout)


class ControllerTest(IntegrationTest):
    """A controller that sees only this test's namespace."""

    controller_flags = ("--allow-endpoint-cidr", "127.0.0.0/8")

    def setUp(self):
        super().setUp()
        self.cluster.kubectl("create", "namespace", self.namespace)
        self.secret("s3")
        self.controller = self.start_controller()

    def start_controller(self, *flags, cluster=None, wait=True, namespace=None, program=None, env=None):
        cluster = cluster or self.cluster
        kubeconfig = self.run_facts.path("kubeconfig")
        cluster.service_account_kubeconfig(CONTROLLER_NAMESPACE, CONTROLLER_ACCOUNT, kubeconfig)
        self.metrics_port, self.health_port = free_port(), free_port()
        env = {name: value for name, value in self.environment().items() if name == "PATH" or name.endswith("_OPTIONS")} | (env or {})
        command = [program or self.run_facts.binary, "controller", "--kubeconfig", kubeconfig, "--namespace", namespace or self.namespace, "--log-level", "debug",
                   "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}", "--health-probe-bind-address", f"127.0.0.1:{self.health_port}",
                   *self.controller_flags, *flags]
        if "--leader-elect-id" in command and "--leader-elect-namespace" not in command:
            self.permit_lease(cluster, command[command.index("--leader-elect-id") + 1])
        process = Process(os.path.basename(self.run_facts.path("controller")), command, self.run_facts.folder, env=env)
        self.addCleanup(self.stop_controller, process)
        if wait:
            wait_until("the controller", lambda: process.require_running() and self.http(self.health_port, "/readyz")[0] == 200)
        return process

    def permit_lease(self, cluster, lease):
        """The Role of the manifests names their Lease. Grants the same for another one until the end of the test."""
        names = {"namespace": CONTROLLER_NAMESPACE, "name": f"test-{lease}"}
        cluster.apply(
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": names,
             "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [lease], "verbs": ["get", "update"]}]},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": names,
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": names["name"]},
             "subjects": [{"kind": "ServiceAccount", "namespace": CONTROLLER_NAMESPACE, "name": CONTROLLER_ACCOUNT}]})
        self.addCleanup(cluster.kubectl, "-n", CONTROLLER_NAMESPACE, "delete", f"role/{names['name']}", f"rolebinding/{names['name']}", "--ignore-not-found")

    def stop_controller(self, process):
        """A clean end is part of every test: exit code 0, or a sanitizer spoke."""
        if process.popen.returncode is None:
            self.assertEqual(process.stop(20), 0, process.log()[-3000:])

    @staticmethod
    def http(port, path):
        """(status, text) of a GET on loopback."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    # --- objects ----------------------------------------------------------------------------------------------------

    def secret(self, name, access_key=None, secret_key=None, **more):
        self.cluster.apply(secret_manifest(self.namespace, name, access_key or self.run_facts.access_key, secret_key or self.run_facts.secret_key, **more))

    def restore(self, name="restore", s3=None, **spec):
        """The manifest of a RedisRestore of this test's bucket."""
        source = {"bucket": self.bucket, "endpoint": self.run_facts.minio, "credentials": {"secretRef": {"name": "s3"}}, **(s3 or {})}
        return {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"namespace": self.namespace, "name": name},
                "spec": {"source": {"s3": {key: value for key, value in source.items() if value is not None}}, **spec}}

    def apply(self, *args, **kwargs):
        self.cluster.apply(self.restore(*args, **kwargs))

    def get(self, name="restore"):
        return self.cluster.get("-n", self.namespace, "redisrestore", name)

    def status(self, name="restore"):
        return self.get(name).get("status", {})

    def condition(self, kind, name="restore"):
        """The condition of that type, or {}; only one that speaks of the present generation."""
        found = self.get(name)
        for condition in found.get("status", {}).get("conditions", []):
            if condition["type"] == kind and condition.get("observedGeneration") == found["metadata"]["generation"]:
                return condition
        return {}

    def wait_ready(self, status, reason, name="restore", timeout=30):
        """Waits until Ready has that status and reason; returns the condition."""
        def reached():
            ready = self.condition("Ready", name)
            return ready if (ready.get("status"), ready.get("reason")) == (status, reason) else None
        try:
            return wait_until(f"Ready {status}/{reason}", reached, timeout)
        except TimeoutError as error:
            raise AssertionError(f"{error}\nstatus: {json.dumps(self.status(name), indent=1)}\nlog: {self.controller.log()[-3000:]}") from None

    def events(self, name="restore"):
        items = self.cluster.get("-n", self.namespace, "events.events.k8s.io")["items"]
        return [item for item in items if item.get("regarding", {}).get("name") == name]

    def patches(self, name="restore"):
        """Status writes of the controller for this object, from the API server's audit log."""
        return self.cluster.audit(verb="patch", resource="redisrestores", subresource="status", namespace=self.namespace, name=name)

    def metric(self, line_start):
        """Sum of the samples whose line begins so."""
        _, text = self.http(self.metrics_port, "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(line_start))
