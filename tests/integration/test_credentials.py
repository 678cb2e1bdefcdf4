# SPDX-License-Identifier: Apache-2.0
"""Credentials from STS, against moto: a role by web identity, by a profile's keys, by a program; the store then takes the obtained keys and no others.

Needs no server but moto, which it starts; skipped where moto cannot be installed.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from support.processes import Process, free_port, wait_until
from support.servers import ROOT, Authority
from support.sts import Sts

KEY = "shop/dump-20260131-235900.rdb"
ROLE = "arn:aws:iam::123456789012:role/reader"

# Run by moto's own Python: who may do what, and a bucket with one backup. Prints the keys of a user who may assume the role.
SETUP = """
import json, sys, boto3
make = lambda name: boto3.client(name, endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="setup", aws_secret_access_key="setup")
iam, s3 = make("iam"), make("s3")
allow = lambda action: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
s3.create_bucket(Bucket="backups")
s3.put_object(Bucket="backups", Key=sys.argv[2], Body=b"REDIS0009" + bytes(9))
iam.create_role(RoleName="reader", AssumeRolePolicyDocument=allow("sts:AssumeRole"))
iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=allow("s3:*"))
iam.create_user(UserName="asker")
iam.put_user_policy(UserName="asker", PolicyName="ask", PolicyDocument=allow("sts:*"))
key = iam.create_access_key(UserName="asker")["AccessKey"]
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"""


class Credentials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binary = os.environ.get("REDISRESTORE")
        if not cls.binary:
            raise unittest.SkipTest("REDISRESTORE does not name the binary")
        installed = subprocess.run([os.path.join(ROOT, "tests", "tools", "moto", "install.sh")], capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            raise unittest.SkipTest(installed.stderr.strip())
        venv = installed.stdout.strip()
        cls.folder = tempfile.mkdtemp(prefix="redisrestore-moto-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        port = free_port()
        cls.url = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": cls.folder, "AWS_EC2_METADATA_DISABLED": "true"}
        moto = Process("moto", [f"{venv}/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)], cls.folder, env=environment)
        cls.addClassCleanup(moto.stop)
        wait_until("moto", lambda: moto.require_running() and urllib.request.urlopen(f"{cls.url}/moto-api/", timeout=5).status == 200)
        done = subprocess.run([f"{venv}/bin/python", "-c", SETUP, cls.url, KEY], env=environment, capture_output=True, text=True, check=True)
        cls.user_key, cls.user_secret = json.loads(done.stdout)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def discover(self, unsigned=0, **variables):
        """Runs discover while moto checks signatures and permissions of all but the next `unsigned` requests. Returns code and answer.

        The prefix is empty because moto takes its own decoding of a query for what was signed, so a %2F in it never matches."""
        reset = urllib.request.Request(f"{self.url}/moto-api/reset-auth", data=str(unsigned).encode(), method="POST", headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(reset, timeout=5).close()
        env = {"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": self.url,
               "AWS_ENDPOINT_URL_STS": self.url, **variables}
        env.update({name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")})
        done = subprocess.run([self.binary, "discover", "--bucket", "backups", "--prefix", "", "--output", "json", "--log-level", "debug"], env=env, capture_output=True,
                              text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        self.assertNotIn(self.user_secret, done.stdout + done.stderr)
        self.assertIsNone(re.search("AddressSanitizer|runtime error", done.stderr), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def assert_found(self, result, source):
        code, answer = result
        self.assertEqual((code, answer["reason"]), (0, "BackupDiscovered"), answer)
        self.assertEqual((answer["backup"]["rdb"]["key"], answer["storage"]["credentialSource"]), (KEY, source))

    def profile(self, name, more=""):
        return self.write(name, f"[default]\nrole_arn = {ROLE}\nsource_profile = asker\n{more}\n[profile asker]\naws_access_key_id = {self.user_key}\n"
                                f"aws_secret_access_key = {self.user_secret}\n")

    def test_s13_role_by_web_identity_lists_the_bucket(self):
        token = self.write("token", "header.payload.signature\n")
        self.assert_found(self.discover(unsigned=1, AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ROLE_ARN=ROLE), "WebIdentity")

    def test_s13_sts_is_verified_by_the_authorities_of_aws_ca_bundle(self):
        authority, other = (Authority(os.path.join(self.folder, name), name) for name in ("sts-ca", "other-ca"))
        sts = Sts(self.url, authority)
        self.addCleanup(sts.server_close)
        self.addCleanup(sts.shutdown)
        variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": self.write("token", "header.payload.signature\n"), "AWS_ROLE_ARN": ROLE, "AWS_ENDPOINT_URL_STS": sts.url}

        for bundle in ({}, {"AWS_CA_BUNDLE": other.ca}):
            code, answer = self.discover(unsigned=1, **variables, **bundle)
            self.assertEqual((code, answer["reason"]), (5, "NoCredentials"), answer)
            self.assertEqual(sts.forms, [])
        self.assert_found(self.discover(unsigned=1, **variables, AWS_CA_BUNDLE=authority.ca), "WebIdentity")

        self.assertEqual([form["Action"] for form in sts.forms], ["AssumeRoleWithWebIdentity"])

    def test_s14_role_by_the_keys_of_another_profile_lists_the_bucket(self):
        self.assert_found(self.discover(AWS_CONFIG_FILE=self.profile("config")), "Profile")

    def test_s14_keys_of_the_user_alone_may_not_list(self):
        code, answer = self.discover(AWS_CONFIG_FILE=self.profile("config"), AWS_PROFILE="asker")
        self.assertEqual((code, answer["reason"]), (5, "AccessDenied"), answer)
        self.assertNotIn("Signature", answer["message"])

    def test_s14_wrong_secret_is_refused_by_sts(self):
        config = self.write("wrong", f"[default]\nrole_arn = {ROLE}\nsource_profile = asker\n[profile asker]\naws_access_key_id = {self.user_key}\n"
                                     "aws_secret_access_key = wrong\n")
        code, answer = self.discover(AWS_CONFIG_FILE=config)
        self.assertEqual((code, answer["reason"]), (5, "NoCredentials"), answer)
        self.assertIn(f'profile "default": role {ROLE}', answer["message"])

    def test_s14_program_gives_the_keys(self):
        reply = self.write("reply.json", json.dumps({"Version": 1, "AccessKeyId": self.user_key, "SecretAccessKey": self.user_secret}))
        config = self.write("program", f"[default]\ncredential_process = cat {reply}\n")
        self.assert_found(self.discover(unsigned=1, AWS_CONFIG_FILE=config), "Process")

    def test_s10_nothing_is_there(self):
        code, answer = self.discover()
        self.assertEqual((code, answer["reason"]), (5, "NoCredentials"), answer)
        for word in ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", 'profile "default"', "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"):
            self.assertIn(word, answer["message"])


if __name__ == "__main__":
    unittest.main()
