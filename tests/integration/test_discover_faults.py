"""`redisrestore discover` against a store that misbehaves on command: every fault of faults.json has its exit code and reason here."""

import json
import unittest

from support.context import IntegrationTest
from support.fault_store import FAULTS_FILE, FaultStore

# fault: (exit code, reason, words of the message)
EXPECTED = {
    "good": (0, "BackupDiscovered", ()),
    "good chunked": (0, "BackupDiscovered", ()),
    "html": (6, "MalformedResponse", ()),
    "json": (6, "MalformedResponse", ()),
    "empty": (6, "MalformedResponse", ()),
    "garbage": (6, "MalformedResponse", ()),
    "garbage XML": (6, "MalformedResponse", ()),
    "another root": (6, "MalformedResponse", ()),
    "truncated XML": (6, "MalformedResponse", ()),
    "DOCTYPE": (6, "MalformedResponse", ()),
    "redirect to elsewhere": (6, None, ()),
    "redirect without Location": (6, "RegionMismatch", ("eu-west-1",)),
    "wrong region": (6, "RegionMismatch", ()),
    "error with status 200": (5, "AccessDenied", ("AccessDenied",)),
    "internal error with status 200, then good": (0, "BackupDiscovered", ()),
    "token that never ends": (6, "ListingLoop", ()),
    "same token": (6, "ListingLoop", ()),
    "no token": (6, "ListingLoop", ()),
    "access denied": (5, "AccessDenied", ("AccessDenied",)),
    "access denied without a body": (5, "AccessDenied", ("403",)),
    "clock skewed": (5, "ClockSkewed", ("clock",)),
    "throttled": (4, "S3Throttled", ("SlowDown",)),
    "throttled once": (0, "BackupDiscovered", ()),
    "broken twice, then good": (0, "BackupDiscovered", ()),
    "broken": (4, "S3Unavailable", ("500",)),
    "no such bucket": (6, "BucketNotFound", ()),
    "unknown 4xx": (6, "MalformedResponse", ("418",)),
    "cut body": (4, "S3Unavailable", ()),
    "cut headers": (4, "S3Unavailable", ()),
    "compressed": (6, "MalformedResponse", ()),
    "not HTTP": (4, "S3Unavailable", ()),
    "silent": (4, "DiscoveryTimeout", ("3s",)),
    "slow": (0, "BackupDiscovered", ()),
    "evil code": (5, "AccessDenied", ("403",)),
}
TIMEOUTS = {"silent": "3s"}


class Faults(IntegrationTest):
    def test_every_fault_has_an_expectation(self):
        with open(FAULTS_FILE, encoding="utf-8") as file:
            self.assertEqual(set(json.load(file)), set(EXPECTED))

    def test_f14_to_f24_every_fault_gives_its_reason_and_keeps_the_servers_words(self):
        for name, (code, reason, words) in EXPECTED.items():
            with self.subTest(fault=name):
                store = FaultStore.named(name)
                self.addCleanup(store.stop)

                done = self.discover("--output", "json", "--endpoint", store.url, "--timeout", TIMEOUTS.get(name, "30s"), "--log-level", "debug")

                answer = json.loads(done.stdout)
                self.assertEqual(done.returncode, code, answer)
                if reason:
                    self.assertEqual(answer["reason"], reason)
                for word in words:
                    self.assertIn(word, answer["message"])
                self.assertNotIn("7f3a", done.stdout, "the server's words reached the answer")

    def test_f40_redirects_are_not_followed(self):
        target = FaultStore.named("good")
        self.addCleanup(target.stop)
        store = FaultStore({"status": 307, "headers": {"Location": target.url + "/stolen"}})
        self.addCleanup(store.stop)

        self.discover_json("--endpoint", store.url)

        self.assertEqual(target.requests, [])

    def test_one_page_is_one_request(self):
        store = FaultStore.named("good")
        self.addCleanup(store.stop)

        self.discover_json("--endpoint", store.url)

        self.assertEqual(len(store.requests), 1)
        line, headers = store.requests[0]
        self.assertTrue(line.startswith(f"GET /{self.bucket}?"), line)
        self.assertIn("list-type=2", line)
        self.assertIn("encoding-type=url", line)
        self.assertIn("prefix=redis-backups%2F", line)
        self.assertIn("SignedHeaders=host;x-amz-content-sha256;x-amz-date", headers["authorization"])


if __name__ == "__main__":
    unittest.main()
