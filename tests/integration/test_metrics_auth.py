# SPDX-License-Identifier: Apache-2.0
"""/metrics over TLS, authorized by the real API server (behaviour W-11, F-52)."""

import http.client
import os
import socket
import ssl
import uuid

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.processes import free_port, wait_until
from support.servers import ROOT, Authority, ControlPlane

USER = f"system:serviceaccount:{CONTROLLER_NAMESPACE}:{CONTROLLER_ACCOUNT}"


class Scraper(ControllerTest):
    """An API server of its own: the shared one's controller must not get more permissions (F-52)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = ControlPlane(cls.run_facts.path("plane"))
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.install()

    def start_controller(self, *flags, **kwargs):
        return super().start_controller("--metrics-secure", *flags, **kwargs)

    def account(self, may=False):
        """A token of a new ServiceAccount, which may read the metrics or not."""
        name = f"scraper-{uuid.uuid4().hex[:8]}"
        self.cluster.kubectl("-n", "default", "create", "serviceaccount", name)
        if may:
            self.cluster.kubectl("create", "clusterrolebinding", name, "--clusterrole=redisrestore-metrics-reader.redisrestore-system", f"--serviceaccount=default:{name}")
        return self.cluster.kubectl("-n", "default", "create", "token", name, "--duration", "1h")

    def scrape(self, token=None, context=None, path="/metrics", method="GET"):
        """(status, text)."""
        context = context or ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("localhost", self.metrics_port, timeout=60, context=context)
        try:
            connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def certificate(self):
        """The served certificate, in DER."""
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", self.metrics_port), timeout=30) as raw, context.wrap_socket(raw, server_hostname="localhost") as tls:
            return tls.getpeercert(binary_form=True)


class SecureMetrics(Scraper):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "metrics-rbac.yaml"))

    def reviews(self):
        return tuple(len(self.cluster.audit(verb="create", user=USER, resource=name)) for name in ("tokenreviews", "subjectaccessreviews"))

    def test_w11_without_a_token_or_with_a_bad_one_it_is_401(self):
        self.assertEqual(self.scrape(), (401, "Unauthorized\n"))
        self.assertEqual(self.scrape("not.a.token"), (401, "Unauthorized\n"))
        self.assertEqual(self.scrape("x" * 20000), (401, "Unauthorized\n"))

    def test_w11_account_without_the_right_is_403_and_with_it_200(self):
        status, text = self.scrape(self.account())
        self.assertEqual(status, 403, text)
        self.assertRegex(text, r"^Authorization denied for user system:serviceaccount:default:scraper-\w+\n$")

        token = self.account(may=True)
        status, text = self.scrape(token)
        self.assertEqual(status, 200, text)
        self.assertIn("controller_runtime_reconcile_total", text)
        self.assertEqual(self.scrape(token, path="/other")[0], 404)
        self.assertEqual(self.scrape(token, method="HEAD")[0], 403)  # its role has get alone
        self.assertEqual(self.scrape(token, method="POST")[0], 405)

    def test_w11_answers_are_kept(self):
        good, bad = self.account(may=True), self.account()
        tokens, accesses = self.reviews()
        for _ in range(5):
            self.assertEqual((self.scrape(good)[0], self.scrape(bad)[0], self.scrape("unknown-token")[0]), (200, 403, 401))
        self.assertEqual(self.reviews(), (tokens + 3, accesses + 2))

    def test_w11_probes_need_no_token_and_no_tls(self):
        self.assertEqual(self.http(self.health_port, "/healthz"), (200, "ok"))
        self.assertEqual(self.http(self.health_port, "/readyz?verbose&exclude=nothing"), (200, (
            "[+]synced ok\nwarn: some health checks cannot be excluded: no matches for \"nothing\"\nhealthz check passed\n")))

    def test_w11_plain_http_and_old_tls_are_not_served(self):
        self.assertRaises((OSError, http.client.HTTPException), self.http, self.metrics_port, "/metrics")
        context = ssl._create_unverified_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.assertRaises((ssl.SSLError, OSError), self.scrape, context=context)

    def test_w11_self_signed_certificate_is_for_localhost(self):
        pem = ssl.DER_cert_to_PEM_cert(self.certificate())
        self.assertEqual(self.scrape(self.account(may=True), ssl.create_default_context(cadata=pem))[0], 200)
        with socket.create_connection(("127.0.0.1", self.metrics_port), timeout=30) as raw:
            self.assertRaises(ssl.SSLCertVerificationError, ssl.create_default_context(cadata=pem).wrap_socket, raw, server_hostname="other.example")

    def test_w11_own_certificate_is_served_and_changes_with_its_files(self):
        authority = Authority(self.run_facts.path("pki"))
        folder = self.run_facts.path("certificate")
        os.makedirs(folder)

        def write(name, *files):
            for made, file in zip(authority.sign(name, f"/CN={name}", "DNS:localhost"), ("tls.crt", "tls.key")):
                if file in files:
                    os.replace(made, os.path.join(folder, file))
        write("first", "tls.crt", "tls.key")
        self.controller = self.start_controller("--metrics-cert-dir", folder)
        token, trust = self.account(may=True), ssl.create_default_context(cafile=authority.ca)
        self.assertEqual(self.scrape(token, trust)[0], 200)
        first = self.certificate()

        write("half", "tls.crt")
        wait_until("the complaint", lambda: "using the current one" in self.controller.log(), 30)
        self.assertEqual(self.certificate(), first)

        write("second", "tls.crt", "tls.key")
        wait_until("the new certificate", lambda: self.certificate() != first, 30)
        status, text = self.scrape(token, trust)
        self.assertEqual(status, 200)
        self.assertRegex(text, r"\ncertwatcher_read_certificate_errors_total [1-9]")
        self.assertEqual(self.controller.log().count("using the current one"), 1)

    def test_w11_folder_without_a_certificate_ends_the_start(self):
        folder = self.run_facts.path("empty")
        os.makedirs(folder)
        kubeconfig = self.run_facts.path("kubeconfig")
        self.cluster.service_account_kubeconfig(CONTROLLER_NAMESPACE, CONTROLLER_ACCOUNT, kubeconfig)
        done = self.run_binary("controller", "--kubeconfig", kubeconfig, "--metrics-secure", "--metrics-cert-dir", folder,
                               "--metrics-bind-address", f"127.0.0.1:{free_port()}", "--health-probe-bind-address", "0")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--metrics-cert-dir: ", done.stderr)
        self.assertIn("tls.crt", done.stderr)


class ApiServerGone(Scraper):
    def test_w11_without_the_api_server_it_is_500_except_for_cached_clients(self):
        def granted():
            return self.scrape(self.account())[0] == 403
        wait_until("the endpoints", lambda: self.scrape()[0] == 401)
        self.assertEqual(self.scrape(self.account()), (500, "Authentication failed\n"))  # the permission to create reviews was not granted
        self.assertIn("tokenreviews", self.controller.log())
        self.cluster.kubectl("apply", "-f", os.path.join(ROOT, "manifests", "metrics-rbac.yaml"))
        wait_until("the grant", granted)
        known, other = self.account(may=True), self.account(may=True)
        self.assertEqual(self.scrape(known)[0], 200)

        self.cluster.stop_apiserver()

        self.assertEqual(self.scrape(other), (500, "Authentication failed\n"))
        self.assertEqual(self.scrape(known)[0], 200)

