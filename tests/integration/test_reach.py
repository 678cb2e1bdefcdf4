# SPDX-License-Identifier: Apache-2.0
"""Where a controller's requests to stores may go: what the operator denies, the API server, a proxy; and the controller's own credentials, which go to AWS alone."""

import json
import os
import unittest

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.fault_store import FaultStore
from support.preload import RELEASE, built
from support.processes import wait_until

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
OWN_SECRET = "7q3zOwnSecretOfTheController"


class Denied(ControllerTest):
    controller_flags = ("--allow-endpoint-cidr", "127.0.0.0/8", "--deny-endpoint-cidr", "127.0.0.2/32", "--deny-endpoint-cidr", "10.0.0.0/8")

    def test_f37_denied_addresses_win_over_allowed_ones_and_the_api_server_is_denied(self):
        port = self.run_facts.minio.rsplit(":", 1)[1]
        self.put(RDB, AOF)
        endpoints = {"other-address": f"http://127.0.0.2:{port}", "private": "http://10.1.2.3:9000", "api-server": self.cluster.url,
                     "api-server-by-name": self.cluster.url.replace("127.0.0.1", "localhost")}
        for name, endpoint in endpoints.items():
            self.apply(name=name, s3={"endpoint": endpoint})
        self.apply(name="good")

        for name in endpoints:
            with self.subTest(name=name):
                self.wait_ready("False", "EndpointForbidden", name=name)
        self.wait_ready("True", "BackupDiscovered", name="good")  # the same address as the API server's, another port


@unittest.skipUnless(os.path.exists(RELEASE), "needs the release build")
class ApiServerWithoutAName(ControllerTest):
    """The name of the API server is not known when the controller starts."""

    def start_controller(self, *flags, **kwargs):
        self.known = self.run_facts.path("names-are-known")
        kubeconfig = self.run_facts.path("kubeconfig-by-name")
        self.cluster.service_account_kubeconfig(CONTROLLER_NAMESPACE, CONTROLLER_ACCOUNT, kubeconfig)
        with open(kubeconfig, encoding="ascii") as file:
            config = json.load(file)
        cluster = config["clusters"][0]["cluster"]
        cluster["tls-server-name"] = "127.0.0.1"
        cluster["server"] = cluster["server"].replace("127.0.0.1", "api.later.test")
        with open(kubeconfig, "w", encoding="ascii") as file:
            json.dump(config, file)
        env = {"LD_PRELOAD": built("slow_names", self.run_facts.folder), "RR_LATER_NAMES": self.known}
        return super().start_controller("--kubeconfig", kubeconfig, program=RELEASE, env=env, wait=False)

    def test_f37_api_server_whose_name_resolves_later_is_denied_too(self):
        self.apply(s3={"endpoint": self.cluster.url})
        wait_until("the log", lambda: "cannot resolve the name of the API server" in self.controller.log())
        self.assertEqual(self.http(self.health_port, "/readyz")[0], 500)

        with open(self.known, "w", encoding="ascii"):
            pass

        self.wait_ready("False", "EndpointForbidden")


class Proxied(ControllerTest):
    """A proxy of the operator's, beside one of the environment that must not be used."""

    controller_flags = (*ControllerTest.controller_flags, "--deny-endpoint-cidr", "10.0.0.0/8")

    def start_controller(self, *flags, **kwargs):
        self.proxy, self.trap = FaultStore({"match": {"method": "CONNECT"}, "status": 502}), FaultStore()
        for store in (self.proxy, self.trap):
            self.addCleanup(store.stop)
        env = {"HTTP_PROXY": self.trap.url, "HTTPS_PROXY": self.trap.url, "http_proxy": self.trap.url, "ALL_PROXY": self.trap.url,
               "AWS_ENDPOINT_URL": self.trap.url, "AWS_ENDPOINT_URL_S3": self.trap.url,
               "AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": OWN_SECRET}
        return super().start_controller("--storage-proxy", self.proxy.url, "--ambient-credentials-namespace", self.namespace, *flags, env=env, **kwargs)

    def test_f37_stores_are_reached_through_the_operators_proxy(self):
        self.apply(s3={"endpoint": "http://store.invalid:9000"})

        self.wait_ready("True", "BackupDiscovered")

        self.assertTrue(self.proxy.requests[0][0].startswith("GET http://store.invalid:9000/"), self.proxy.requests[0])
        self.assertIn("--deny-endpoint-cidr has no effect", self.controller.log())
        self.assertEqual(self.trap.requests, [])

    def test_f38_own_credentials_go_to_the_host_of_aws_and_the_proxy_sees_none(self):
        self.apply(s3={"endpoint": None, "region": "eu-west-3", "credentials": {"ambient": {}}})

        self.assertNotIn("AKIAOWN", self.wait_ready("False", "S3Unavailable", timeout=60)["message"])  # the proxy opens no tunnel

        heads = {request[0] for request in self.proxy.requests}
        self.assertEqual(heads, {f"CONNECT {self.bucket}.s3.eu-west-3.amazonaws.com:443 HTTP/1.1"})
        for _, headers in self.proxy.requests:
            self.assertNotIn("authorization", headers)
        self.assertEqual(self.trap.requests, [])
        self.assertNotIn(OWN_SECRET, self.controller.log())

    def test_f38_other_namespaces_are_not_the_operators_choice(self):
        self.stop_controller(self.controller)
        self.controller = super().start_controller("--ambient-credentials-namespace", f"{self.namespace}-other",
                                                   env={"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": OWN_SECRET})
        self.apply(s3={"endpoint": None, "credentials": {"ambient": {}}})

        self.wait_ready("False", "AmbientCredentialsForbidden")


if __name__ == "__main__":
    unittest.main()
