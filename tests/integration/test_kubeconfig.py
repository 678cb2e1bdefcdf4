# SPDX-License-Identifier: Apache-2.0
"""Every kind of kubeconfig against the real API server (behaviour K-02, K-06, K-09, K-10, R-23, F-10)."""

import json
import os
import shutil
import socket
import ssl
import stat
import threading

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.preload import RELEASE, built
from support.processes import Process, free_port, wait_until
from support.servers import Authority, ControlPlane

RDB = "redis-backups/shop/dump-20260131-235900.rdb"
ACCOUNT = f"system:serviceaccount:{CONTROLLER_NAMESPACE}:{CONTROLLER_ACCOUNT}"
V1 = "client.authentication.k8s.io/v1"


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


class ConnectProxy:
    """An HTTP proxy that knows only CONNECT, and keeps what it was asked."""

    def __init__(self, certificate=None):
        """certificate: paths of a certificate and its key, for a proxy that is itself reached by TLS."""
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.heads = self._listener.getsockname()[1], []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        if self._context:
            try:
                client = self._context.wrap_socket(client, server_side=True)
            except OSError:
                return
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        self.heads.append(head.decode())
        port = int(head.split(b" ")[1].rsplit(b":", 1)[1])
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self._listener.close()


class Kubeconfig(ControllerTest):
    """A folder for a kubeconfig of the test's own; no controller is started before the test says so."""

    def setUp(self):
        super().setUp()
        self.home = self.run_facts.path("kube")
        os.makedirs(self.home)

    def start_controller(self, *flags, cluster=None, wait=True, namespace=None):
        return None

    def token(self, cluster=None):
        return (cluster or self.cluster).kubectl("-n", CONTROLLER_NAMESPACE, "create", "token", CONTROLLER_ACCOUNT, "--duration", "1h")

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def plugin(self, name, lines):
        return self.file(name, "#!/bin/sh\necho run >>" + os.path.join(self.home, "runs") + "\n" + lines + "\n", stat.S_IRWXU)

    def runs(self):
        with open(os.path.join(self.home, "runs"), encoding="ascii") as file:
            return len(file.readlines())

    def kubeconfig(self, user, name="config", **cluster):
        facts = {"server": self.cluster.url, "certificate-authority": self.cluster.ca, **cluster}
        return self.file(name, json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": facts}], "users": [{"name": "u", "user": user}]}))

    def start(self, kubeconfig, *flags, wait=True, program=None, **environment):
        self.metrics_port, self.health_port = free_port(), free_port()
        env = {name: value for name, value in self.environment().items() if name == "PATH" or name.endswith("_OPTIONS")}
        command = [program or self.run_facts.binary, "controller", *(["--kubeconfig", kubeconfig] if kubeconfig else []), "--namespace", self.namespace,
                   "--log-level", "debug", "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}",
                   "--health-probe-bind-address", f"127.0.0.1:{self.health_port}", *self.controller_flags, *flags]
        self.controller = Process(os.path.basename(self.run_facts.path("controller")), command, self.run_facts.folder, env={**env, **environment})
        self.addCleanup(self.stop_controller, self.controller)
        if wait:
            wait_until("the controller", lambda: self.controller.require_running() and self.http(self.health_port, "/readyz")[0] == 200)

    def expect_work(self):
        """The whole way: list, watch, Secret, status, Event."""
        self.put(RDB)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")


class Ways(Kubeconfig):
    def test_k10_token_of_a_plugin(self):
        token = self.token()
        self.file("token", token)
        reply = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": "TOKEN"}})
        self.plugin("login", f"""echo "$KUBERNETES_EXEC_INFO" >{self.home}/info
[ "$PROFILE" = shop ] || exit 4
echo '{reply}' | sed "s/TOKEN/$(cat {self.home}/token)/" """)

        self.start(self.kubeconfig({"exec": {"apiVersion": V1, "interactiveMode": "IfAvailable", "command": "./login", "provideClusterInfo": True,
                                             "env": [{"name": "PROFILE", "value": "shop"}]}}))
        self.expect_work()

        self.assertEqual(self.runs(), 1)
        with open(os.path.join(self.home, "info"), encoding="utf-8") as file:
            info = json.load(file)
        self.assertEqual((info["apiVersion"], info["kind"], info["spec"]["interactive"]), (V1, "ExecCredential", False))
        self.assertEqual(info["spec"]["cluster"]["server"], self.cluster.url)
        self.assertNotIn(token, self.controller.log())

    def test_k10_certificate_of_a_plugin(self):
        authority = Authority.__new__(Authority)
        authority.folder = os.path.join(self.home, "pki")
        os.makedirs(authority.folder)
        for name in ("ca.crt", "ca.key"):
            shutil.copy(os.path.join(os.path.dirname(self.cluster.ca), name), authority.folder)
        user = f"by-certificate-{self.namespace}"
        cert, key = authority.sign("controller", f"/CN={user}")
        self.cluster.kubectl("create", "clusterrolebinding", user, "--clusterrole", "redisrestore-controller.redisrestore-system", "--user", user)
        self.addCleanup(self.cluster.kubectl, "delete", "clusterrolebinding", user)
        status = {"clientCertificateData": read(cert), "clientKeyData": read(key)}
        self.file("reply", json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status}))
        self.plugin("login", f"cat {self.home}/reply")

        self.start(self.kubeconfig({"exec": {"apiVersion": V1, "interactiveMode": "Never", "command": "./login"}}))
        self.expect_work()

        self.assertEqual(self.patches()[0]["user"]["username"], user)
        self.assertEqual(self.runs(), 1)

    def test_r22_refused_token_of_a_plugin_is_fetched_again(self):
        self.plugin("login", f"""n=$(wc -l <{self.home}/runs)
[ $n -eq 1 ] && t=stale || t=$(cat {self.home}/good)
echo '{{"apiVersion": "{V1}", "kind": "ExecCredential", "status": {{"token": "'$t'"}}}}'""")
        self.file("good", self.token())

        self.start(self.kubeconfig({"exec": {"apiVersion": V1, "interactiveMode": "Never", "command": "./login"}}))
        self.expect_work()

        self.assertEqual(self.runs(), 2)

    def test_f35_plugin_that_fails_ends_the_start(self):
        self.plugin("login", "echo canary-of-the-plugin; exit 9")
        path = self.kubeconfig({"exec": {"apiVersion": V1, "interactiveMode": "Never", "command": "./login", "installHint": "ask the platform team"}})

        done = self.run_binary("controller", "--kubeconfig", path)

        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for words in (path, 'user "u": exec', "exit code 9", "ask the platform team"):
            self.assertIn(words, done.stderr)
        self.assertNotIn("canary", done.stdout + done.stderr)

    def test_k12_policy_of_kubectl_is_not_the_controllers(self):
        """Which plugins kubectl may run stands in its kuberc file, which a controller does not read."""
        kuberc = self.file("kuberc", json.dumps({"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference", "credentialPluginPolicy": "DenyAll"}))
        reply = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": self.token()}})
        plugin = self.plugin("plugin", f"echo '{reply}'")

        self.start(self.kubeconfig({"exec": {"apiVersion": V1, "command": plugin, "interactiveMode": "Never"}}), KUBERC=kuberc)

        self.expect_work()

    def test_k09_impersonation_uses_the_permissions_of_the_other_user(self):
        pki = os.path.dirname(self.cluster.ca)
        admin = {"client-certificate": f"{pki}/admin.crt", "client-key": f"{pki}/admin.key"}

        self.start(self.kubeconfig({**admin, "as": "nobody", "as-groups": ["system:authenticated"], "as-user-extra": {"Acme.com/Reason": ["test"]}}),
                   wait=False)
        wait_until("the refusal", lambda: "the API server refused the request (403)" in self.controller.log())
        self.stop_controller(self.controller)
        self.start(self.kubeconfig({**admin, "as": ACCOUNT}))
        self.expect_work()

        self.assertEqual(self.patches()[0]["user"]["username"], "admin")
        self.assertEqual(self.patches()[0]["impersonatedUser"]["username"], ACCOUNT)
        refused = [record["impersonatedUser"] for record in self.cluster.audit(verb="list", resource="redisrestores", namespace=self.namespace)
                   if record["impersonatedUser"]["username"] == "nobody"]
        self.assertEqual(refused[0]["extra"], {"acme.com/reason": ["test"]})

    def test_k06_proxy_url_carries_everything_and_sees_nothing(self):
        proxy = ConnectProxy()
        self.addCleanup(proxy.close)

        self.start(self.kubeconfig({"token": self.token()}, **{"proxy-url": f"http://me:word@127.0.0.1:{proxy.port}"}))
        self.expect_work()

        port = self.cluster.url.rsplit(":", 1)[1]
        self.assertGreaterEqual(len(proxy.heads), 2)  # a list and its like, and the watch
        for head in proxy.heads:
            self.assertTrue(head.startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n"), head)
            self.assertIn("Proxy-Authorization: Basic bWU6d29yZA==", head)
            self.assertNotIn("Bearer", head)

    def test_k06_proxy_of_https_is_trusted_by_the_systems_roots(self):
        """Not by the CA of the API server: the first start has the system's own roots, which do not know the proxy's."""
        authority = Authority(self.run_facts.path("proxy-ca"), "proxy-ca")
        proxy = ConnectProxy(authority.sign("proxy", "/CN=proxy", "IP:127.0.0.1"))
        self.addCleanup(proxy.close)
        kubeconfig = self.kubeconfig({"token": self.token()}, **{"proxy-url": f"https://me:word@127.0.0.1:{proxy.port}"})

        self.start(kubeconfig, wait=False)
        wait_until("what is not trusted", lambda: "proxy-url" in self.controller.log())
        self.assertEqual(proxy.heads, [])
        self.controller.stop()
        self.start(kubeconfig, program=RELEASE, LD_PRELOAD=built("other_roots", self.run_facts.folder), ROOTS_FILE=authority.ca)
        self.expect_work()

        self.assertGreaterEqual(len(proxy.heads), 2)
        for head in proxy.heads:
            self.assertIn("Proxy-Authorization: Basic bWU6d29yZA==", head)
            self.assertNotIn("Bearer", head)

    def test_k06_environment_proxy_is_not_for_loopback(self):
        self.start(self.kubeconfig({"token": self.token()}), HTTPS_PROXY="http://127.0.0.1:1", https_proxy="http://127.0.0.1:1")

        self.expect_work()

    def test_k02_list_of_kubeconfigs_is_merged(self):
        os.makedirs(os.path.join(self.home, "one"))
        shutil.copy(self.cluster.ca, os.path.join(self.home, "one", "ca.crt"))
        self.file("one/config", json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": self.cluster.url, "certificate-authority": "ca.crt"}}]}))
        self.file("two", json.dumps({
            "current-context": "other", "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": {"token": self.token()}}]}))

        self.start(None, KUBECONFIG=f"{self.home}/absent::{self.home}/one/config:{self.home}/two")

        self.expect_work()

    def test_k01_flag_chooses_the_context(self):
        names = {"current-context": "elsewhere",
                 "contexts": [{"name": "elsewhere", "context": {"cluster": "none", "user": "u"}}, {"name": "here", "context": {"cluster": "k", "user": "u"}}],
                 "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}},
                              {"name": "k", "cluster": {"server": self.cluster.url, "certificate-authority": self.cluster.ca}}],
                 "users": [{"name": "u", "user": {"token": self.token()}}]}

        self.start(self.file("several", json.dumps(names)), "--context", "here")

        self.expect_work()


class Rotation(Kubeconfig):
    """A control plane of its own: its certificates are replaced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plane = ControlPlane(cls.run_facts.path("rotation"))
        cls.cluster = cls.plane
        cls.plane.install()

    @classmethod
    def tearDownClass(cls):
        cls.plane.stop()

    def test_f10_second_authority_is_trusted_within_a_minute(self):
        pki = self.plane.authority.folder
        trusted = self.file("trusted.crt", read(self.plane.ca))
        self.start(self.kubeconfig({"token": self.token()}, **{"certificate-authority": trusted}))
        second = Authority(os.path.join(self.home, "second"), "second-ca")
        pair = second.sign("apiserver", "/CN=kube-apiserver", "IP:127.0.0.1")
        self.plane.stop_apiserver()
        for source, name in zip(pair, ("apiserver.crt", "apiserver.key")):
            shutil.copy(source, os.path.join(pki, name))

        self.plane.ca = second.ca
        self.plane.write_kubeconfig(self.plane.kubeconfig, {"client-certificate": f"{pki}/admin.crt", "client-key": f"{pki}/admin.key"})
        self.file("trusted.crt", read(second.ca)[:400])
        self.plane.start_apiserver()
        wait_until("the distrust", lambda: "certificate signed by an unknown authority" in self.controller.log())
        self.file("trusted.crt", read(second.ca))
        self.put(RDB)
        self.apply()

        self.wait_ready("True", "BackupDiscovered", timeout=180)
        self.assertEqual(self.metric('redisrestore_ca_reload_total{result="success",reason="changed"}'), 1)
