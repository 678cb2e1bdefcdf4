# SPDX-License-Identifier: Apache-2.0
"""The same questions to MinIO, versitygw, rclone and moto, with and without TLS, by path and by host name: `discover` gives the same answers.

A difference is a fact about the store (support/stores.py) and documented in docs/stores.md.
"""

import time
import unittest
import urllib.error

from support.context import IntegrationTest
from support.servers import Authority
from support.stores import MinioStore, Moto, RcloneServe, Versitygw

OLD, NEW = ("redis-backups/cart/{}-20260301-120000.{}", "redis-backups/shop/{}-20260131-235900.{}")
PRINTABLE = "".join(map(chr, range(0x20, 0x7f))).replace("/", "")
ODD_IDS = ("a b", "a+b", "a%2Fb", "a%20b+c", "a&b<c>d\"e'", "größe", "日本語", "\U0001f600", "e\u0301", "\u202ertl", " blank around ", "...", "~", "x" * 255, PRINTABLE)
CONTROLS = ("tab\tx", "line\nx", "return\rx", "escape\x1bx", "delete\x7fx")


def pair(pattern):
    return pattern.format("dump", "rdb"), pattern.format("appendonly", "aof")


class Questions:
    """Every store answers these. `store` is the class of the store."""

    store = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        authority = Authority(cls.run_facts.path(f"{cls.store.name}-pki"), "stores-ca")
        cls.servers = []
        for tls in (None, authority):
            server = cls.store(cls.run_facts.folder, cls.run_facts.access_key, cls.run_facts.secret_key, tls)
            cls.addClassCleanup(server.stop)
            cls.servers.append(server)
        cls.plain = cls.servers[0]

    def setUp(self):
        super().setUp()
        for server in self.servers:
            server.s3.make_bucket(self.bucket)

    def ask(self, server, *flags, url=None, **env):
        return self.discover_json("--endpoint", url or server.url, *flags, env=self.environment(AWS_CA_BUNDLE=server.ca, **env))

    def put_on(self, server, *keys):
        for key in keys:
            server.s3.put(self.bucket, key, self.EMPTY_RDB)

    def doors(self):
        """(server, name of the way in, URL, flags) for each way into a bucket with the same two backups."""
        for server in self.servers:
            self.put_on(server, *reversed(pair(OLD)))
        time.sleep(1.1)  # some say modification times by the second
        for server in self.servers:
            self.put_on(server, *reversed(pair(NEW)))
            yield server, "path", server.url, ("--addressing-style", "Path")
            if server.same_process:
                yield server, "host", server.virtual_url, ("--addressing-style", "VirtualHosted")
            else:
                by_host = server.by_host_name()
                self.addCleanup(by_host.stop)
                yield by_host, "host", by_host.virtual_url, ("--addressing-style", "VirtualHosted")

    def test_every_kind_of_address_gives_the_same_result(self):
        for server, way, url, flags in self.doors():
            with self.subTest(url=url, way=way):
                code, answer = self.ask(server, *flags, url=url)

                self.assertEqual((code, answer["reason"]), (0, "BackupDiscovered"), answer)
                backup = answer["backup"]
                self.assertEqual((backup["rdb"]["key"], backup["aof"]["key"]), pair(NEW))
                self.assertEqual((backup["rdb"]["size"], backup["pairing"], backup["replicationID"], backup["timestamp"]), (18, "Exact", "shop", "20260131-235900"))
                self.assertRegex(backup["rdb"]["etag"], r"^[0-9a-f]{32}$")
                self.assertRegex(backup["rdb"]["lastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
                numbers = answer["discovery"]
                self.assertEqual([numbers[name] for name in ("objects", "rdbFiles", "aofFiles", "ignored")], [4, 2, 2, 0])
                code, answer = self.ask(server, *flags, "--replication-id", "cart", url=url)
                self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, pair(OLD)[0]))
                code, answer = self.ask(server, *flags, "--order-by", "Timestamp", url=url)
                self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, pair(OLD)[0]))

    def test_s18_path_and_host_name_reach_the_same_bucket(self):
        for server in self.servers:
            if server.same_process:
                self.put_on(server, pair(NEW)[0])
                for style, url in (("Path", server.url), ("Path", server.virtual_url), ("VirtualHosted", server.virtual_url)):
                    with self.subTest(url=url, style=style):
                        code, answer = self.ask(server, "--addressing-style", style, url=url)
                        self.assertEqual((code, answer["storage"]["addressingStyle"]), (0, style), answer)

    def test_s23_pages_of_a_thousand_are_read_to_the_end(self):
        for number in range(1010):
            self.put_on(self.plain, f"redis-backups/id-{number // 505}/dump-20260101-{number % 505:06d}.rdb")
        time.sleep(1.1)
        newest = "redis-backups/id-0/dump-20260101-000005.rdb"
        self.put_on(self.plain, newest)

        code, answer = self.ask(self.plain)

        self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, newest), answer)
        self.assertEqual(answer["discovery"]["rdbFiles"], 1010)

    def test_s22_odd_keys_arrive_as_they_are(self):
        accepted = 0
        for name in (*ODD_IDS, *CONTROLS):
            key = f"redis-backups/{name}/dump-20260131-235900.rdb"
            with self.subTest(key=key):
                try:
                    self.put_on(self.plain, key)
                except urllib.error.HTTPError:
                    self.assertIn(name, CONTROLS, "the store does not take the key")
                    continue
                accepted += 1
                code, answer = self.ask(self.plain, "--replication-id", name)
                if name in self.plain.mangled:
                    self.assertEqual((code, answer["reason"]), (3, "NoBackupFound"), answer)
                else:
                    self.assertEqual((code, answer.get("backup", {}).get("rdb", {}).get("key")), (0, key), answer)
        self.assertGreaterEqual(accepted, len(ODD_IDS))

    def test_f45_longest_key_is_listed(self):
        key = "redis-backups/" + "/".join(["y" * 200] * 5)
        key += "z" * (1024 - len(key))
        self.put_on(self.plain, key, pair(NEW)[0])

        code, answer = self.ask(self.plain)

        self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, pair(NEW)[0]), answer)
        self.assertEqual(answer["discovery"]["ignoredSample"][0]["key"], key)

    def test_empty_bucket_and_missing_bucket(self):
        for server in self.servers:
            with self.subTest(url=server.url):
                code, answer = self.ask(server)
                self.assertEqual((code, answer["reason"], answer["discovery"]["objects"]), (3, "NoBackupFound", 0))
                code, answer = self.ask(server, "--bucket", "no-such-bucket-here")
                self.assertEqual((code, answer["reason"]), (6, "BucketNotFound"), answer)

    def test_f18_wrong_keys_are_refused(self):
        for server in self.servers:
            for wrong in ({"AWS_ACCESS_KEY_ID": "AKIAWRONG"}, {"AWS_SECRET_ACCESS_KEY": "wrong"}):
                with self.subTest(url=server.url, wrong=wrong):
                    code, answer = self.ask(server, **wrong)
                    if server.checks_keys:
                        self.assertEqual((code, answer["reason"]), (5, "AccessDenied"), answer)
                    else:
                        self.assertEqual((code, answer["reason"]), (3, "NoBackupFound"), answer)

    def test_s09_wrong_region_is_put_right_or_does_not_matter(self):
        for server in self.servers:
            with self.subTest(url=server.url):
                self.put_on(server, pair(NEW)[0])
                code, answer = self.ask(server, "--region", "eu-central-1")
                self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, pair(NEW)[0]), answer)
                self.assertEqual(answer["storage"]["region"], server.region if server.checks_region else "eu-central-1")

    def test_f54_certificate_of_an_unknown_authority_is_refused(self):
        code, answer = self.discover_json("--endpoint", self.servers[1].url, env=self.environment(AWS_MAX_ATTEMPTS="1"))
        self.assertEqual((code, answer["reason"]), (4, "TLSError"), answer)


class OfMinio(Questions, IntegrationTest):
    store = MinioStore


class OfVersitygw(Questions, IntegrationTest):
    store = Versitygw


class OfRclone(Questions, IntegrationTest):
    store = RcloneServe


class OfMoto(Questions, IntegrationTest):
    store = Moto


if __name__ == "__main__":
    unittest.main()
