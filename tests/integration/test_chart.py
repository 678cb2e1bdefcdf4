# SPDX-License-Identifier: Apache-2.0
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

from support.instructions import notes_commands, shell_blocks
from support.servers import ROOT, ControlPlane, tools_folder

CHART = os.path.join(ROOT, "charts", "redisrestore")
CASES = os.path.join(ROOT, "tests", "chart", "values")
ALERT_CASES = os.path.join(ROOT, "tests", "chart", "alerts.yaml")
MONITORING_CRDS = os.path.join(ROOT, "tests", "chart", "monitoring-crds.yaml")

# Values that must be refused, and the text of the message.
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
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, ("podDisruptionBudget/maxUnavailable",)),
    ({"podDisruptionBudget": {"maxUnavailable": "0%"}}, ("podDisruptionBudget/maxUnavailable",)),
    ({"podDisruptionBudget": {"maxUnavailable": "101%"}}, ("podDisruptionBudget/maxUnavailable",)),
    ({"metrics": {"prometheusRule": {"maxBackupAgeHours": 0}}}, ("metrics/prometheusRule/maxBackupAgeHours",)),
    ({"commonLabels": {"app.kubernetes.io/name": "x"}}, ("commonLabels/app.kubernetes.io~1name",)),
    ({"podLabels": {"app.kubernetes.io/component": "x"}}, ("podLabels/app.kubernetes.io~1component",)),
    ({"image": {"tag": 1.10}}, ("image/tag", "string")),
    ({"enabled": "yes"}, ("enabled", "boolean")),
    ({"serviceAccount": {"annotations": {"a": 1}}}, ("serviceAccount/annotations", "string")),
    ({"extraEnv": [{"value": "x"}]}, ("extraEnv/0", "name")),
    # what a schema cannot say
    ({"replicas": 2, "leaderElection": {"enabled": False}}, ("replicas: more than one needs leaderElection.enabled",)),
    ({"kubeAPI": {"burst": 5}}, ("kubeAPI.burst: needs kubeAPI.qps",)),
    ({"enabled": False}, ("enabled: false takes effect only in a parent chart",)),
    ({"serviceAccount": {"create": False}}, ("serviceAccount.name: needed with serviceAccount.create=false",)),
    ({"serviceAccount": {"create": False, "name": "default"}}, ('serviceAccount.name: not "default"',)),
    ({"caBundle": {"configMap": "a", "secret": "b"}}, ("caBundle: set configMap or secret, not both",)),
    ({"metrics": {"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}}, ("metrics.serviceMonitor.enabled: needs metrics.service.enabled",)),
    ({"metrics": {"secure": True, "podMonitor": {"enabled": True}}}, ("metrics.podMonitor.tokenSecret: needed with metrics.secure",)),
    ({"metrics": {"certificateSecret": "x"}}, ("metrics.certificateSecret: needs metrics.secure",)),
    ({"credentials": {"serviceAccounts": {"enabled": True}}}, ("credentials.serviceAccounts.namespaces: list the namespaces whose objects name a ServiceAccount",)),
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
    def test_lint_has_no_findings(self):
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
            self.assertEqual(set(node["properties"]) - ({"global", "enabled"} if path == "values" else set()), set(value), path)
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
        self.assertEqual(len({rule["alert"] for rule in rules}), 6)
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

        self.assertEqual((done.returncode, done.stdout), (0, "7 passed, 0 failed\n"), done.stderr)
        with open(ALERT_CASES, encoding="utf-8") as file:
            cases = file.read()
        for name in names:
            self.assertIn(f'alertname="{name}"', cases)

    def test_alerts_of_a_release_with_namespaces_are_about_those(self):
        """Two releases that divide a cluster do not both alert on one object."""
        for values, wanted in (({"watchNamespaces": ["shop", "billing"]}, 'namespace=~"shop|billing"'), ({}, 'namespace=~".*"'),
                               ({"watchNamespaces": ["shop"], "metrics": {"prometheusRule": {"enabled": True, "namespaces": "s.*"}}}, 'namespace=~"s.*"')):
            with self.subTest(values=values):
                documents = self.rendered({"metrics": {"prometheusRule": {"enabled": True}}, **values}, "--api-versions", "monitoring.coreos.com/v1")
                rules = {}
                for rule in self.one(documents, "PrometheusRule")["spec"]["groups"][0]["rules"]:
                    rules[rule["alert"]] = rules.get(rule["alert"], "") + rule["expr"]  # an alert may have two rules
                for name in ("RedisBackupTooOld", "RedisBackupNotReady", "RedisrestoreTwoControllers"):
                    self.assertIn(wanted, rules[name])
                watched = "|".join(values.get("watchNamespaces", []))
                self.assertIn(f'namespace=~"{watched}",pod=~"redisrestore-controller-.*"', rules["RedisrestoreWatchSilent"])

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
        roles = {document["metadata"].get("namespace") for document in documents if document["kind"] == "Role" and document["metadata"]["name"] == "redisrestore-controller.redisrestore-system"}
        self.assertEqual(roles, {"shop", "billing"})

    def test_aggregated_roles_are_for_people_and_grant_no_status(self):
        documents = self.rendered({})
        view, edit = (self.one(documents, "ClusterRole", f"redisrestore-{name}.redisrestore-system") for name in ("view", "edit"))
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


    def test_release_and_namespace_names_of_any_form_are_taken(self):
        """Names that YAML reads as a number or a word, names with dots, names that begin with a digit, names as long as they may be."""
        long = "a" + "-b" * 26
        for release, namespace in (("123", "456"), ("true", "null"), ("1e3", "0x1f"), ("my.release", "on"), ("r" * 53, "n" * 63), (long, "y")):
            with self.subTest(release=release, namespace=namespace):
                self.kubectl("create", "namespace", namespace)
                self.addCleanup(self.kubectl, "delete", "namespace", namespace, "--wait=false")
                done = self.helm("template", release, CHART, "--namespace", namespace, "--kube-version", "1.34.0", "--values", self.values({"replicas": 2}))
                self.assertEqual(done.returncode, 0, done.stderr)
                applied = self.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=helm", "--validate=strict", "--dry-run=server", "-f", "-", input=done.stdout)
                self.assertEqual(applied.returncode, 0, applied.stderr)
                self.assertNotIn("Warning", applied.stderr)

    def names(self, release, namespace, values):
        """Objects that two releases must not share: kind, namespace and name of every object except the custom resource."""
        done = self.helm("template", release, CHART, "--namespace", namespace, "--kube-version", "1.34.0", "--values", self.values(values),
                         "--api-versions", "monitoring.coreos.com/v1")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {(document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]) for document in yaml.safe_load_all(done.stdout)
                if document and document["kind"] != "CustomResourceDefinition"}

    def test_two_releases_share_no_object(self):
        everything = {"watchNamespaces": ["shop"], "caConfigMapNamespaces": ["shop"], "credentials": {"serviceAccounts": {"enabled": True}},
                      "metrics": {"secure": True, "dashboard": {"enabled": True, "namespace": "monitoring"}, "prometheusRule": {"enabled": True}, "serviceMonitor": {"enabled": True}}}
        long = "r" * 52
        for first, second in ((("redisrestore", "a"), ("redisrestore", "b")), ((long + "a", "a"), (long + "b", "a")), (("my.release", "a"), ("my-release", "a")),
                              (("a-redisrestore", "b"), ("a", "redisrestore-b")), (("1", "a"), ("r-1", "a"))):
            for values in (everything, {**everything, "watchNamespaces": [], "credentials": {}}):
                with self.subTest(first=first, second=second, everywhere=not values["watchNamespaces"]):
                    self.assertEqual(self.names(*first, values) & self.names(*second, values), set())

    def test_leader_election_may_read_and_write_its_own_lease_alone(self):
        for values in ({}, {"fullnameOverride": "backups"}, {"leaderElection": {"leaseName": "1.2"}}):
            with self.subTest(values=values):
                documents = self.rendered(values)
                lease = self.one(documents, "Lease")["metadata"]["name"]
                role, = (document for document in documents if document["kind"] == "Role" and document["metadata"]["name"].endswith("-leader-election"))
                self.assertEqual(role["rules"], [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [lease], "verbs": ["get", "update"]},
                                                 {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}])

    def egress(self, values):
        """The ports of each egress rule, and whether the rule says where to."""
        policy = self.one(self.rendered({**values, "networkPolicy": {"egress": {"enabled": True, **values.get("networkPolicy", {})}}}), "NetworkPolicy")["spec"]
        return [(sorted((port["protocol"], port["port"]) for port in rule["ports"]), [peer["ipBlock"]["cidr"] for peer in rule.get("to", [])]) for rule in policy["egress"]]

    def test_egress_policy_lets_out_what_the_values_need(self):
        dns = ([("TCP", 53), ("TCP", 5353), ("UDP", 53), ("UDP", 5353)], [])
        usual = [dns, ([("TCP", 443), ("TCP", 6443)], []), ([("TCP", 443), ("TCP", 9000)], [])]
        self.assertEqual(self.egress({}), usual)
        for url, port in (("http://proxy.example:3128", 3128), ("http://proxy.example:3128/", 3128), ("http://proxy.example", 80), ("https://proxy.example/", 443),
                          ("socks5://proxy.example", 1080), ("http://[fd00::1]:8080", 8080), ("http://[fd00::1]", 80), ("http://user:1@proxy.example", 80)):
            with self.subTest(url=url):
                self.assertEqual(self.egress({"storageProxy": url}), [*usual, ([("TCP", port)], [])])
        env = [{"name": "HTTPS_PROXY", "value": "http://proxy:8888"}, {"name": "https_proxy", "value": "http://proxy:8888"}, {"name": "NO_PROXY", "value": "a:1"},
               {"name": "HTTP_PROXY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
        self.assertEqual(self.egress({"extraEnv": env, "storageProxy": "http://other:3128"}), [*usual, ([("TCP", 3128), ("TCP", 8888)], [])])
        addresses = ["169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::254/128", "fd00:ec2::23/128"]
        self.assertEqual(self.egress({"credentials": {"ambientNamespaces": ["shop"]}}), [*usual, ([("TCP", 80)], addresses)])
        nothing = {"dnsPorts": None, "apiServerPorts": None, "storagePorts": None}
        self.assertEqual(self.egress({"networkPolicy": nothing}), usual, "null must not become a rule for every port")


class Null(ChartTest):
    """null unsets a value: helm deletes the key from the values of a release, and hands null on to a subchart."""

    MUST = {("image",), ("image", "repository"), ("serviceAccount",), ("serviceAccount", "create")}

    @staticmethod
    def paths():
        with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
            values = yaml.safe_load(file)

        def visit(path, value):
            for key, inner in value.items():
                yield (*path, key)
                if isinstance(inner, dict):
                    yield from visit((*path, key), inner)
        return list(visit((), values))

    @staticmethod
    def nested(path, value):
        for key in reversed(path):
            value = {key: value}
        return value

    def assert_no_null(self, value, path=""):
        self.assertIsNotNone(value, path)
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            self.assert_no_null(inner, f"{path}/{key}")

    def render(self, chart, values):
        return self.helm("template", "redisrestore", chart, "--namespace", "default", "--kube-version", "1.34.0", "--values", self.values(values))

    def parent(self, values, condition=False):
        """A chart with ours as its subchart, and these values for it."""
        folder = os.path.join(self.folder.name, uuid.uuid4().hex)
        os.makedirs(os.path.join(folder, "charts"))
        os.symlink(CHART, os.path.join(folder, "charts", "redisrestore"))
        dependency = {"name": "redisrestore", "version": "0.1.0", "repository": "", **({"condition": "redisrestore.enabled"} if condition else {})}
        for name, content in (("Chart.yaml", {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": [dependency]}), ("values.yaml", values)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump(content, file)
        return folder

    def test_null_in_a_release_and_in_a_subchart_renders_valid_objects_or_names_the_value(self):
        paths = self.paths()
        self.assertGreater(len(paths), 100)
        for path in paths:
            values = {"replicas": 1, "leaderElection": {"enabled": True}}
            if path[0] == "metrics":
                values = {"metrics": {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}}
            node = values
            for key in path[:-1]:
                node = node.setdefault(key, {})
            node[path[-1]] = None
            for subchart in (False, True) if len(path) == 1 else (False,):  # one call of helm takes half a second
                with self.subTest(path=".".join(path), subchart=subchart):
                    done = self.render(self.parent({}), {"redisrestore": values}) if subchart else self.render(CHART, values)
                    if path in self.MUST:
                        self.assertNotEqual(done.returncode, 0)
                        self.assertRegex(done.stderr, r"image\.repository: must|serviceAccount\.name: needed")
                        continue
                    if path in (("metrics", "service"), ("metrics", "service", "enabled")):
                        self.assertIn("needs metrics.service.enabled", done.stderr)
                        continue
                    self.assertEqual(done.returncode, 0, done.stderr)
                    for document in yaml.safe_load_all(done.stdout):
                        self.assert_no_null(document or {})
                        self.assertNotRegex(json.dumps(document), r"<nil>|%!")

    def test_all_that_may_be_null_at_once_is_taken_by_the_api_server(self):
        values = {}
        for path in self.paths():
            if len(path) == 1 and path not in self.MUST:
                values |= self.nested(path, None)
        done = self.render(CHART, values)
        self.assertEqual(done.returncode, 0, done.stderr)
        documents = [document for document in yaml.safe_load_all(done.stdout) if document]
        container = self.one(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(container["args"], ["controller", "--metrics-bind-address=0"])
        self.assertFalse({"livenessProbe", "readinessProbe", "securityContext"} & set(container))
        applied = self.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=helm", "--validate=strict", "--dry-run=server", "-f", "-", input=done.stdout)
        self.assertEqual(applied.returncode, 0, applied.stderr)

    def test_subchart_takes_global_enabled_and_nested_null(self):
        chart = self.parent({"global": {"imageRegistry": "x", "nothing": None}, "redisrestore": {"enabled": True, "global": None, "livenessProbe": None, "podLabels": {"a": None}}}, condition=True)
        done = self.render(chart, {})
        self.assertEqual(done.returncode, 0, done.stderr)
        deployment = self.one([document for document in yaml.safe_load_all(done.stdout) if document], "Deployment")
        self.assertEqual(deployment["metadata"]["name"], "redisrestore-controller")
        self.assertNotIn("livenessProbe", deployment["spec"]["template"]["spec"]["containers"][0])
        self.assertIn("readinessProbe", deployment["spec"]["template"]["spec"]["containers"][0])
        done = self.render(chart, {"redisrestore": {"enabled": False}})
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)


class Numbers(ChartTest):
    """Helm reads numbers of a file as floating-point numbers."""

    def test_large_numbers_and_texts_that_look_like_numbers_keep_their_form(self):
        values = {"podSecurityContext": {"runAsUser": 1000680000, "fsGroup": 1000680000}, "podLabels": {"a": "1e3"}, "nodeSelector": {"b": "true"}, "image": {"repository": "1", "tag": "20"},
                  "terminationGracePeriodSeconds": 1000000000, "caBundle": {"configMap": "12", "key": "a, b: #c"}, "priorityClassName": "1", "imagePullSecrets": [{"name": "0"}],
                  "serviceAccount": {"name": "5"}, "storageProxy": "http://proxy:", "commonLabels": {"c": "null"},
                  "metrics": {"secure": True, "certificateSecret": "77", "dashboard": {"enabled": True, "namespace": "88"}}}
        documents = self.rendered(values)
        deployment = self.one(documents, "Deployment")
        pod = deployment["spec"]["template"]
        self.assertEqual((pod["metadata"]["labels"]["a"], deployment["metadata"]["labels"]["c"]), ("1e3", "null"))
        spec = pod["spec"]
        self.assertEqual((spec["securityContext"], spec["nodeSelector"], spec["priorityClassName"], spec["serviceAccountName"], spec["terminationGracePeriodSeconds"]),
                         ({"runAsNonRoot": True, "runAsUser": 1000680000, "runAsGroup": 65532, "fsGroup": 1000680000, "seccompProfile": {"type": "RuntimeDefault"}},
                          {"b": "true"}, "1", "5", 1000000000))
        self.assertEqual(spec["containers"][0]["image"], "1:20")
        self.assertIn("--storage-proxy=http://proxy:", spec["containers"][0]["args"])
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        self.assertEqual(volumes["trust"]["configMap"], {"name": "12", "items": [{"key": "a, b: #c", "path": "ca-certificates.crt"}]})
        self.assertEqual(volumes["metrics-certificate"]["secret"], {"secretName": "77"})
        self.assertEqual(self.one(documents, "ConfigMap")["metadata"]["namespace"], "88")

    def test_age_of_half_an_hour_is_not_rounded(self):
        for hours, text in ((0.5, "0.5"), (26, "26"), (1.25, "1.25"), (8760, "8760")):
            with self.subTest(hours=hours):
                documents = self.rendered({"metrics": {"prometheusRule": {"enabled": True, "maxBackupAgeHours": hours}}}, "--api-versions", "monitoring.coreos.com/v1")
                rules = {rule["alert"]: rule["expr"] for rule in self.one(documents, "PrometheusRule")["spec"]["groups"][0]["rules"]}
                self.assertIn(f"> {text} * 3600", rules["RedisBackupTooOld"])


class Instructions(ChartTest):
    """Runs what NOTES.txt and docs/install.md print, as it stands, with an API server of its own. tests/cluster/e2e.py does the same on a node, with the
    parts that need running pods."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = ControlPlane(os.path.join(cls.folder.name, "control-plane"))
        cls.addClassCleanup(plane.stop)
        cls.kubeconfig = plane.kubeconfig
        plane.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "crd.yaml"))
        plane.kubectl("wait", "--for=condition=Established", "crd/redisrestores.redisrestore.dev", "--timeout=30s")

    def shell(self, text):
        """Runs commands as a person pastes them, with kubectl and helm on PATH."""
        folder = os.path.join(self.folder.name, "bin")
        os.makedirs(folder, exist_ok=True)
        for name, path in (("kubectl", self.kubectl_path), ("helm", os.path.join(tools_folder(), "helm"))):
            if not os.path.exists(os.path.join(folder, name)):
                os.symlink(path, os.path.join(folder, name))
        env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "KUBECONFIG": self.kubeconfig, "HELM_CACHE_HOME": self.folder.name}
        return subprocess.run(["bash", "-e"], input=text, capture_output=True, text=True, timeout=120, check=False, env=env, cwd=ROOT)

    def notes(self, values):
        done = self.helm("install", "redisrestore", CHART, "--namespace", "redisrestore-system", "--dry-run=client", "--kubeconfig", self.kubeconfig, "--values", self.values(values))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\nNOTES:\n")[1]

    def test_notes_are_commands_that_work_when_pasted(self):
        for values, namespace in (({}, "shop"), ({"watchNamespaces": ["billing-3"]}, "billing-3")):
            with self.subTest(values=values):
                if values:
                    self.kubectl("create", "namespace", namespace)
                commands = notes_commands(self.notes(values))
                waits = [command for command in commands if re.search(r" (rollout status|wait) ", command)]
                self.assertEqual((len(commands) - len(waits), len(waits)), (2, 2), commands)
                for command in commands:
                    if command in waits:  # no pods run beside this API server
                        command = "\n".join(line for line in command.splitlines() if not re.search(r" (rollout status|wait) ", line))
                    done = self.shell(command)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), command)
                found = json.loads(self.kubectl("-n", namespace, "get", "redisrestore", "cart", "-o", "json").stdout)
                self.assertEqual((found["spec"]["interval"], found["spec"]["source"]["s3"]["credentials"]), ("15m", {"secretRef": {"name": "backup-reader"}}))
                self.assertEqual(self.kubectl("-n", namespace, "get", "secret", "backup-reader").returncode, 0)

    def test_notes_mention_protected_metrics_and_a_missing_custom_resource(self):
        notes = self.notes({"metrics": {"secure": True}, "crds": {"install": False}})
        self.assertIn("manifests/crd.yaml", notes)
        done = self.shell(next(command for command in notes_commands(notes) if "clusterrolebinding" in command) + " --dry-run=server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--clusterrole=redisrestore-metrics-reader.redisrestore-system", notes)

    def test_chart_takes_over_what_the_manifests_made(self):
        """docs/install.md, "From the manifests to the chart", after its "Install" with the manifests."""
        with open(os.path.join(ROOT, "docs", "install.md"), encoding="utf-8") as file:
            text = file.read()
        install, over = shell_blocks(text, "Install")[0], shell_blocks(text, "From the manifests to the chart")[0]
        done = self.shell(install)
        self.assertEqual(done.returncode, 0, done.stderr)
        plain = self.helm("install", "redisrestore", CHART, "--namespace", "redisrestore-system", "--kubeconfig", self.kubeconfig)
        self.assertIn("cannot be imported into the current release", plain.stderr)
        before = json.loads(self.kubectl("-n", "redisrestore-system", "get", "deployment", "redisrestore-controller", "-o", "json").stdout)

        done = self.shell(over)

        self.assertEqual(done.returncode, 0, done.stderr)
        after = json.loads(self.kubectl("-n", "redisrestore-system", "get", "deployment", "redisrestore-controller", "-o", "json").stdout)
        self.assertEqual(after["metadata"]["uid"], before["metadata"]["uid"])
        self.assertEqual(after["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm")
        roles = json.loads(self.kubectl("get", "clusterrolebindings,clusterroles", "-l", "app.kubernetes.io/name=redisrestore", "-o", "json").stdout)["items"]
        self.assertEqual({role["metadata"]["labels"].get("app.kubernetes.io/managed-by") for role in roles}, {"Helm"}, [role["metadata"]["name"] for role in roles])


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
