# SPDX-License-Identifier: Apache-2.0
"""manifests/ against a real API server: what the CRD accepts, refuses and fills in, what the permissions are, that every manifest applies.

Needs the environment variables KUBECTL and KUBECONFIG. The cases are data: crd_cases/accepted.yaml and refused.yaml."""

import copy
import glob
import json
import os
import re
import subprocess
import unittest
import uuid

try:
    import yaml
except ImportError:
    yaml = None

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFESTS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "manifests")
S3 = {"bucket": "my-redis-backups", "credentials": {"secretRef": {"name": "backup-reader"}}}


def expanded(value):
    """%63b: that many characters of a bucket's name; %..t the same of any name; %..p of a prefix."""
    if isinstance(value, dict):
        return {key: expanded(inner) for key, inner in value.items()}
    if isinstance(value, str):
        return re.sub(r"%(\d+)([btp])(?=$)", lambda match: "a" * int(match.group(1)), value)
    return value


def spec_of(case):
    if "spec" in case:
        return expanded(case["spec"])
    s3 = {key: value for key, value in {**S3, **expanded(case.get("s3", {}))}.items() if value is not None}
    spec = {"source": {"s3": s3}, **expanded(case.get("spec+", {}))}
    if "selection" in case:
        spec["selection"] = expanded(case["selection"])
    return spec


def at(value, path):
    for part in path.split("."):
        value = value[part]
    return value


class ClusterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kubectl_path, cls.kubeconfig = os.environ.get("KUBECTL"), os.environ.get("KUBECONFIG")
        if not cls.kubectl_path or not cls.kubeconfig:
            raise unittest.SkipTest("KUBECTL and KUBECONFIG do not name an API server")
        if yaml is None:
            raise unittest.SkipTest("no yaml module")
        for name in ("namespace.yaml", "crd.yaml", "rbac.yaml"):
            cls.run_kubectl("apply", "-f", os.path.join(MANIFESTS, name), check=True)
        cls.run_kubectl("wait", "--for=condition=Established", "crd/redisrestores.redisrestore.dev", "--timeout=30s", check=True)

    @classmethod
    def run_kubectl(cls, *arguments, input=None, check=False):
        done = subprocess.run([cls.kubectl_path, "--kubeconfig", cls.kubeconfig, *arguments], input=input, capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done

    def dry_run(self, manifest):
        """Creates on the server without storing; unknown fields are errors."""
        return self.run_kubectl("create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-", input=json.dumps(manifest))

    def manifest(self, **content):
        return {"apiVersion": "redisrestore.dev/v1alpha1", "kind": "RedisRestore", "metadata": {"namespace": "default", "name": "case"}, **content}

    def cases(self, name, minimum):
        with open(os.path.join(HERE, "crd_cases", name), encoding="utf-8") as file:
            cases = yaml.safe_load(file)
        self.assertGreaterEqual(len(cases), minimum)
        self.assertEqual(len({case["case"] for case in cases}), len(cases), "two cases have one name")
        return cases


class Schema(ClusterTest):
    def test_accepted_specs(self):
        for case in self.cases("accepted.yaml", 20):
            with self.subTest(case=case["case"]):
                wanted = spec_of(case)
                done = self.dry_run(self.manifest(spec=wanted))
                self.assertEqual(done.returncode, 0, done.stderr)
                stored = json.loads(done.stdout)["spec"]
                for path, value in case.get("becomes", {}).items():
                    self.assertEqual(at(stored, path), value, path)
                for key, value in wanted["source"]["s3"].items():
                    if not any(path.startswith(f"source.s3.{key}.") for path in case.get("becomes", {})):
                        self.assertEqual(stored["source"]["s3"][key], value, key)

    def test_f33_f34_f41_f47_refused_specs(self):
        for case in self.cases("refused.yaml", 60):
            with self.subTest(case=case["case"]):
                done = self.dry_run(self.manifest(**({} if "object" in case else {"spec": spec_of(case)})))
                self.assertNotEqual(done.returncode, 0, "the API server accepted it: " + done.stdout)
                self.assertIn(case["because"], done.stderr)

    def test_every_field_is_described(self):
        done = self.run_kubectl("get", "crd", "redisrestores.redisrestore.dev", "-o", "json", check=True)
        schema = json.loads(done.stdout)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        missing = []

        def visit(path, node):
            if "description" not in node and not path.endswith((".metadata", "[]")):
                missing.append(path)
            for name, inner in node.get("properties", {}).items():
                visit(f"{path}.{name}", inner)
            if "items" in node:
                visit(path + "[]", node["items"])
        visit("", schema)
        self.assertEqual(missing, [])

    def test_no_enum_in_the_status_but_the_status_of_a_condition(self):
        done = self.run_kubectl("get", "crd", "redisrestores.redisrestore.dev", "-o", "json", check=True)
        status = json.loads(done.stdout)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
        found = re.findall(r'"enum": (\[[^\]]*\])', json.dumps(status))
        self.assertEqual(found, ['["True", "False", "Unknown"]'])


class Status(ClusterTest):
    STATUS = {
        "observedGeneration": 1, "phase": "Discovered", "message": "found", "lastHandledTrigger": "1", "lastDiscoveryTime": "2026-02-01T00:00:00Z",
        "backup": {"replicationID": "shop", "timestamp": "20260131-235900", "pairing": "Exact", "totalSize": "1.2Gi",
                   "rdb": {"key": "redis-backups/shop/dump-20260131-235900.rdb", "size": 5497558138880, "etag": "x", "lastModified": "2026-01-31T23:59:00Z", "compression": "Gzip", "storageClass": "GLACIER"},
                   "aof": {"key": "redis-backups/shop/appendonly-20260131-235900.aof", "size": 1, "lastModified": "2026-01-31T23:59:00Z"},
                   "warnings": ["Archived"]},
        "candidates": [{"replicationID": "shop", "timestamp": "20260131-235900", "lastModified": "2026-01-31T23:59:00Z", "size": 5497558138880, "hasAOF": True},
                       {"replicationID": "cart", "timestamp": "20260130-235900"}],
        "discovery": {"pages": 1, "objects": 3, "rdbFiles": 1, "aofFiles": 1, "ignored": 1, "durationMilliseconds": 12, "ignoredSample": [{"key": "x", "reason": "odd"}]},
        "storage": {"endpoint": "https://s3.eu-central-1.amazonaws.com", "region": "eu-central-1", "addressingStyle": "VirtualHosted", "credentialSource": "Secret"},
        "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1, "lastTransitionTime": "2026-02-01T00:00:00Z", "reason": "BackupDiscovered", "message": "found"}]}

    def setUp(self):
        self.name = f"case-{uuid.uuid4().hex[:8]}"
        manifest = self.manifest(spec={"source": {"s3": S3}}, status={"phase": "Made up"})
        manifest["metadata"]["name"] = self.name
        self.run_kubectl("create", "-f", "-", input=json.dumps(manifest), check=True)
        self.addCleanup(self.run_kubectl, "-n", "default", "delete", "redisrestore", self.name, "--wait=false")

    def patch(self, status):
        return self.run_kubectl("-n", "default", "patch", "redisrestore", self.name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}), "-o", "json")

    def test_status_is_a_subresource(self):
        found = json.loads(self.run_kubectl("-n", "default", "get", "redisrestore", self.name, "-o", "json", check=True).stdout)
        self.assertEqual(found["status"], {"observedGeneration": -1})

    def test_every_field_is_kept_and_shown(self):
        done = self.patch(self.STATUS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["status"], self.STATUS)
        table = self.run_kubectl("-n", "default", "get", "rr", self.name, "-o", "wide", check=True).stdout
        header, row = table.splitlines()
        self.assertEqual(re.split(r"\s{2,}", header.strip()), ["NAME", "READY", "STATUS", "REPLICATION ID", "TIMESTAMP", "PAIR", "SIZE", "BACKUP AGE", "CHECKED", "AGE", "RDB", "AOF", "MESSAGE"])
        for words in ("True", "BackupDiscovered", "shop", "20260131-235900", "Exact", "1.2Gi", "dump-20260131-235900.rdb", "appendonly-20260131-235900.aof"):
            self.assertIn(words, row)

    def test_wrong_statuses_are_refused(self):
        for path, value in (("observedGeneration", -2), ("backup.rdb.size", -1), ("backup.rdb.size", "5"), ("lastDiscoveryTime", "yesterday"),
                            ("discovery.pages", -1), ("conditions", [{"type": "Ready", "status": "Perhaps", "lastTransitionTime": "2026-02-01T00:00:00Z", "reason": "X", "message": ""}]),
                            ("conditions", [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-02-01T00:00:00Z", "reason": "two words", "message": ""}]),
                            ("conditions", [{"type": "Ready", "status": "True", "reason": "X", "message": ""}]),
                            ("discovery.ignoredSample", [{"key": "x", "reason": "y"}] * 6),
                            ("candidates", [{"replicationID": "x", "timestamp": "y"}] * 11), ("candidates", [{"replicationID": "x"}])):
            with self.subTest(path=path, value=value):
                status = copy.deepcopy(self.STATUS)
                holder = status
                *parents, last = path.split(".")
                for part in parents:
                    holder = holder[part]
                holder[last] = value
                done = self.patch(status)
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertIn(f"status.{path}".split("[")[0], done.stderr)

    def test_wait_works_by_condition(self):
        self.assertEqual(self.patch(self.STATUS).returncode, 0)
        done = self.run_kubectl("-n", "default", "wait", f"redisrestore/{self.name}", "--for=condition=Ready", "--timeout=10s")
        self.assertEqual(done.returncode, 0, done.stderr)


class Permissions(ClusterTest):
    OWN = {"redisrestores.redisrestore.dev": {"get", "list", "watch"}, "redisrestores.redisrestore.dev/status": {"patch"}, "secrets": {"get"}, "events.events.k8s.io": {"create", "patch"}}
    ELECTION = {"leases.coordination.k8s.io": {"create"}, "leases.coordination.k8s.io controller.redisrestore.dev": {"get", "update"}}  # in the controller's own namespace
    EVERYBODYS = re.compile(r"^(selfsubject\w+\.\S+|)$")

    def granted(self, user, namespace):
        """{resource, and a blank and the name where only that one is granted: verbs} of `kubectl auth can-i --list`, without what every account has."""
        done = self.run_kubectl("auth", "can-i", "--list", "--as", user, "--as-group", "system:serviceaccounts", "--as-group", "system:authenticated", "-n", namespace, check=True)
        found = {}
        for line in done.stdout.splitlines()[1:]:
            match = re.match(r"(\S*)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]\s*$", line)
            resource, _, names, verbs = match.groups()
            if self.EVERYBODYS.match(resource):
                continue
            resource = re.sub(r"^redisrestores/status\.redisrestore\.dev$", "redisrestores.redisrestore.dev/status", resource)
            found.setdefault(f"{resource} {names}".rstrip(), set()).update(verbs.split())
        return found

    def test_f52_the_controller_may_do_this_and_nothing_more(self):
        with open(os.path.join(MANIFESTS, "rbac.yaml"), encoding="utf-8") as file:
            bindings = [document for document in yaml.safe_load_all(file) if document["kind"].endswith("Binding")]
        user = f"rr-{uuid.uuid4().hex[:8]}"  # not the controller's account, to which other tests grant Leases of their own meanwhile
        for binding in bindings:
            self.assertEqual(binding["subjects"], [{"kind": "ServiceAccount", "name": "redisrestore-controller", "namespace": "redisrestore-system"}])
            binding["subjects"] = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}]
            binding["metadata"]["name"] = user
            self.addCleanup(self.run_kubectl, "-n", "redisrestore-system", "delete", binding["kind"].lower(), user)
        self.run_kubectl("apply", "-f", "-", input="\n---\n".join(map(json.dumps, bindings)), check=True)
        for namespace in ("default", "redisrestore-system"):
            self.assertEqual(self.granted(user, namespace), {**self.OWN, **(self.ELECTION if namespace == "redisrestore-system" else {})}, namespace)

    def test_f52_protected_metrics_grant_the_two_reviews_and_nothing_more(self):
        with open(os.path.join(MANIFESTS, "metrics-rbac.yaml"), encoding="utf-8") as file:
            documents = {(document["kind"], document["metadata"]["name"].removeprefix("redisrestore-metrics-").removesuffix(".redisrestore-system")): document for document in yaml.safe_load_all(file)}
        self.assertEqual(set(documents), {("ClusterRole", "auth"), ("ClusterRoleBinding", "auth"), ("ClusterRole", "reader")})
        role, bound = documents["ClusterRole", "auth"], documents["ClusterRoleBinding", "auth"]
        self.assertEqual(role["rules"], [{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
                                                 {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}])
        self.assertEqual(documents["ClusterRole", "reader"]["rules"], [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])

        user = f"rr-{uuid.uuid4().hex[:8]}"  # not the controller's user, whose permissions the test above checks
        binding = {**bound, "metadata": {"name": user}, "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}]}
        self.run_kubectl("apply", "-f", "-", input="\n---\n".join(map(json.dumps, (role, binding))), check=True)
        self.addCleanup(self.run_kubectl, "delete", "clusterrolebinding", user)
        self.assertEqual(self.granted(user, "default"), {"tokenreviews.authentication.k8s.io": {"create"}, "subjectaccessreviews.authorization.k8s.io": {"create"}})

    def test_f52_optional_features_grant_what_they_need_in_one_namespace(self):
        wanted = {"ca-configmap-rbac.yaml": {"configmaps": {"get"}},
                  "service-account-credentials-rbac.yaml": {"serviceaccounts": {"get"}, "serviceaccounts/token": {"create"}}}
        for name, rights in wanted.items():
            with self.subTest(name=name):
                with open(os.path.join(MANIFESTS, name), encoding="utf-8") as file:
                    documents = list(yaml.safe_load_all(file))
                self.assertEqual([document["kind"] for document in documents], ["Role", "RoleBinding"])
                self.assertEqual(documents[1]["subjects"], [{"kind": "ServiceAccount", "name": "redisrestore-controller", "namespace": "redisrestore-system"}])
                namespace = user = f"rr-{uuid.uuid4().hex[:8]}"  # not the controller's user, whose permissions the tests above check
                self.run_kubectl("create", "namespace", namespace, check=True)
                self.addCleanup(self.run_kubectl, "delete", "namespace", namespace, "--wait=false")
                documents[1]["subjects"] = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}]
                self.run_kubectl("-n", namespace, "apply", "-f", "-", input="\n---\n".join(map(json.dumps, documents)), check=True)
                self.assertEqual(self.granted(user, namespace), rights)
                self.assertEqual(self.granted(user, "default"), {})

    def test_f52_the_namespaced_variant_grants_the_same_in_one_namespace(self):
        with open(os.path.join(MANIFESTS, "rbac.yaml"), encoding="utf-8") as file:
            cluster = {(document["kind"], document["metadata"]["name"]): document for document in yaml.safe_load_all(file)}
        with open(os.path.join(MANIFESTS, "namespaced", "rbac.yaml"), encoding="utf-8") as file:
            own = {(document["kind"], document["metadata"]["name"]): document for document in yaml.safe_load_all(file)}
        self.assertEqual(own["Role", "redisrestore-controller.redisrestore-system"]["rules"], cluster["ClusterRole", "redisrestore-controller.redisrestore-system"]["rules"])
        self.assertEqual(own["Role", "redisrestore-leader-election"], cluster["Role", "redisrestore-leader-election"])
        self.assertFalse({kind for kind, _ in own} & {"ClusterRole", "ClusterRoleBinding"})

        name = f"rr-{uuid.uuid4().hex[:8]}"
        user = f"system:serviceaccount:{name}:redisrestore-controller"
        self.run_kubectl("create", "namespace", name, check=True)
        self.addCleanup(self.run_kubectl, "delete", "namespace", name, "--wait=false")
        text = "\n---\n".join(json.dumps(document).replace("redisrestore-system", name) for document in own.values())
        self.run_kubectl("apply", "-f", "-", input=text, check=True)
        self.assertEqual(self.granted(user, name), {**self.OWN, **self.ELECTION})
        self.assertEqual(self.granted(user, "default"), {})


class Manifests(ClusterTest):
    def test_every_manifest_applies(self):
        paths = sorted(glob.glob(os.path.join(MANIFESTS, "**", "*.yaml"), recursive=True))
        self.assertGreaterEqual(len(paths), 10)
        for path in paths:
            with self.subTest(path=os.path.relpath(path, MANIFESTS)):
                done = self.run_kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "--dry-run=server", "-f", path)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_deployment_is_restricted(self):
        for folder in ("", "namespaced"):
            with open(os.path.join(MANIFESTS, folder, "deployment.yaml"), encoding="utf-8") as file:
                deployment = yaml.safe_load(file)
            pod = deployment["spec"]["template"]["spec"]
            manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "redisrestore-system", "name": "case"}, "spec": {**pod, "serviceAccountName": "redisrestore-controller"}}
            done = self.dry_run(manifest)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("violate", done.stderr)
            container = pod["containers"][0]
            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
            self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
            self.assertEqual({container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}, {"/healthz", "/readyz"})
            self.assertEqual(container["args"][:1], ["controller"])
            self.assertEqual("--namespace=redisrestore-system" in container["args"], folder == "namespaced")


if __name__ == "__main__":
    unittest.main()
