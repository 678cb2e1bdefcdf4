"""The chart with the real helm: it lints, nothing has drifted from it, the real API server takes all that it renders, bad values are refused by name.

Needs the environment variables KUBECTL and KUBECONFIG, and helm in the folder of the tools."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import uuid

import yaml

from support.servers import ROOT, tools_folder

CHART = os.path.join(ROOT, "charts", "redisrestore")
CASES = os.path.join(ROOT, "tests", "chart", "values")
ALERT_CASES = os.path.join(ROOT, "tests", "chart", "alerts.yaml")
MONITORING_CRDS = os.path.join(ROOT, "tests", "chart", "monitoring-crds.yaml")

# What must not be installed: the values, and what the message must say.
BAD = [
    ({"replicas": "two"}, ("replicas", "integer")),
    ({"replicas": 1.5}, ("replicas", "integer")),
    ({"replicas": -1}, ("replicas", "0")),
    ({"replica": 2}, ("replica",)),
    ({"leaderElection": {"enable": True}}, ("leaderElection", "enable")),
    ({"metrics": {"serviceMonitor": {"enabeld": True}}}, ("metrics", "serviceMonitor", "enabeld")),
    ({"watchNamespaces": ["Shop"]}, ("watchNamespaces", "Shop")),
    ({"watchNamespaces": ["shop", "a_b"]}, ("watchNamespaces/1", "a_b")),
    ({"watchNamespaces": ["-shop"]}, ("watchNamespaces", "-shop")),
    ({"watchNamespaces": ["a" * 64]}, ("watchNamespaces", "63")),
    ({"watchNamespaces": ["shop", "shop"]}, ("watchNamespaces", "unique|equal")),
    ({"watchNamespaces": "shop"}, ("watchNamespaces", "array")),
    ({"watchNamespaces": [f"n{i}" for i in range(65)]}, ("watchNamespaces", "64")),
    ({"workers": 0}, ("workers", "1")),
    ({"workers": 65}, ("workers", "64")),
    ({"log": {"level": "verbose"}}, ("log/level", "debug")),
    ({"image": {"pullPolicy": "Sometimes"}}, ("image/pullPolicy",)),
    ({"image": {"digest": "sha1:00"}}, ("image/digest",)),
    ({"endpoints": {"allowCIDRs": ["127.0.0.1"]}}, ("endpoints/allowCIDRs", "127.0.0.1")),
    ({"credentials": {"ambientNamespaces": ["a.b"]}}, ("credentials/ambientNamespaces/0", "a.b")),
    ({"storageProxy": "proxy:3128"}, ("storageProxy",)),
    ({"discoveryConcurrency": 0}, ("discoveryConcurrency",)),
    ({"metrics": {"port": 70000}}, ("metrics/port", "65,?535")),
    ({"metrics": {"port": 8081}}, ("metrics/port",)),
    ({"metrics": {"prometheusRule": {"notReadyFor": "soon"}}}, ("metrics/prometheusRule/notReadyFor", "soon")),
    ({"podDisruptionBudget": {"maxUnavailable": "half"}}, ("podDisruptionBudget/maxUnavailable",)),
    ({"serviceAccount": {"annotations": {"a": 1}}}, ("serviceAccount/annotations", "string")),
    ({"extraEnv": [{"value": "x"}]}, ("extraEnv/0", "name")),
    # what a schema cannot say
    ({"replicas": 2, "leaderElection": {"enabled": False}}, ("replicas: more than one needs leaderElection.enabled",)),
    ({"kubeAPI": {"burst": 5}}, ("kubeAPI.burst: needs kubeAPI.qps",)),
    ({"caBundle": {"configMap": "a", "secret": "b"}}, ("caBundle: configMap or secret, not both",)),
    ({"metrics": {"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}}, ("metrics.serviceMonitor.enabled: needs metrics.service.enabled",)),
    ({"metrics": {"secure": True, "podMonitor": {"enabled": True}}}, ("metrics.podMonitor.tokenSecret: needed with metrics.secure",)),
    ({"metrics": {"certificateSecret": "x"}}, ("metrics.certificateSecret: needs metrics.secure",)),
    ({"credentials": {"serviceAccounts": {"enabled": True}}}, ("credentials.serviceAccounts.namespaces: name those that have such objects",)),
]


class ChartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kubectl_path, cls.kubeconfig = os.environ.get("KUBECTL"), os.environ.get("KUBECONFIG")
        if not cls.kubectl_path or not cls.kubeconfig:
            raise unittest.SkipTest("KUBECTL and KUBECONFIG do not name an API server")
        cls.folder = tempfile.TemporaryDirectory(prefix="redisrestore-chart-")
        cls.addClassCleanup(cls.folder.cleanup)

    def helm(self, *arguments):
        env = {**os.environ, "HELM_CACHE_HOME": self.folder.name, "HELM_CONFIG_HOME": self.folder.name, "HELM_DATA_HOME": self.folder.name}
        return subprocess.run([os.path.join(tools_folder(), "helm"), *arguments], capture_output=True, text=True, timeout=120, check=False, env=env)

    def kubectl(self, *arguments, input=None):
        return subprocess.run([self.kubectl_path, "--kubeconfig", self.kubeconfig, *arguments], input=input, capture_output=True, text=True, timeout=120, check=False)

    def values(self, content):
        path = os.path.join(self.folder.name, f"{uuid.uuid4().hex}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)  # JSON is YAML
        return path

    def rendered(self, content, *arguments):
        done = self.helm("template", "redisrestore", CHART, "--namespace", "redisrestore-system", "--kube-version", "1.34.0", "--values", self.values(content), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    def one(self, documents, kind, name=None):
        found = [document for document in documents if document["kind"] == kind and name in (None, document["metadata"]["name"])]
        self.assertEqual(len(found), 1, f"{kind} {name}")
        return found[0]

    def cases(self):
        names = sorted(os.listdir(CASES))
        self.assertGreaterEqual(len(names), 4)
        return [os.path.join(CASES, name) for name in names]


class Sources(ChartTest):
    def test_lint_has_nothing_to_say(self):
        for path in self.cases():
            with self.subTest(values=os.path.basename(path)):
                done = self.helm("lint", "--strict", CHART, "--values", path)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotRegex(done.stdout, r"\[(WARNING|ERROR)\]")

    def test_manifests_snapshots_and_values_have_not_drifted(self):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "manifests"), "--check"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_drift_is_seen(self):
        copy = os.path.join(self.folder.name, "copy")
        for name in ("charts", "manifests", "scripts", "tests/chart"):
            subprocess.run(["mkdir", "-p", os.path.dirname(os.path.join(copy, name))], check=True)
            subprocess.run(["cp", "-r", os.path.join(ROOT, name), os.path.join(copy, name)], check=True)

        def check():
            return subprocess.run([sys.executable, os.path.join(copy, "scripts", "manifests"), "--check"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(check().returncode, 0)
        for path, old, new in (("manifests/crd.yaml", "shortNames: [rr]", "shortNames: [rr, rrs]"), ("manifests/rbac.yaml", "verbs: [patch]", "verbs: [patch, update]"),
                               ("charts/redisrestore/values.yaml", "workers: 4", "workers: 5"), ("tests/chart/snapshots/default.yaml", "--leader-elect", "--leader-elected")):
            with self.subTest(path=path):
                full = os.path.join(copy, path)
                with open(full, encoding="utf-8") as file:
                    text = file.read()
                self.assertIn(old, text)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text.replace(old, new))
                done = check()
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("is not what scripts/manifests writes", done.stdout)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text)

    def test_the_versions_are_the_project_s(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"project\(redisrestore VERSION (\S+)", file.read()).group(1)
        with open(os.path.join(CHART, "Chart.yaml"), encoding="utf-8") as file:
            chart = yaml.safe_load(file)
        with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
            image = re.search(r"^ARG VERSION=(\S+)", file.read(), re.M).group(1)
        self.assertEqual((chart["version"], chart["appVersion"], image), (version, version, version))

    def test_schema_and_values_name_the_same_keys(self):
        with open(os.path.join(CHART, "values.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
            values = yaml.safe_load(file)

        def compare(path, node, value):
            if "properties" not in node or not isinstance(value, dict) or not value:
                return
            self.assertIs(node["additionalProperties"], False, path)
            if path.endswith(("Probe", "resources")):
                self.assertLessEqual(set(value), set(node["properties"]), path)
                return
            self.assertEqual(set(node["properties"]) - {"global"}, set(value), path)
            for key, inner in value.items():
                compare(f"{path}.{key}", node["properties"][key], inner)
        compare("values", schema, values)

    def test_every_value_is_explained(self):
        with open(os.path.join(CHART, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
            values = yaml.safe_load(file)
        explained = re.findall(r"^\| `([\w.]+)` \|", readme, re.M)

        def visit(path, value):
            if path in explained:
                return
            self.assertIsInstance(value, dict, f"{path} has no `# -- ` comment")
            for key, inner in value.items():
                visit(f"{path}.{key}" if path else key, inner)
        visit("", values)

    def test_alerts_and_dashboard_ask_for_metrics_that_exist(self):
        with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
            known = set(re.findall(r"^\| `(\w+)` \|", file.read(), re.M))
        documents = self.rendered({"metrics": {"prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}}, "--api-versions", "monitoring.coreos.com/v1")
        rules = [rule for group in self.one(documents, "PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
        dashboard = json.loads(self.one(documents, "ConfigMap")["data"]["redisrestore.json"])
        expressions = [rule["expr"] for rule in rules] + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertEqual(len({rule["alert"] for rule in rules}), 5)
        self.assertGreaterEqual(len(expressions), 20)
        for expression in expressions:
            with self.subTest(expression=expression):
                names = set(re.findall(r"\b(?:redisrestore|controller_runtime|workqueue|rest_client|process|leader_election)_\w+", expression))
                self.assertTrue(names)
                self.assertLessEqual({re.sub(r"_(bucket|sum|count)$", "", name) for name in names}, known)
                self.assertEqual([expression.count(bracket) for bracket in "([{"], [expression.count(bracket) for bracket in ")]}"])
        self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))

    def alerts(self, cases, **values):
        """Runs the alerts that these values give against the cases: the finished process, and the names of the alerts."""
        documents = self.rendered({"metrics": {"prometheusRule": {"enabled": True}}, **values}, "--api-versions", "monitoring.coreos.com/v1")
        groups = self.one(documents, "PrometheusRule")["spec"]["groups"]
        done = subprocess.run([os.path.join(tools_folder(), "alerts"), self.values({"groups": groups}), cases], capture_output=True, text=True, timeout=120, check=False)
        return done, [rule["alert"] for group in groups for rule in group["rules"]]

    def test_alerts_fire_when_they_should(self):
        """Each case of tests/chart/alerts.yaml, by Prometheus' own engine; every alert of the chart has one."""
        done, names = self.alerts(ALERT_CASES)

        self.assertEqual((done.returncode, done.stdout), (0, "5 passed, 0 failed\n"), done.stderr)
        with open(ALERT_CASES, encoding="utf-8") as file:
            cases = file.read()
        for name in names:
            self.assertIn(f'alertname="{name}"', cases)

    def test_controller_that_needs_no_lease_is_missed_too(self):
        """Without leader election nothing has leader_election_master_status."""
        down = 'ALERTS{alertname="RedisrestoreControllerDown",alertstate="firing",severity="critical"}'
        cases = {"evaluation_interval": "1m", "tests": [{
            "name": "a controller that goes", "interval": "1m",
            "input_series": [{"series": 'redisrestore_build_info{namespace="redisrestore-system",pod="redisrestore-controller-a"}', "values": "1x10 _x30"}],
            "promql_expr_test": [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "10m", "exp_samples": []},
                                 {"expr": 'ALERTS{alertstate="firing"}', "eval_time": "30m", "exp_samples": [{"labels": down, "value": 1}]}]}]}

        done, _ = self.alerts(self.values(cases), leaderElection={"enabled": False}, replicas=1)

        self.assertEqual((done.returncode, done.stdout), (0, "1 passed, 0 failed\n"), done.stderr)


class Rendering(ChartTest):
    def test_the_api_server_takes_every_object(self):
        done = self.kubectl("apply", "-f", MONITORING_CRDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(self.kubectl, "delete", "-f", MONITORING_CRDS, "--wait=false")
        self.assertEqual(self.kubectl("wait", "--for=condition=Established", "-f", MONITORING_CRDS, "--timeout=30s").returncode, 0)
        namespaces = ["shop", "billing-2", "monitoring"]
        for namespace in namespaces:
            self.kubectl("create", "namespace", namespace)
        self.addCleanup(self.kubectl, "delete", "namespace", *namespaces, "--wait=false")
        kinds = set()
        for path in self.cases():
            with open(path, encoding="utf-8") as file:
                values = yaml.safe_load(file)
            documents = self.rendered(values)
            kinds |= {document["kind"] for document in documents}
            with self.subTest(values=os.path.basename(path)):
                done = self.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=helm", "--validate=strict", "--dry-run=server", "-f", "-",
                                    input="\n---\n".join(map(json.dumps, documents)))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("Warning", done.stderr)
                self.assertEqual(done.stdout.count("serverside-applied"), len(documents), done.stdout)
        self.assertEqual(kinds, {"CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment", "PodDisruptionBudget",
                                 "NetworkPolicy", "Service", "ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap", "Lease", "Pod", "RedisRestore"})

    def test_flags_and_values_correspond(self):
        binary = os.environ.get("REDISRESTORE")
        if not binary:
            self.skipTest("REDISRESTORE does not name the binary")
        known = set(re.findall(r"^ +(--[a-z][a-z-]+)", subprocess.run([binary, "controller", "--help"], capture_output=True, text=True, check=True).stdout, re.M))
        used = set()
        for path in self.cases():
            with open(path, encoding="utf-8") as file:
                deployment = self.one(self.rendered(yaml.safe_load(file)), "Deployment")
            used |= {argument.split("=")[0] for argument in deployment["spec"]["template"]["spec"]["containers"][0]["args"] if argument.startswith("--")}
        self.assertLessEqual(used, known)
        self.assertEqual(known - used, {"--kubeconfig", "--context", "--allow-insecure-apiserver", "--health-probe-bind-address"}, "flags that no value gives")
        with open(os.path.join(CHART, "templates", "deployment.yaml"), encoding="utf-8") as file:
            self.assertEqual(used, set(re.findall(r"--[a-z][a-z-]+", file.read())) | {"--leader-elect-namespace"}, "a flag of the template that no case renders")

    def test_f52_namespaces_get_roles_and_no_cluster_role(self):
        documents = self.rendered({"watchNamespaces": ["shop", "billing"], "rbac": {"aggregateRoles": False}})
        self.assertFalse([document for document in documents if document["kind"].startswith("ClusterRole")])
        roles = {document["metadata"].get("namespace") for document in documents if document["kind"] == "Role" and document["metadata"]["name"] == "redisrestore-controller"}
        self.assertEqual(roles, {"shop", "billing"})

    def test_aggregated_roles_are_for_people_and_grant_no_status(self):
        documents = self.rendered({})
        view, edit = (self.one(documents, "ClusterRole", f"redisrestore-{name}") for name in ("view", "edit"))
        self.assertEqual(view["rules"], [{"apiGroups": ["redisrestore.dev"], "resources": ["redisrestores", "redisrestores/status"], "verbs": ["get", "list", "watch"]}])
        self.assertEqual(edit["rules"], [{"apiGroups": ["redisrestore.dev"], "resources": ["redisrestores"], "verbs": ["create", "update", "patch", "delete", "deletecollection"]}])
        self.assertNotIn("rbac.authorization.k8s.io/aggregate-to-view", edit["metadata"]["labels"])

    def test_the_custom_resource_stays_and_can_be_left_out(self):
        self.assertEqual(self.one(self.rendered({}), "CustomResourceDefinition")["metadata"]["annotations"]["helm.sh/resource-policy"], "keep")
        self.assertFalse([document for document in self.rendered({"crds": {"install": False}}) if document["kind"] == "CustomResourceDefinition"])

    def test_releases_that_divide_a_cluster_have_leases_of_their_own(self):
        names = set()
        for release in ("redisrestore", "one", "two"):
            done = self.helm("template", release, CHART, "--namespace", "redisrestore-system", "--kube-version", "1.34.0")
            documents = [document for document in yaml.safe_load_all(done.stdout) if document]
            lease = self.one(documents, "Lease")["metadata"]["name"]
            arguments = self.one(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
            self.assertIn(f"--leader-elect-id={lease}" if release != "redisrestore" else "--leader-elect", arguments)
            names.add(lease)
        self.assertEqual(len(names), 3)
        self.assertIn("controller.redisrestore.dev", names)


class Values(ChartTest):
    def test_bad_values_fail_at_install_with_the_field_named(self):
        for values, words in BAD:
            with self.subTest(values=values):
                done = self.helm("install", "bad", CHART, "--namespace", "default", "--kubeconfig", self.kubeconfig, "--values", self.values(values))
                self.assertNotEqual(done.returncode, 0, done.stdout)
                for word in words:
                    self.assertRegex(done.stderr, word)
        self.assertEqual(self.kubectl("-n", "default", "get", "secrets", "-l", "owner=helm", "-o", "name").stdout, "", "something was installed")


if __name__ == "__main__":
    unittest.main()
