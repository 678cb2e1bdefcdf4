# SPDX-License-Identifier: Apache-2.0
"""Makes a test of every file in faults/store: `redisrestore discover` against a store that does what the file says, and what must come of it."""

import glob
import json
import os
import shutil
import tempfile
import time
import urllib.parse
import uuid

from .context import IntegrationTest, Run
from .fault_store import FOLDER, FaultStore
from .odd_bucket import RDB, OddBucket

FIELDS = {"why", "bucket", "faults", "flags", "env", "program", "expect", "asked", "every"}
EXPECT = {"code", "reason", "words", "lacks", "requests", "most_requests", "rdb", "aof", "seconds", "ignored", "region", "pairing", "objects", "rdbs"}


def read_case(path):
    with open(path, encoding="utf-8") as file:
        case = json.load(file)
    unknown = (set(case) - FIELDS) | (set(case.get("expect", ())) - EXPECT)
    if unknown or not case.get("why") or "code" not in case.get("expect", ()):
        raise ValueError(f"{path}: a case has why and expect.code; unknown: {sorted(unknown)}")
    return case


def printed(text):
    """A key of a file as the answer has it: bytes that are no UTF-8 are never chosen, so they need no spelling."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Alone:
    """The facts that run.py provides, for a test that ctest runs: it needs only the program."""

    access_key, secret_key, minio = "AKIACANARYACCESS", "canary/Secret+Key=4d1c7e0b9a", None

    def __init__(self, test):
        self.binary, self.folder = os.environ["REDISRESTORE"], tempfile.mkdtemp(prefix="redisrestore-test-")
        test.addClassCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)


class StoreCase(IntegrationTest):
    """The test of every file. The second server records its clients: there must be none."""

    @classmethod
    def setUpClass(cls):
        cls.run_facts = Run() if "RR_TEST_RUN" in os.environ else Alone(cls)

    def setUp(self):
        self.bucket = "b-" + uuid.uuid4().hex[:10]  # of the store of the case

    def go(self, case):
        target = FaultStore()
        self.addCleanup(target.stop)
        store = FaultStore(*case.get("faults", ()), bucket=OddBucket(case.get("bucket")), target=target.url)
        self.addCleanup(store.stop)
        flags = ["--endpoint", store.url, "--timeout", "30s", "--log-level", "debug", *case.get("flags", ())]
        env = self.environment(**case.get("env", {}), **(self.program() if case.get("program") else {}))
        started = time.monotonic()

        done = self.discover("--output", "json", *flags, env=env)

        seconds, story = time.monotonic() - started, self.story(store, done)
        self.assertEqual(target.requests, [], f"a request followed the store to another server\n{story}")
        for number, times in enumerate(store.delivered):
            self.assertGreater(times, 0, f"fault {number} was never delivered\n{story}")
        answer = json.loads(done.stdout)
        self.assertNotIn("7q3z", done.stdout, "the server's words reached the answer")
        self.check(case["expect"], done.returncode, answer, story)
        self.check_requests(case, store, story)
        low, high = case["expect"].get("seconds", (0, 30))
        self.assertTrue(low <= seconds <= high, f"{seconds:.2f} s\n{story}")

    def program(self):
        """An environment without keys whose profile runs a program: each call gives the next session token, token-1, token-2 and so on."""
        folder = tempfile.mkdtemp(prefix="redisrestore-test-")
        self.addCleanup(shutil.rmtree, folder)
        with open(f"{folder}/keys.sh", "w", encoding="ascii") as file:
            file.write(f"echo >> {folder}/calls\n"
                       f'printf \'{{"Version": 1, "AccessKeyId": "AKIAPROGRAM", "SecretAccessKey": "program", "SessionToken": "token-%d"}}\' $(wc -l < {folder}/calls)\n')
        with open(f"{folder}/config", "w", encoding="ascii") as file:
            file.write(f"[default]\ncredential_process = /bin/sh {folder}/keys.sh\n")
        return {"AWS_CONFIG_FILE": f"{folder}/config", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}

    def check(self, expect, code, answer, story):
        self.assertEqual(code, expect["code"], story)
        self.assertEqual(answer["reason"], expect.get("reason", "BackupDiscovered"), story)
        for word in expect.get("words", ()):
            self.assertIn(word, answer["message"], story)
        for word in expect.get("lacks", ()):
            self.assertNotIn(word, answer["message"], story)
        if code != 0:
            self.assertNotIn("backup", answer, story)
            return
        backup = answer["backup"]
        self.assertEqual(backup["rdb"]["key"], printed(expect.get("rdb", RDB)), story)
        if "aof" in expect:
            self.assertEqual(backup.get("aof", {}).get("key"), expect["aof"], story)
        if "pairing" in expect:
            self.assertEqual(backup["pairing"], expect["pairing"], story)
        for name, field in (("ignored", "ignored"), ("objects", "objects"), ("rdbs", "rdbFiles")):
            if name in expect:
                self.assertEqual(answer["discovery"][field], expect[name], story)
        if "region" in expect:
            self.assertEqual(answer["storage"]["region"], expect["region"], story)

    def check_requests(self, case, store, story):
        found = [request for request in store.requests if "max-uploads=" not in request[0]]  # a look around for the message, after the answer
        if "requests" in case["expect"]:
            self.assertEqual(len(found), case["expect"]["requests"], story)
        self.assertLessEqual(len(found), case["expect"].get("most_requests", len(found)), story)
        for (line, headers), wanted in zip(found, case.get("asked", ())):
            self.check_asked(line, headers, wanted, story)
        for line, headers in found if "every" in case else ():
            self.check_asked(line, headers, case["every"], story)

    def check_asked(self, line, headers, wanted, story):
        method, target, _ = line.split(" ", 2)
        self.assertEqual(method, wanted.get("method", "GET"), story)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query, keep_blank_values=True))
        for name, value in wanted.get("query", {}).items():
            self.assertEqual(query.get(name), value, story)
        for name, value in wanted.get("headers", {}).items():
            self.assertEqual(headers.get(name), value, story)
        for text in wanted.get("holds", ()):
            self.assertIn(text, target, story)

    @staticmethod
    def story(store, done):
        """The traffic and the output: for the message of a failed test."""
        return "\n".join(["requests:", *(f"  {line} {headers.get('x-amz-date')} {headers.get('authorization', '')[:70]}" for line, headers in store.requests[:40]),
                          f"exit code {done.returncode}", done.stdout, done.stderr[-3000:]])


def make_tests(module_name):
    """A class with a method for each file, for the module's namespace."""
    tests = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
        case = read_case(path)

        def method(self, case=case):
            self.go(case)
        method.__doc__ = case["why"]
        method.__name__ = f"test_{os.path.basename(path)[:-5]}"
        tests[method.__name__] = method
    if not tests:
        raise ValueError("no case in faults/store")
    return type("Faults", (StoreCase,), {**tests, "__module__": module_name})
