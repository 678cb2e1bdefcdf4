# SPDX-License-Identifier: Apache-2.0
"""The manifests and policies in docs/ work as they are printed: IAM policies, the admission policy, the health script of Argo CD."""

import json
import os
import re
import subprocess
import tempfile

from support.context import ControllerTest, IntegrationTest
from support.fault_store import FaultStore
from support.processes import wait_until
from support.s3 import Sts
from support.servers import ROOT

RDB, AOF = "redis-backups/shop-cart/dump-20260131-235900.rdb", "redis-backups/shop-cart/appendonly-20260131-235900.aof"


def page(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Policies(IntegrationTest):
    """The policies of docs/permissions.md, each the only right that a session of MinIO has."""

    def allowed(self, name):
        """Keys that may do what the policy of that name allows, on this test's bucket."""
        policy = re.search(rf"<!-- policy: {name} -->\n```json\n(.*?)```", page("docs/permissions.md"), re.S)[1]
        self.assertEqual({action for statement in json.loads(policy)["Statement"] for action in [statement["Action"]]} - {"s3:ListBucket", "s3:GetObject", "s3:ListBucketMultipartUploads"}, set())
        keys = Sts(self.run_facts.minio, self.run_facts.access_key, self.run_facts.secret_key).assume_role(policy.replace("my-redis-backups", self.bucket))
        return dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), keys))

    def code(self, keys, *arguments):
        return self.discover_json(*arguments, env=self.environment(**keys))[0]

    def setUp(self):
        super().setUp()
        self.put(RDB, AOF, "others/shop-cart/dump-20260131-235900.rdb", "redis-backups/other/dump-20260131-235900.rdb")

    def test_list_is_enough_and_nothing_outside_the_prefix(self):
        keys = self.allowed("list")
        self.assertEqual(self.code(keys), 0)
        self.assertEqual(self.code(keys, "--replication-id", "shop-cart"), 0)
        self.assertEqual(self.code(keys, "--order-by", "Timestamp"), 0)
        self.assertEqual(self.code(keys, "--prefix", "others/"), 5)
        self.assertEqual(self.code(keys, "--prefix", ""), 5)

    def test_one_folder_alone(self):
        keys = self.allowed("one")
        self.assertEqual(self.code(keys, "--replication-id", "shop-cart"), 0)
        self.assertEqual(self.code(keys), 5)
        self.assertEqual(self.code(keys, "--replication-id", "other"), 5)

    def test_rights_for_what_was_nearly_there_change_no_answer(self):
        for name in ("list", "uploads"):
            keys = self.allowed(name)
            self.assertEqual(self.code(keys), 0)
            self.assertEqual(self.code(keys, "--replication-id", "never"), 3)

    def test_session_pairing_needs_reading_and_no_more(self):
        for key in (RDB, AOF):
            self.s3.put(self.bucket, key, self.EMPTY_RDB, metadata={"replication-offset": "7"})
        self.assertEqual(self.code(self.allowed("session"), "--pairing", "Session", "--replication-id", "shop-cart"), 0)

    def test_d05_verify_needs_reading_and_no_more(self):
        self.s3.put(self.bucket, AOF, b"*1\r\n$4\r\nPING\r\n")
        for name, code in (("session", 0), ("list", 5)):
            done = self.run_binary("verify", "--replication-id", "shop-cart", env=self.environment(**self.allowed(name)))
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn("the credentials need s3:GetObject", done.stderr)


class Admission(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "samples", "admission-policy.yaml"))
        self.cluster.kubectl("create", "namespace", self.namespace)
        self.cluster.kubectl("annotate", "namespace", self.namespace, "redisrestore.dev/buckets=shop-backups,shop-archive", "redisrestore.dev/endpoints=aws,https://minio.storage.svc:9000")
        self.cluster.kubectl("label", "namespace", self.namespace, "redisrestore.dev/restrict=true")
        # A policy works some time after it was made.
        wait_until("the policy", lambda: self.create("probe", "elsewhere").returncode != 0)

    def create(self, name, bucket, endpoint=None, verb="create"):
        source = {"bucket": bucket, "credentials": {"secretRef": {"name": "s3"}}, **({"endpoint": endpoint} if endpoint else {})}
        manifest = {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"namespace": self.namespace, "name": name}, "spec": {"source": {"s3": source}}}
        dry = ["--dry-run=server"] if name == "probe" else []
        return self.cluster.kubectl(verb, "-f", "-", *dry, input=json.dumps(manifest), check=False)

    def assert_refused(self, done, *words):
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for word in ("redisrestore-buckets", self.namespace, *words):
            self.assertIn(word, done.stderr)

    def test_what_the_namespace_may_name_is_accepted_and_the_rest_refused(self):
        self.assertEqual(self.create("aws", "shop-backups").returncode, 0)
        self.assertEqual(self.create("minio", "shop-archive", "https://minio.storage.svc:9000").returncode, 0)
        self.assert_refused(self.create("other-bucket", "cart-backups"), "may not use the bucket cart-backups")
        self.assert_refused(self.create("other-store", "shop-backups", "https://evil.example"), "may not use the store https://evil.example")
        self.assert_refused(self.create("aws", "cart-backups", verb="apply"), "may not use the bucket")

    def test_namespace_without_annotations_may_name_nothing(self):
        self.cluster.kubectl("annotate", "namespace", self.namespace, "redisrestore.dev/buckets-", "redisrestore.dev/endpoints-")
        wait_until("the change", lambda: self.create("probe", "shop-backups").returncode != 0)
        self.assert_refused(self.create("aws", "shop-backups"), "may not use")

    def test_namespace_without_the_label_is_free(self):
        self.cluster.kubectl("label", "namespace", self.namespace, "redisrestore.dev/restrict-")
        wait_until("the change", lambda: self.create("probe", "elsewhere").returncode == 0)
        self.assertEqual(self.create("free", "elsewhere").returncode, 0)


class ArgoCd(ControllerTest):
    """docs/health.lua over objects as the API server gives them."""

    def lua(self, value):
        """A JSON value as a table of Lua."""
        if isinstance(value, dict):
            return "{" + ",".join(f"[{json.dumps(key)}]={self.lua(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "{" + ",".join(self.lua(item) for item in value) + "}"
        return {None: "nil", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else json.dumps(value, ensure_ascii=True)

    def health(self, found):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "run.lua")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"obj = {self.lua(found)}\nlocal script = loadfile({json.dumps(os.path.join(ROOT, 'docs', 'health.lua'))})\n"
                           "local health = script()\nprint(health.status .. '\\n' .. health.message)\n")
            done = subprocess.run(["lua5.4", path], capture_output=True, text=True, check=True, timeout=30)
        status, message = done.stdout.split("\n", 1)
        return status, message.strip()

    def test_health_of_each_class_of_reasons(self):
        broken = FaultStore.named("f15_500_every_time")
        self.addCleanup(broken.stop)
        self.apply(name="none")
        self.apply(name="paused", suspend=True)
        self.apply(name="down", s3={"endpoint": broken.url})
        self.wait_ready("False", "NoBackupFound", name="none")
        self.wait_ready("Unknown", "Suspended", name="paused")
        self.wait_ready("False", "S3Unavailable", name="down")
        self.put(RDB)
        self.apply(name="found")
        self.wait_ready("True", "BackupDiscovered", name="found")

        self.assertEqual(self.health(self.get("found")), ("Healthy", "BackupDiscovered: " + self.condition("Ready", "found")["message"]))
        self.assertEqual(self.health(self.get("none"))[0], "Degraded")
        self.assertEqual(self.health(self.get("paused"))[0], "Suspended")
        self.assertEqual(self.health(self.get("down"))[0], "Progressing")
        for condition, health in (("Stalled", "Degraded"), ("Reconciling", "Progressing")):  # as kstatus sees them beside Ready
            contradiction = self.get("found")
            contradiction["status"]["conditions"].append({"type": condition, "status": "True", "reason": "Other", "message": "of another client"})
            self.assertEqual(self.health(contradiction)[0], health)
        bare = self.get("found")
        bare["status"] = {"observedGeneration": bare["metadata"]["generation"], "conditions": [{"type": "Ready", "status": "True"}]}
        self.assertEqual(self.health(bare)[0], "Healthy")
        bare["status"]["observedGeneration"] = -1
        self.assertEqual(self.health(bare)[0], "Progressing")
        newer = self.get("found")
        newer["metadata"]["generation"] += 1
        self.assertEqual(self.health(newer)[0], "Progressing")
        del newer["status"]
        self.assertEqual(self.health(newer)[0], "Progressing")


if __name__ == "__main__":
    import unittest
    unittest.main()
