# SPDX-License-Identifier: Apache-2.0
"""Faults of a cluster: each case has an API server of its own, which it may stop, empty or loosen."""

import json
import os
import re
import tempfile
import time
import unittest

from support.context import ControllerTest
from support.processes import wait_until
from support.servers import ROOT, ControlPlane

RDB = "redis-backups/shop/dump-20260131-235900.rdb"


class OwnControlPlane(ControllerTest):
    def setUp(self):
        plane = ControlPlane(tempfile.mkdtemp(dir=self.run_facts.folder))
        self.addCleanup(plane.stop)
        self.cluster = plane
        self.prepare()
        super().setUp()
        self.put(RDB)

    def prepare(self):
        self.cluster.install()


class ServerFaults(OwnControlPlane):
    def test_f01_server_restarted_the_controller_goes_on(self):
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        self.cluster.stop_apiserver()
        time.sleep(2)
        self.assertTrue(self.controller.running())
        self.assertEqual(self.http(self.health_port, "/healthz")[0], 200)
        self.cluster.start_apiserver()
        self.apply(name="after")

        self.wait_ready("True", "BackupDiscovered", name="after", timeout=70)
        self.assertEqual(len(self.patches()), 1)

    def test_r26_crd_deleted_and_created_again(self):
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        self.cluster.kubectl("delete", "crd", "redisrestores.redisrestore.dev", "--wait=true")
        self.cluster.install()
        self.apply()

        self.wait_ready("True", "BackupDiscovered", timeout=90)

    def test_r24_permission_revoked_and_granted_again(self):
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        binding = self.cluster.kubectl("get", "clusterrolebindings", "-o", "name")
        ours = next(name for name in binding.splitlines() if "redisrestore" in name)
        saved = self.cluster.kubectl("get", ours, "-o", "json")
        self.cluster.kubectl("delete", ours)

        self.apply(trigger="without permission")
        wait_until("the warning", lambda: "DENIED" in self.controller.log(), timeout=60)
        self.assertTrue(self.controller.running())
        self.cluster.apply(re.sub(r'"(resourceVersion|uid)": "[^"]*",?', "", saved))

        wait_until("the trigger", lambda: self.status().get("lastHandledTrigger") == "without permission", timeout=120)


class CrdAbsent(OwnControlPlane):
    def prepare(self):
        for manifest in ("namespace.yaml", "rbac.yaml"):
            self.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", manifest))

    def start_controller(self, *flags, **kwargs):
        return super().start_controller(*flags, **{**kwargs, "wait": False})

    def test_r25_controller_waits_for_the_crd(self):
        wait_until("the probes", lambda: self.http(self.health_port, "/healthz")[0] == 200)
        wait_until("the log line", lambda: "CRD" in self.controller.log())
        self.assertEqual(self.http(self.health_port, "/readyz")[0], 500)

        self.cluster.install()
        self.apply()

        self.wait_ready("True", "BackupDiscovered", timeout=90)
        self.assertEqual(self.http(self.health_port, "/readyz")[0], 200)
        self.assertEqual(len([line for line in self.controller.log().splitlines() if "CRD" in line]), 1)


class NewerSchema(OwnControlPlane):
    """A custom resource of a later version: new fields, which the API server gives a default in every object."""

    def prepare(self):
        self.cluster.install()
        crd = json.loads(self.cluster.kubectl("create", "--dry-run=client", "-o", "json", "-f", os.path.join(ROOT, "manifests", "crd.yaml")))
        spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        spec["depth"] = {"type": "integer", "default": 3}
        spec["selection"]["properties"]["strictness"] = {"type": "string", "default": "Lax"}
        spec["stage"] = {"type": "object", "default": {}, "properties": {"mode": {"type": "string", "default": "Never"}}}
        spec["plain"] = {"type": "string"}
        self.cluster.apply(crd)
        wait_until("the new fields", lambda: self.cluster.kubectl("explain", "redisrestore.spec.plain", check=False).returncode == 0)

    def test_f36_new_fields_with_their_defaults_are_ignored_and_other_values_are_not(self):
        self.apply()
        wait_until("the defaults", lambda: self.get()["spec"].get("stage") == {"mode": "Never"})
        self.apply(name="selects", selection={"strictness": "Strict"})
        self.apply(name="stages", stage={"mode": "Always"})
        self.apply(name="plain", plain="x")

        self.wait_ready("True", "BackupDiscovered")
        for name, field in (("selects", "spec.selection.strictness"), ("stages", "spec.stage"), ("plain", "spec.plain")):
            self.assertIn(f"{field} is not known to this version", self.wait_ready("False", "InvalidSpec", name=name)["message"])
        self.apply(name="plain")
        self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "plain", "--type=json", "-p", '[{"op":"remove","path":"/spec/plain"}]', check=False)
        self.wait_ready("True", "BackupDiscovered", name="plain")


class LooseSchema(OwnControlPlane):
    """A CRD without rules, as one of long ago: what it let in must not harm anybody (F-36)."""

    def prepare(self):
        self.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "namespace.yaml"))
        self.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "rbac.yaml"))
        crd = self.cluster_crd()
        self.cluster.apply(crd)
        wait_until("the CRD", lambda: self.cluster.kubectl("get", "redisrestores", "-A", check=False).returncode == 0)

    def cluster_crd(self):
        text = self.cluster.kubectl("create", "--dry-run=client", "-o", "json", "-f", os.path.join(ROOT, "manifests", "crd.yaml"))
        crd = json.loads(text)
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schema["properties"]["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        return crd

    def test_f36_invalid_spec_names_the_field_and_does_not_affect_others(self):
        bad = {"bucket": {"bucket": "UPPER"}, "endpoint": {"endpoint": "ftp://x"}, "userinfo": {"endpoint": "http://user:pw@host"}, "number": {"bucket": 7},
               "prefix": {"prefix": "a\nx"}, "secret": {"credentials": {"secretRef": {"name": "../other"}}}, "style": {"addressingStyle": "Sideways"}}
        for name, s3 in bad.items():
            self.apply(name=name, s3=s3)
        self.cluster.apply({**self.restore("empty"), "spec": {}})
        self.apply(name="good")

        self.wait_ready("True", "BackupDiscovered", name="good")
        for name in (*bad, "empty"):
            with self.subTest(name=name):
                ready = self.wait_ready("False", "InvalidSpec", name=name)
                self.assertIn("spec.", ready["message"])
                self.assertNotIn("user:pw", ready["message"])
                self.assertEqual(self.condition("Stalled", name)["reason"], "InvalidSpec")


class NamespacedPermission(OwnControlPlane):
    def test_forbidden_secret_names_the_role_to_grant(self):
        rules = [rule for rule in self.role()["rules"] if "secrets" not in rule["resources"]]
        role = self.role()
        role["rules"] = rules
        role["metadata"] = {"name": role["metadata"]["name"]}
        self.cluster.apply(role)

        self.apply()

        self.assertIn("Role", self.wait_ready("False", "SecretNotFound")["message"])

    def role(self):
        names = self.cluster.kubectl("get", "clusterroles", "-o", "name").splitlines()
        return next(role for role in (self.cluster.get(name) for name in names if "redisrestore" in name) if any("secrets" in rule["resources"] for rule in role["rules"]))


if __name__ == "__main__":
    unittest.main()
