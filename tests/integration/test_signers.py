# SPDX-License-Identifier: Apache-2.0
"""Credentials and certificates of an object, against the real API server: a ServiceAccount's role by moto's STS, the controller's own
credentials, certificates of its own. A feature that is off says how to turn it on."""

import base64
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import urllib.request

from support.context import ControllerTest
from support.processes import Process, free_port, wait_until
from support.s3 import S3
from support.servers import ROOT, Authority
from support.sts import Sts

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
ROLE = "arn:aws:iam::123456789012:role/reader"

# Run by moto's own Python: a role that may read, and a bucket with one backup at its root.
SETUP = """
import json, sys, boto3
make = lambda name: boto3.client(name, endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="setup", aws_secret_access_key="setup")
allow = lambda action: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
make("s3").create_bucket(Bucket="backups")
make("s3").put_object(Bucket="backups", Key="shop/dump-20260131-235900.rdb", Body=b"REDIS0009" + bytes(9))
make("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=allow("sts:AssumeRole"))
make("iam").put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=allow("s3:*"))
"""


class ServiceAccounts(ControllerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        installed = subprocess.run([os.path.join(ROOT, "tests", "tools", "moto", "install.sh")], capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            cls.skipTest(cls, installed.stderr.strip())
        venv, port = installed.stdout.strip(), free_port()
        cls.folder = tempfile.mkdtemp(prefix="redisrestore-moto-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.moto = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": cls.folder, "AWS_EC2_METADATA_DISABLED": "true"}
        moto = Process("moto", [f"{venv}/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)], cls.folder, env=environment)
        cls.addClassCleanup(moto.stop)
        wait_until("moto", lambda: moto.require_running() and urllib.request.urlopen(f"{cls.moto}/moto-api/", timeout=5).status == 200)
        subprocess.run([f"{venv}/bin/python", "-c", SETUP, cls.moto], env=environment, capture_output=True, text=True, check=True)

    def setUp(self):
        self.sts = Sts(self.moto)
        self.addCleanup(self.sts.server_close)
        self.addCleanup(self.sts.shutdown)
        super().setUp()

    def start_controller(self, *flags, **kwargs):
        # A variable that moves every service would lead tokens to the store: it must not be looked at.
        env = {"AWS_ENDPOINT_URL_STS": self.sts.url, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
        return super().start_controller("--enable-service-account-credentials", *flags, env=env, **kwargs)

    def account(self, role=ROLE, name="reader", permit=True):
        annotations = {"eks.amazonaws.com/role-arn": role} if role else {}
        self.cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": self.namespace, "name": name, "annotations": annotations}})
        if permit:
            self.cluster.kubectl("-n", self.namespace, "apply", "-f", os.path.join(ROOT, "manifests", "service-account-credentials-rbac.yaml"))

    def apply_with_role(self, name="restore", role=ROLE, **spec):
        """moto checks signatures and permissions of all but the first request, which is STS'. It takes its own decoding of a query for what was
        signed, so the prefix is empty."""
        reset = urllib.request.Request(f"{self.moto}/moto-api/reset-auth", data=b"1", method="POST", headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(reset, timeout=5).close()
        self.apply(name=name, s3={"bucket": "backups", "prefix": "", "endpoint": self.moto,
                                  "credentials": {"serviceAccountRef": {"name": "reader", "roleARN": role}}}, **spec)

    def test_s13_token_of_the_namespaces_own_account_becomes_the_role(self):
        self.account()

        self.apply_with_role()

        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.status()["storage"]["credentialSource"], "ServiceAccount")
        self.assertEqual(len(self.sts.forms), 1)
        form = self.sts.forms[0]
        self.assertEqual((form["Action"], form["RoleArn"]), ("AssumeRoleWithWebIdentity", ROLE))
        payload = form["WebIdentityToken"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        self.assertEqual(claims["aud"], ["sts.amazonaws.com"])
        self.assertEqual(claims["sub"], f"system:serviceaccount:{self.namespace}:reader")
        self.assertLessEqual(claims["exp"] - claims["iat"], 600)
        self.assertNotIn("Authorization", self.sts.headers[0])
        # Another discovery of the same account needs no other token; the token stands nowhere.
        self.apply_with_role(name="again")
        self.wait_ready("True", "BackupDiscovered", name="again")
        self.assertEqual(len(self.sts.forms), 1)
        self.assertEqual(len(self.cluster.audit(verb="create", resource="serviceaccounts", subresource="token", namespace=self.namespace, name="reader")), 1)
        self.assertEqual(self.metric('redisrestore_credential_refreshes_total{credentials="serviceAccountRef",result="success"}'), 1)
        told = self.controller.log() + json.dumps(self.status()) + json.dumps(self.events())
        self.assertNotIn(form["WebIdentityToken"], told)
        self.assertNotIn(payload, told)

    def test_f38_account_without_that_very_annotation_gives_nothing(self):
        for number, annotated in enumerate((None, ROLE + "2", "arn:aws:iam::123456789012:role/read")):
            with self.subTest(annotated=annotated):
                self.account(role=annotated)
                self.apply_with_role(name=f"r{number}")
                self.assertIn("eks.amazonaws.com/role-arn", self.wait_ready("False", "NoCredentials", name=f"r{number}")["message"])
                self.cluster.kubectl("-n", self.namespace, "delete", "serviceaccount", "reader")
        self.assertEqual(self.sts.forms, [])
        self.assertEqual(self.cluster.audit(resource="serviceaccounts", subresource="token", namespace=self.namespace), [])

    def test_f38_removed_or_recreated_account_counts_at_the_next_discovery(self):
        """Cached credentials of a role give no right of their own: without the annotation it is not used, and a new account of the same name gets its own."""
        self.account()
        self.apply_with_role()
        self.wait_ready("True", "BackupDiscovered")

        self.cluster.kubectl("-n", self.namespace, "annotate", "serviceaccount", "reader", "eks.amazonaws.com/role-arn-")
        self.apply_with_role(trigger="without")
        self.wait_ready("False", "NoCredentials")
        self.assertEqual(len(self.sts.forms), 1)
        self.cluster.kubectl("-n", self.namespace, "delete", "serviceaccount", "reader")
        self.account()
        self.apply_with_role(trigger="again")
        self.wait_ready("True", "BackupDiscovered")

        self.assertEqual(len(self.sts.forms), 2)

    def test_f52_missing_permission_or_account_is_named(self):
        self.account(permit=False)
        self.apply_with_role(name="not-permitted")
        self.assertIn("service-account-credentials-rbac.yaml", self.wait_ready("False", "NoCredentials", name="not-permitted")["message"])
        self.account()
        self.cluster.kubectl("-n", self.namespace, "delete", "serviceaccount", "reader")
        self.apply_with_role(name="absent")
        self.assertIn("ServiceAccount reader does not exist", self.wait_ready("False", "NoCredentials", name="absent")["message"])

    def test_s13_role_that_sts_refuses_is_named_and_counted(self):
        self.account()
        self.sts.refuses = True

        self.apply_with_role()

        self.assertIn(ROLE, self.wait_ready("False", "NoCredentials")["message"])
        self.assertEqual(self.metric('redisrestore_credential_refreshes_total{credentials="serviceAccountRef",result="error"}'), 1)


class SwitchedOff(ControllerTest):
    """A controller with none of the flags."""

    def test_f38_ambient_credentials_are_for_namespaces_that_the_operator_named(self):
        self.apply(s3={"endpoint": None, "credentials": {"ambient": {}}})

        ready = self.wait_ready("False", "AmbientCredentialsForbidden")

        self.assertIn(f"--ambient-credentials-namespace {self.namespace}", ready["message"])
        self.assertEqual(self.condition("Reconciling")["reason"], "AmbientCredentialsForbidden")
        self.assertEqual(self.condition("Stalled"), {})

    def test_f38_accounts_are_off_until_a_flag_says_otherwise(self):
        self.apply(s3={"credentials": {"serviceAccountRef": {"name": "reader", "roleARN": ROLE}}})

        self.assertIn("--enable-service-account-credentials", self.wait_ready("False", "NoCredentials")["message"])

        self.assertEqual(self.cluster.audit(resource="serviceaccounts", namespace=self.namespace, user="system:serviceaccount:redisrestore-system:redisrestore-controller"), [])


class Trust(ControllerTest):
    """Certificates of an object's own, with MinIO over TLS."""

    def setUp(self):
        super().setUp()
        self.tls = S3(self.run_facts.minio_tls["url"], self.run_facts.access_key, self.run_facts.secret_key,
                      context=ssl.create_default_context(cafile=self.run_facts.minio_tls["ca"]))
        self.tls.make_bucket(self.bucket)
        for key in (RDB, AOF):
            self.tls.put(self.bucket, key, self.EMPTY_RDB)
        with open(self.run_facts.minio_tls["ca"], encoding="ascii") as file:
            self.ca = file.read()
        self.other_ca = self.other_authority()

    def other_authority(self):
        folder = tempfile.mkdtemp(dir=self.run_facts.folder)
        with open(Authority(folder, "other-ca").ca, encoding="ascii") as file:
            return file.read()

    def bundle(self, kind, name, text, key="ca.crt"):
        data = base64.b64encode(text.encode()).decode() if kind == "Secret" else text
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"namespace": self.namespace, "name": name}, "data": {key: data}}
        self.cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(manifest))  # a large one does not fit into kubectl's annotation

    def apply_trusting(self, reference, name="restore", credentials="s3", **spec):
        self.apply(name=name, s3={"endpoint": self.run_facts.minio_tls["url"], "tls": reference, "credentials": {"secretRef": {"name": credentials}}}, **spec)

    def test_f54_certificates_in_a_secret_or_a_config_map_are_trusted(self):
        self.bundle("Secret", "minio-ca", self.ca)
        self.bundle("ConfigMap", "minio-ca", self.other_ca + self.ca, key="bundle.pem")
        self.cluster.kubectl("-n", self.namespace, "apply", "-f", os.path.join(ROOT, "manifests", "ca-configmap-rbac.yaml"))

        self.apply_trusting({"caSecretKeyRef": {"name": "minio-ca"}}, name="secret")
        self.apply_trusting({"caConfigMapKeyRef": {"name": "minio-ca", "key": "bundle.pem"}}, name="config-map")

        for name in ("secret", "config-map"):
            self.wait_ready("True", "BackupDiscovered", name=name)
            self.assertEqual(self.status(name)["backup"]["rdb"]["key"], RDB)

    def test_f54_tenants_of_one_store_trust_and_sign_apart(self):
        """Idle connections of one must not carry the other's requests: neither past a check of certificates nor with other keys."""
        self.bundle("Secret", "right", self.ca)
        self.bundle("Secret", "wrong", self.other_ca)
        self.secret("stranger", access_key="AKIASTRANGER")
        self.apply_trusting({"caSecretKeyRef": {"name": "right"}}, name="friend")
        self.wait_ready("True", "BackupDiscovered", name="friend")

        self.apply_trusting({"caSecretKeyRef": {"name": "wrong"}}, name="mistrusts")
        self.apply_trusting(None, name="trusts-the-system")
        self.apply_trusting({"caSecretKeyRef": {"name": "right"}}, name="stranger", credentials="stranger")

        self.wait_ready("False", "TLSError", name="mistrusts")
        self.wait_ready("False", "TLSError", name="trusts-the-system")
        self.assertIn("InvalidAccessKeyId", self.wait_ready("False", "AccessDenied", name="stranger")["message"])
        self.apply_trusting({"caSecretKeyRef": {"name": "right"}}, name="friend", trigger="again")
        wait_until("another look", lambda: self.status("friend").get("lastHandledTrigger") == "again")
        self.wait_ready("True", "BackupDiscovered", name="friend")

    def test_f54_invalid_bundle_is_a_tls_error_that_shows_no_content(self):
        with open(os.path.join(os.path.dirname(self.run_facts.minio_tls["ca"]), "ca.key"), encoding="ascii") as file:
            key = file.read()
        cases = {"text": self.run_facts.secret_key, "key-beside": self.ca + key, "cut": self.ca[:400],
                 "large": self.ca * (330_000 // len(self.ca) + 1), "empty": ""}
        for name, text in cases.items():
            self.bundle("Secret", name, text)
            self.apply_trusting({"caSecretKeyRef": {"name": name}}, name=name)
        self.apply_trusting({"caSecretKeyRef": {"name": "text", "key": "tls.crt"}}, name="other-key")
        self.apply_trusting({"caSecretKeyRef": {"name": "missing"}}, name="missing")
        self.apply_trusting({"caConfigMapKeyRef": {"name": "any"}}, name="not-permitted")
        for name in cases:
            with self.subTest(name=name):
                message = self.wait_ready("False", "TLSError", name=name)["message"]
                self.assertIn(f"Secret {name}, which tls names: ca.crt", message)
        self.assertIn("has no key tls.crt", self.wait_ready("False", "TLSError", name="other-key")["message"])
        self.assertIn("Secret missing does not exist", self.wait_ready("False", "SecretNotFound", name="missing")["message"])
        self.assertIn("ca-configmap-rbac.yaml", self.wait_ready("False", "TLSError", name="not-permitted")["message"])
        self.assertNotIn("PRIVATE KEY", self.controller.log())

    def test_f54_bundle_that_comes_later_is_read(self):
        self.apply_trusting({"caSecretKeyRef": {"name": "later"}})
        self.wait_ready("False", "SecretNotFound")

        self.bundle("Secret", "later", self.ca)

        self.wait_ready("True", "BackupDiscovered", timeout=40)


if __name__ == "__main__":
    import unittest
    unittest.main()
