# SPDX-License-Identifier: Apache-2.0
"""`stage --object` and `verify --object` against a real API server and a real MinIO, with the permissions of the sample and no others."""

import base64
import hashlib
import json
import os
import re
import shutil
import ssl
import tempfile
import unittest

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.s3 import S3
from support.servers import ROOT

VECTORS = os.path.join(ROOT, "tests", "vectors", "redis")
RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
NEWER = "redis-backups/shop/dump-20260201-235900.rdb"
SAMPLE = os.path.join(ROOT, "manifests", "samples", "stage-object.yaml")
STATEFUL_SET = os.path.join(ROOT, "manifests", "samples", "statefulset.yaml")
LOOPBACK = ("--allow-endpoint-cidr", "127.0.0.0/8")


def content(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


class ObjectTest(ControllerTest):
    """A RedisRestore `cart` that is Ready, and a ServiceAccount with the Role of the sample."""

    def setUp(self):
        super().setUp()
        self.secret("backup-reader")
        self.put(RDB, body=content("redis-7.0.15.rdb"))
        self.put(AOF, body=content("redis-7.0.15.aof"))
        self.cluster.kubectl("-n", self.namespace, "apply", "-f", SAMPLE)
        self.kubeconfig = self.run_facts.path("kubeconfig-cart")
        self.cluster.service_account_kubeconfig(self.namespace, "cart-redis", self.kubeconfig)
        self.folder = tempfile.mkdtemp(prefix="object-", dir=self.run_facts.folder)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def apply_cart(self, s3=None, **spec):
        self.apply("cart", s3={"credentials": {"secretRef": {"name": "backup-reader"}}, **(s3 or {})}, **spec)

    def ready_cart(self, **more):
        self.apply_cart(**more)
        self.wait_ready("True", "BackupDiscovered", "cart")

    def plain(self, **more):
        """An environment with nothing about a store."""
        env = {name: value for name, value in self.environment().items() if name == "PATH" or name.endswith("_OPTIONS")}
        return {**env, "AWS_EC2_METADATA_DISABLED": "true", **more}

    def command(self, name, *flags, env=None, kubeconfig=None, loopback=LOOPBACK):
        return self.run_binary(name, "--object", f"{self.namespace}/cart", "--kubeconfig", kubeconfig or self.kubeconfig, *loopback, *flags,
                               env=env or self.plain())

    def stage(self, *flags, **more):
        return self.command("stage", "--dir", self.folder, "--server", "redis:7.0", "--appendonly", "yes", *flags, **more)

    def report(self, *flags, code=0, **more):
        done = self.stage("--output", "json", *flags, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def assert_refused(self, done, code, *words):
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def reads_by_the_account(self):
        user = f"system:serviceaccount:{self.namespace}:cart-redis"
        return sorted({(record["verb"], record["objectRef"]["resource"], record["objectRef"]["name"])
                       for record in self.cluster.audit(user=user) if record.get("objectRef")})


class Object(ObjectTest):
    def test_g20_pair_of_the_status_is_staged_with_the_permissions_of_the_sample(self):
        self.ready_cart()

        report = self.report()

        self.assertEqual((report["result"], report["rdb"]["key"], report["aof"]["key"]), ("Restored", RDB, AOF))
        self.assertEqual(self.reads_by_the_account(), [("get", "redisrestores", "cart"), ("get", "secrets", "backup-reader")])

    def test_g20_init_container_of_the_sample_meets_the_restricted_standard_and_stages_the_pair(self):
        self.ready_cart()
        self.cluster.kubectl("label", "namespace", self.namespace, "pod-security.kubernetes.io/warn=restricted")
        applied = self.cluster.kubectl("-n", self.namespace, "apply", "--dry-run=server", "--validate=strict", "-f", STATEFUL_SET, "-o", "json", check=False)
        self.assertEqual(applied.stderr, "")
        spec = next(item for item in json.loads(applied.stdout)["items"] if item["kind"] == "StatefulSet")["spec"]["template"]["spec"]
        self.assertEqual(spec["serviceAccountName"], "cart-redis")
        values = {"shop/cart": f"{self.namespace}/cart", "/data": self.folder}

        done = self.run_binary(*(values.get(word, word) for word in spec["initContainers"][0]["args"]), "--kubeconfig", self.kubeconfig, *LOOPBACK,
                               "--output", "json", env=self.plain())

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((json.loads(done.stdout)["result"], json.loads(done.stdout)["rdb"]["key"]), ("Restored", RDB))

    def test_g20_verify_reads_the_pair_of_the_status(self):
        self.ready_cart()

        done = self.command("verify", "--output", "json")

        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["result"], report["rdb"]["key"], report["aof"]["key"]), ("Valid", RDB, AOF))

    def test_g20_object_without_aof_is_its_rdb_alone(self):
        self.s3.request("DELETE", f"/{self.bucket}/{AOF}")
        self.ready_cart()

        report = self.report()

        self.assertEqual((report["result"], report["rdb"]["key"], report["recoveredTo"]["commands"]), ("Restored", RDB, 0))

    def test_g20_newer_backup_never_replaces_the_pair(self):
        self.ready_cart()
        self.put(NEWER, body=content("redis-7.4.1.rdb"))
        self.assertEqual(self.report("--dry-run")["rdb"]["key"], RDB)

        self.put(RDB, body=content("redis-7.4.1.rdb"))
        self.assert_refused(self.stage(), 3, "was replaced since it was found")
        self.s3.request("DELETE", f"/{self.bucket}/{RDB}")
        self.assert_refused(self.stage(), 3, "was deleted since it was found")

    def test_g20_replaced_object_of_the_same_size_is_refused(self):
        self.ready_cart()
        changed = bytearray(content("redis-7.0.15.aof"))
        changed[-4] ^= 1

        self.put(AOF, body=bytes(changed))

        self.assert_refused(self.stage(), 3, AOF, "its ETag is another")

    def test_g20_object_that_is_not_ready_names_no_pair(self):
        self.apply_cart(s3={"bucket": f"{self.bucket}-gone"})
        self.wait_ready("False", "BucketNotFound", "cart")

        self.assert_refused(self.stage(), 3, f"RedisRestore {self.namespace}/cart: it is not Ready (BucketNotFound)")

    def test_g20_status_about_another_generation_names_no_pair(self):
        self.ready_cart()
        self.stop_controller(self.controller)
        self.assert_refused(self.stage("--dry-run", "--object", f"{self.namespace}/absent"), 5, "redisrestores")

        self.apply_cart(s3={"prefix": "other/"})

        self.assert_refused(self.stage(), 3, "its status is about generation 1 of the spec, not 2")

    def test_g20_object_that_no_controller_looked_at_names_no_pair(self):
        self.stop_controller(self.controller)
        self.apply_cart()

        self.assert_refused(self.stage(), 3, "it has no status yet")

    def test_g20_kept_data_reads_no_object(self):
        with open(os.path.join(self.folder, "dump.rdb"), "wb") as file:
            file.write(content("redis-7.0.15.rdb"))

        self.assertEqual(self.report("--existing", "Keep", kubeconfig="/nonexistent")["result"], "Kept")

        os.unlink(os.path.join(self.folder, "dump.rdb"))
        self.assert_refused(self.stage(kubeconfig="/nonexistent"), 2, "/nonexistent")

    def test_g20_api_server_that_does_not_answer_is_not_the_store(self):
        self.ready_cart()
        kubeconfig = self.run_facts.path("kubeconfig-dead")
        with open(self.kubeconfig, encoding="utf-8") as alive, open(kubeconfig, "w", encoding="utf-8") as dead:
            dead.write(re.sub(r"(https://[^:/]+):\d+", r"\1:1", alive.read()))

        self.assert_refused(self.stage(kubeconfig=kubeconfig), 1, f"RedisRestore {self.namespace}/cart")

    def test_g21_secret_that_may_not_be_read_is_refused_and_credentials_of_the_environment_need_none(self):
        self.ready_cart()
        self.cluster.kubectl("-n", self.namespace, "patch", "role", "cart-redis", "--type", "json", "-p", '[{"op": "remove", "path": "/rules/1"}]')
        self.assert_refused(self.stage(), 5, 'Secret backup-reader cannot be read: this command lacks "get" on secrets')
        before = self.reads_by_the_account()

        report = self.report(env=self.plain(AWS_ACCESS_KEY_ID=self.run_facts.access_key, AWS_SECRET_ACCESS_KEY=self.run_facts.secret_key,
                                            AWS_ENDPOINT_URL="http://127.0.0.1:1", S3_BUCKET="other"))

        self.assertEqual(report["result"], "Restored")
        self.assertEqual(self.reads_by_the_account(), before)

    def test_g21_half_of_the_credentials_in_the_environment_is_refused(self):
        self.ready_cart()

        self.assert_refused(self.stage(env=self.plain(AWS_ACCESS_KEY_ID=self.run_facts.access_key)), 5, "AWS_SECRET_ACCESS_KEY")

    def test_g21_identities_mean_that_of_this_process(self):
        self.ready_cart()
        status = self.status("cart")
        self.stop_controller(self.controller)
        account = {"serviceAccountRef": {"name": "cart-redis", "roleARN": "arn:aws:iam::123456789012:role/reader"}}
        for credentials, endpoint, words in (({"ambient": {}}, None, "credentials.ambient"), (account, self.run_facts.minio, "credentials.serviceAccountRef")):
            self.cluster.kubectl("-n", self.namespace, "delete", "redisrestore", "cart", "--ignore-not-found")
            self.apply_cart(s3={"credentials": credentials, "endpoint": endpoint})
            status["observedGeneration"] = self.get("cart")["metadata"]["generation"]
            self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "cart", "--subresource", "status", "--type", "merge", "-p",
                                 json.dumps({"status": status}))

            self.assert_refused(self.stage(), 2, words, "the identity of this pod", "there are no credentials")

        report = self.report(env=self.plain(AWS_SHARED_CREDENTIALS_FILE=self.profile(), AWS_PROFILE="own"))
        self.assertEqual(report["result"], "Restored")
        self.assertEqual([read for read in self.reads_by_the_account() if read[1] != "redisrestores"], [])

    def profile(self):
        path = self.run_facts.path("credentials")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"[own]\naws_access_key_id = {self.run_facts.access_key}\naws_secret_access_key = {self.run_facts.secret_key}\n")
        return path

    def test_g22_endpoint_on_loopback_is_refused_unless_it_is_allowed(self):
        self.ready_cart()

        self.assert_refused(self.stage(loopback=()), 5, "names an endpoint that --allow-endpoint-cidr does not allow", "loopback")


class Tls(ObjectTest):
    """A store with a certificate of a private CA and objects that are encrypted by a key of the customer."""

    def setUp(self):
        super().setUp()
        self.tls = self.run_facts.minio_tls
        self.key = os.urandom(32)
        s3 = S3(self.tls["url"], self.run_facts.access_key, self.run_facts.secret_key, context=ssl.create_default_context(cafile=self.tls["ca"]))
        s3.make_bucket(self.bucket)
        sse = {"x-amz-server-side-encryption-customer-algorithm": "AES256",
               "x-amz-server-side-encryption-customer-key": base64.b64encode(self.key).decode(),
               "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(hashlib.md5(self.key).digest()).decode()}
        for key, name in ((RDB, "redis-7.0.15.rdb"), (AOF, "redis-7.0.15.aof")):
            s3.request("PUT", f"/{self.bucket}/{key}", body=content(name), headers=sse)
        self.secret("backup-reader", **{"sse-customer-key": self.key})
        with open(self.tls["ca"], encoding="ascii") as file:
            self.cluster.kubectl("-n", self.namespace, "create", "configmap", "minio-ca", f"--from-literal=ca.crt={file.read()}")
        self.cluster.kubectl("-n", self.namespace, "create", "role", "controller-ca", "--verb=get", "--resource=configmaps")
        self.cluster.kubectl("-n", self.namespace, "create", "rolebinding", "controller-ca", "--role=controller-ca",
                             f"--serviceaccount={CONTROLLER_NAMESPACE}:{CONTROLLER_ACCOUNT}")
        self.ready_cart(s3={"endpoint": self.tls["url"], "tls": {"caConfigMapKeyRef": {"name": "minio-ca", "key": "ca.crt"}}})

    def test_g21_bundle_and_sse_key_are_those_of_the_object(self):
        self.assert_refused(self.stage(), 4, 'ConfigMap minio-ca, which tls names, cannot be read: this command lacks "get" on configmaps')
        self.cluster.kubectl("-n", self.namespace, "patch", "role", "cart-redis", "--type", "json", "-p", json.dumps(
            [{"op": "add", "path": "/rules/-", "value": {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["minio-ca"], "verbs": ["get"]}}]))

        self.assertEqual(self.report()["result"], "Restored")

    def test_g21_files_of_flags_take_precedence(self):
        path = self.run_facts.path("sse")
        with open(path, "wb") as file:
            file.write(self.key)
        env = self.plain(AWS_ACCESS_KEY_ID=self.run_facts.access_key, AWS_SECRET_ACCESS_KEY=self.run_facts.secret_key)

        self.assertEqual(self.stage("--ca-file", self.tls["ca"], "--dry-run", env=env).returncode, 5)
        report = self.report("--ca-file", self.tls["ca"], "--sse-customer-key-file", path, env=env)

        self.assertEqual(report["result"], "Restored")
        self.assertEqual(self.reads_by_the_account(), [("get", "redisrestores", "cart")])


if __name__ == "__main__":
    unittest.main()
