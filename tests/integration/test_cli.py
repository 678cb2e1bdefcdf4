# SPDX-License-Identifier: Apache-2.0
"""The command line: every flag, wrong ones, exit codes, help, formats, signals, and what init-backup logs word for word. Needs no server but
one that the tests make up; REDISRESTORE names the binary."""

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from support.fault_store import FaultStore
from support.listing import page
from support.odd_bucket import OddBucket
from support.processes import wait_until
from support.servers import ROOT, Authority

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
SECRETS = {"AWS_ACCESS_KEY_ID": "AKIACLICANARY0001", "AWS_SECRET_ACCESS_KEY": "cli/Canary+Secret=9f2e", "AWS_SESSION_TOKEN": "cliCanaryToken+/=31"}
PASSWORD = "cliCanaryPassword77"

DISCOVER_FLAGS = ("bucket", "prefix", "region", "endpoint", "ca-file", "addressing-style", "replication-id", "order-by", "timestamp", "not-after",
                  "previous", "timestamp-time-zone", "pairing", "on-missing-aof", "max-age", "concurrency", "expected-bucket-owner", "request-payer",
                  "sse-customer-key-file", "log-format", "log-level", "timeout", "output")
CONTROLLER_SWITCHES = ("allow-insecure-apiserver", "leader-elect", "metrics-secure", "metrics-per-object", "enable-service-account-credentials")
CONTROLLER_FLAGS = ("kubeconfig", "context", "allow-insecure-apiserver", "kube-api-qps", "kube-api-burst", "namespace", "selector", "workers", "leader-elect",
                    "leader-elect-namespace", "leader-elect-id", "metrics-bind-address", "metrics-secure", "metrics-cert-dir", "metrics-per-object",
                    "health-probe-bind-address", "allow-endpoint-cidr", "deny-endpoint-cidr", "storage-proxy", "enable-service-account-credentials",
                    "ambient-credentials-namespace", "discovery-concurrency", "log-format", "log-level")


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binary = os.environ.get("REDISRESTORE")
        if not cls.binary:
            raise unittest.SkipTest("REDISRESTORE does not name the binary")
        cls.init_backup = os.path.join(os.path.dirname(cls.binary), "init-backup")

    def env(self, **more):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", **SECRETS, "S3_BUCKET": "shop-backups"}
        env.update({name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")})
        env.update(more)
        return {name: value for name, value in env.items() if value is not None}

    def run_program(self, *command, env=None):
        done = subprocess.run(command, env=self.env() if env is None else env, capture_output=True, text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL)
        for canary in (*SECRETS.values(), PASSWORD):
            self.assertNotIn(canary, done.stdout + done.stderr, "a secret was printed")
        return done

    def run_binary(self, *arguments, env=None):
        return self.run_program(self.binary, *arguments, env=env)

    def store(self, *objects):
        return self.scripted({"body": page(*objects)})

    def scripted(self, *faults, tls=None):
        store = FaultStore(*faults, tls=tls)
        self.addCleanup(store.stop)
        return store

    def assert_usage_error(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("redisrestore: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class Commands(CommandLine):
    def test_version_says_what_it_is(self):
        for arguments in (["version"], ["--version"]):
            done = self.run_binary(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\Aredisrestore \d+\.\d+\.\d+\ncommit \S+\nbuilt with libcurl [\d.]+, OpenSSL [\d.]+, cJSON .*libmicrohttpd [\d.]+, LZ4 [\d.]+, zlib [\d.]+, zstd [\d.]+\nloaded libcurl [\d.]+, OpenSSL [\d.]+, cJSON [\d.]+, libxml2 [\d.]+, libyaml [\d.]+, libmicrohttpd [\d.]+, LZ4 [\d.]+, zlib [\d.]+, zstd [\d.]+\n\Z")

    def test_help_of_all_and_of_each(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            done = self.run_binary(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for command in ("controller", "discover", "version", "init-backup"):
                self.assertIn(command, done.stdout)
        for command, flags in (("discover", DISCOVER_FLAGS), ("controller", CONTROLLER_FLAGS), ("version", ())):
            for flag in ("--help", "-h"):
                done = self.run_binary(command, flag)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(re.findall(r"^  --([a-z-]+) ", done.stdout, re.M), list(flags))
                self.assertIn(f"redisrestore {command}", done.stdout[done.stdout.index("Example"):])

    def test_no_command_and_unknown_command(self):
        self.assert_usage_error(self.run_binary(), "--help")
        self.assert_usage_error(self.run_binary("dance"), "--help")
        self.assert_usage_error(self.run_binary(""), "--help")

    def test_unknown_flags_and_operands(self):
        for command in ("discover", "controller", "version"):
            with self.subTest(command=command):
                self.assert_usage_error(self.run_binary(command, "--dance"), "--dance", "no such flag")
                self.assert_usage_error(self.run_binary(command, f"--dance={PASSWORD}"), "--dance", "no such flag")
                self.assert_usage_error(self.run_binary(command, "-x"), "-x", "no such flag")
                self.assert_usage_error(self.run_binary(command, "operand"), "operand")

    def test_flags_are_not_abbreviated(self):
        self.assert_usage_error(self.run_binary("discover", "--buck", "x"), "--buck")
        self.assert_usage_error(self.run_binary("discover", "--buck=x"), "--buck")
        self.assert_usage_error(self.run_binary("controller", "--kubeconf", "x"), "--kubeconf")

    def test_flags_need_values(self):
        for command, flags in (("discover", DISCOVER_FLAGS), ("controller", CONTROLLER_FLAGS)):
            for flag in flags:
                with self.subTest(flag=flag):
                    if flag in CONTROLLER_SWITCHES:
                        self.assert_usage_error(self.run_binary(command, f"--{flag}=maybe"), f"--{flag}", "must be true or false")
                    else:
                        self.assert_usage_error(self.run_binary(command, f"--{flag}"), f"--{flag}", "needs a value")

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.binary, "version"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False, env=self.env())
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the output", done.stderr)


class Discover(CommandLine):
    def ask(self, store, *arguments, env=None):
        done = self.run_binary("discover", "--endpoint", store.url, "--output", "json", *arguments, env=env)
        return done.returncode, json.loads(done.stdout)

    def asked(self, store):
        """(path, parameters) of the first request."""
        line, _ = store.requests[0]
        path, _, query = line.split(" ")[1].partition("?")
        return path, dict(part.partition("=")[::2] for part in query.split("&"))

    def test_missing_bucket_names_flag_and_variable(self):
        for value in (None, ""):
            self.assert_usage_error(self.run_binary("discover", env=self.env(S3_BUCKET=value)), "--bucket", "S3_BUCKET")

    def test_wrong_values_name_the_flag_and_not_the_value(self):
        for flag, value in (("timeout", "soon"), ("timeout", "999ms"), ("timeout", "-1s"), ("timeout", "2h"), ("timeout", ""), ("output", "xml"), ("output", ""),
                            ("output", "JSON"), ("log-format", "xml"), ("log-level", "loud"), ("log-level", ""), ("order-by", "Size"), ("order-by", "timestamp"),
                            ("on-missing-aof", "fail"), ("addressing-style", "path"), ("bucket", ""), ("region", ""),
                            ("endpoint", ""), ("replication-id", "")):
            with self.subTest(flag=flag, value=value):
                done = self.run_binary("discover", f"--{flag}={value}")
                self.assert_usage_error(done, f"--{flag}: ")
                if value:
                    self.assertNotIn(value, done.stderr.replace(f"--{flag}", "").replace("Timestamp", ""))

    def test_invalid_location_is_a_configuration_error(self):
        for flag, value, field in (("bucket", "A", "bucket"), ("endpoint", "ftp://x", "endpoint"), ("endpoint", f"http://user:{PASSWORD}@h", "endpoint"),
                                   ("region", "us east", "region"), ("prefix", "a\nx", "prefix"), ("replication-id", "a/b", "replicationID")):
            with self.subTest(flag=flag, value=value):
                self.assert_usage_error(self.run_binary("discover", f"--{flag}", value), field)
                done = self.run_binary("discover", "--output", "json", f"--{flag}", value)
                answer = json.loads(done.stdout)
                self.assertEqual((done.returncode, answer["phase"], answer["reason"]), (2, "Failed", "InvalidSpec"))
                self.assertIn(field, answer["message"])

    def test_flags_win_over_the_environment(self):
        store, other = self.store(RDB, AOF), self.store()
        env = self.env(S3_BUCKET="other-bucket", AWS_REGION="eu-west-1", AWS_ENDPOINT_URL=other.url, AWS_ENDPOINT_URL_S3=other.url)

        code, answer = self.ask(store, "--bucket", "shop-backups", "--region", "eu-central-1", env=env)

        self.assertEqual(code, 0)
        self.assertEqual(self.asked(store)[0], "/shop-backups")
        self.assertIn("/eu-central-1/s3/aws4_request", store.requests[0][1]["authorization"])
        self.assertEqual(answer["storage"], {"endpoint": store.url, "region": "eu-central-1", "addressingStyle": "Path", "credentialSource": "Environment"})
        self.assertEqual(other.requests, [])

    def test_s17_order_of_the_endpoint_variables(self):
        store, other = self.store(RDB), self.store()
        for env in ({"AWS_ENDPOINT_URL": store.url}, {"AWS_ENDPOINT_URL": other.url, "AWS_ENDPOINT_URL_S3": store.url}, {"AWS_ENDPOINT_URL": store.url, "AWS_ENDPOINT_URL_S3": ""}):
            with self.subTest(env=env):
                self.assertEqual(self.run_binary("discover", env=self.env(**env)).returncode, 0)
        self.assertEqual(other.requests, [])

    def test_s17_endpoint_variables_can_be_ignored(self):
        # Without an endpoint an AWS region becomes a part of the host, so a region that cannot is refused: no request leaves the machine.
        store = self.store(RDB)
        env = self.env(AWS_ENDPOINT_URL=store.url, AWS_ENDPOINT_URL_S3=store.url, AWS_REGION="Not_AWS")
        self.assertEqual(self.run_binary("discover", env=env).returncode, 0)
        self.assert_usage_error(self.run_binary("discover", env={**env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}), "region")

    def test_region_of_the_environment(self):
        for env, region in (({}, "us-east-1"), ({"AWS_REGION": ""}, "us-east-1"), ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
                            ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1")):
            with self.subTest(env=env):
                _, answer = self.ask(self.store(RDB), env=self.env(**env))
                self.assertEqual(answer["storage"]["region"], region)

    def test_prefix_and_replication_id_reach_the_request(self):
        for arguments, prefix in ((["--prefix", "a/b"], "a%2Fb%2F"), (["--prefix", ""], ""), (["--prefix="], ""), ([], "redis-backups%2F"),
                                  (["--replication-id", "shop"], "redis-backups%2Fshop%2F")):
            with self.subTest(arguments=arguments):
                store = self.store()
                self.ask(store, *arguments)
                self.assertEqual(self.asked(store)[1].get("prefix", ""), prefix)

    def test_order_and_missing_aof_reach_the_choice(self):
        store = self.store(("redis-backups/a/dump-20260101-000000.rdb", 18, "2026-06-01T00:00:00.000Z"), ("redis-backups/a/dump-20260202-000000.rdb", 18, "2026-05-01T00:00:00.000Z"))
        self.assertEqual(self.ask(store)[1]["backup"]["timestamp"], "20260101-000000")
        self.assertEqual(self.ask(store, "--order-by", "Timestamp")[1]["backup"]["timestamp"], "20260202-000000")
        self.assertEqual(self.ask(store, "--on-missing-aof", "UseRDBOnly")[0], 0)
        code, answer = self.ask(store, "--on-missing-aof", "Fail")
        self.assertEqual((code, answer["reason"]), (3, "AOFNotFound"))

    def test_virtual_hosted_addressing_reaches_the_request(self):
        store = self.store(RDB)
        code, answer = self.ask(store, "--endpoint", f"http://localhost:{store.port}", "--addressing-style", "VirtualHosted")
        if code == 0:  # only where the resolver knows *.localhost (RFC 6761)
            self.assertEqual(answer["storage"]["addressingStyle"], "VirtualHosted")
            self.assertEqual(self.asked(store)[0], "/")
            self.assertEqual(store.requests[0][1]["host"], f"shop-backups.localhost:{store.port}")
        else:
            self.assertEqual(answer["reason"], "S3Unavailable")

    def test_timeout_ends_it(self):
        started = time.monotonic()
        code, answer = self.ask(self.scripted({"pause_before": 20, "body": page(RDB)}), "--timeout", "1s")
        self.assertEqual((code, answer["reason"]), (4, "DiscoveryTimeout"))
        self.assertLess(time.monotonic() - started, 15)

    def test_session_token_is_sent(self):
        store = self.store(RDB)
        self.ask(store)
        self.assertEqual(store.requests[0][1]["x-amz-security-token"], SECRETS["AWS_SESSION_TOKEN"])

    def test_missing_keys_are_named(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            for value in (None, ""):
                with self.subTest(name=name, value=value):
                    store = self.store(RDB)
                    code, answer = self.ask(store, env=self.env(**{name: value}))
                    self.assertEqual((code, answer["phase"], answer["reason"]), (5, "Failed", "NoCredentials"))
                    self.assertEqual(set(answer), {"phase", "reason", "message"})
                    self.assertIn(name, answer["message"])
                    self.assertEqual(store.requests, [])

    def test_json_has_the_fields_of_the_status(self):
        code, answer = self.ask(self.store((RDB, 1024, "2026-01-31T23:59:01.000Z"), (AOF, 512, "2026-01-31T23:59:02.000Z"), "redis-backups/x"))
        self.assertEqual(code, 0)
        self.assertEqual(answer["backup"], {
            "replicationID": "shop", "timestamp": "20260131-235900", "pairing": "Exact", "totalSize": "1.5Ki",
            "rdb": {"key": RDB, "size": 1024, "etag": "0123abcd", "lastModified": "2026-01-31T23:59:01Z"},
            "aof": {"key": AOF, "size": 512, "etag": "0123abcd", "lastModified": "2026-01-31T23:59:02Z"}})
        numbers = answer["discovery"]
        self.assertGreaterEqual(numbers.pop("durationMilliseconds"), 0)
        self.assertEqual(numbers, {"pages": 1, "objects": 3, "rdbFiles": 1, "aofFiles": 1, "ignored": 1, "ignoredSample": numbers["ignoredSample"]})
        self.assertEqual(set(answer), {"phase", "reason", "message", "backup", "candidates", "discovery", "storage"})
        self.assertEqual(answer["candidates"], [{"replicationID": "shop", "timestamp": "20260131-235900", "lastModified": "2026-01-31T23:59:01Z", "size": 1024, "hasAOF": True}])

    def test_yaml_says_the_same(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("no yaml module")
        store = self.store(RDB, AOF, "redis-backups/: odd # name")
        done = self.run_binary("discover", "--endpoint", store.url, "--output", "yaml")
        other = self.ask(store)[1]
        answer = yaml.load(done.stdout, yaml.BaseLoader)
        for numbers in (answer["discovery"], other["discovery"]):
            numbers.pop("durationMilliseconds")
        for candidate in other["candidates"]:
            candidate["hasAOF"] = "true" if candidate["hasAOF"] else "false"
        self.assertEqual(answer, json.loads(json.dumps(other), parse_int=str))

    def test_text_is_for_people(self):
        done = self.run_binary("discover", "--endpoint", self.store((RDB, 3 * 1024 * 1024, "2026-01-31T23:59:01.000Z"), AOF, "redis-backups/evil\x1b[31m\n").url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in (RDB, AOF, "3Mi", "s3://shop-backups/redis-backups/", "1 RDB, 1 AOF, 1 ignored", "ago"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_text_of_a_failure_is_on_stderr(self):
        done = self.run_binary("discover", "--endpoint", self.scripted({"status": 403, "body": "<Error><Code>AccessDenied</Code><Message>words 7q3z</Message></Error>"}).url)
        self.assertEqual((done.returncode, done.stdout), (5, ""))
        complaint = [line for line in done.stderr.splitlines() if line.startswith("redisrestore: ")]
        self.assertEqual(len(complaint), 1)
        for words in ("shop-backups", "AccessDenied"):
            self.assertIn(words, complaint[0])
        self.assertEqual(done.stderr.count("access refused"), 1, "the same sentence twice")

    def test_nothing_found_says_so_on_stdout(self):
        done = self.run_binary("discover", "--endpoint", self.store().url)
        self.assertEqual(done.returncode, 3)
        self.assertIn("NoBackupFound", done.stdout)

    def test_log_formats_and_levels(self):
        store = self.store(RDB)
        for level, logged in (("debug", True), ("info", False), ("warn", False), ("error", False)):
            done = self.run_binary("discover", "--endpoint", store.url, "--log-level", level, "--log-format", "json")
            self.assertEqual(bool(done.stderr), logged, level)
            for line in done.stderr.splitlines():
                self.assertIn("time", json.loads(line))
        done = self.run_binary("discover", "--endpoint", store.url, "--log-level", "debug", "--log-format", "text")
        for line in done.stderr.splitlines():
            self.assertRegex(line, r"^time=\S+ level=\w+ msg=")

    def test_no_proxy_and_no_netrc_of_the_environment(self):
        store = self.store(RDB)
        env = self.env(http_proxy="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
        self.assertEqual(self.ask(store, env=env)[0], 0)

    def test_signals_cancel_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                store = self.scripted({"pause_before": 30, "body": page(RDB)})
                process = subprocess.Popen([self.binary, "discover", "--endpoint", store.url], env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.addCleanup(process.wait)
                wait_until("the request", lambda: store.requests)
                process.send_signal(number)
                out, err = process.communicate(timeout=20)
                self.assertEqual((process.returncode, out), (128 + number, ""))
                self.assertIn("cancelled", err)

    def test_closed_pipe_is_an_error_and_no_signal(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = subprocess.run([self.binary, "discover", "--endpoint", self.store(RDB).url], env=self.env(), stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        finally:
            os.close(writer)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the output", done.stderr)


class Progress(CommandLine):
    def on_terminal(self, store, **env):
        """stderr as a terminal sees it, and stdout."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([self.binary, "discover", "--endpoint", store.url], env=self.env(**env), stdout=subprocess.PIPE, stderr=follower, text=True)
        os.close(follower)
        seen = b""
        while True:
            ready, _, _ = select.select([leader], [], [], 30)
            try:
                chunk = os.read(leader, 4096) if ready else b""
            except OSError:  # the other side was closed
                break
            if not chunk:
                break
            seen += chunk
        os.close(leader)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        return seen.decode(), out

    def several_pages(self):
        store = FaultStore(bucket=OddBucket({"many": {"ids": 3, "sessions": 40}, "page_keys": 50}))
        self.addCleanup(store.stop)
        return store

    def test_long_listing_shows_progress_and_clears_it(self):
        seen, out = self.on_terminal(self.several_pages(), TERM="xterm")
        first = re.search(r"\r\x1b\[Klisting: (\d+) keys in (\d+) pages", seen)
        self.assertEqual(first[2], "2", repr(seen))
        self.assertGreaterEqual(int(first[1]), 50)  # the second page may be that of a range without keys
        self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen))
        self.assertNotIn("listing", out)

    def test_short_listing_and_dumb_terminal_show_none(self):
        self.assertEqual(self.on_terminal(self.store(RDB), TERM="xterm")[0], "")
        self.assertEqual(self.on_terminal(self.several_pages(), TERM="dumb")[0], "")
        self.assertEqual(self.on_terminal(self.several_pages())[0], "")

    def test_pipe_shows_none(self):
        done = self.run_binary("discover", "--endpoint", self.several_pages().url, env=self.env(TERM="xterm"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class InitBackup(CommandLine):
    def records(self, *, env):
        """(exit code, the records without their times) of init-backup. Everything it says is on stdout."""
        done = self.run_program(self.init_backup, env=env)
        self.assertEqual(done.stderr, "")
        records = []
        for line in done.stdout.splitlines():
            self.assertRegex(line, r"^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=")
            records.append(line[line.index("level="):])
        return done.returncode, records

    def start(self, store, **more):
        return self.records(env=self.env(AWS_ENDPOINT_URL=store.url, **more))

    OPENING = ['level=INFO msg="S3 client initialized" bucket=shop-backups region=us-east-1 custom_endpoint=true', 'level=INFO msg="Starting init-backup service"',
               'level=INFO msg="Searching for backup files in object store" bucket=shop-backups']
    NOTHING = ['level=INFO msg="No RDB files found in object store"', 'level=INFO msg="No backup sets found in object store"']

    def test_pair_is_logged_word_for_word(self):
        code, records = self.start(self.store((RDB, 10485760, "2026-01-31T23:59:00.000Z"), (AOF, 512, "2026-01-31T23:59:00.000Z"), "redis-backups/other/appendonly-20260131-235900.aof"))
        self.assertEqual(code, 0)
        self.assertEqual(records, [
            *self.OPENING,
            f'level=INFO msg="Found backup files" rdb_count=1 aof_count=2 latest_rdb={RDB}',
            f'level=INFO msg="Latest backup set found" rdb_key={RDB} rdb_size=10485760 rdb_timestamp=20260131-235900 aof_files_count=1',
            f'level=INFO msg="AOF file found" index=0 key={AOF} size=512 timestamp=20260131-235900',
            'level=INFO msg="RDB file discovery completed successfully"'])

    def test_aof_one_second_off_is_no_match(self):
        code, records = self.start(self.store(RDB, "redis-backups/shop/appendonly-20260131-235901.aof"))
        self.assertEqual(code, 0)
        self.assertEqual(records[3:], [
            f'level=INFO msg="Found backup files" rdb_count=1 aof_count=1 latest_rdb={RDB}',
            f'level=INFO msg="Latest backup set found" rdb_key={RDB} rdb_size=70 rdb_timestamp=20260131-235900 aof_files_count=0',
            'level=INFO msg="RDB file discovery completed successfully"'])

    def test_newest_by_modification_among_equal_timestamps(self):
        ids = [(f"redis-backups/{name}/dump-20260131-235900.rdb", 18, f"2026-02-01T00:00:0{second}.000Z") for name, second in (("a", 1), ("b", 3), ("c", 2))]
        _, records = self.start(self.store(*ids))
        self.assertIn("latest_rdb=redis-backups/b/dump-20260131-235900.rdb", records[3])

    def test_rdb_of_nothing_is_success(self):
        for objects in ((), (AOF,), ("redis-backups/x",)):
            with self.subTest(objects=objects):
                self.assertEqual(self.start(self.store(*objects)), (0, [*self.OPENING, *self.NOTHING]))

    def test_malformed_paths_are_warned_of_and_skipped(self):
        code, records = self.start(self.store("redis-backups/dump-20260131-235900.rdb", "redis-backups/shop/backup-20260131-235900.aof", RDB))
        self.assertEqual(code, 0)
        warnings = [record for record in records if record.startswith("level=WARN")]
        self.assertEqual(len(warnings), 2)
        self.assertTrue(warnings[0].startswith('level=WARN msg="Failed to parse RDB file" key=redis-backups/dump-20260131-235900.rdb error="invalid RDB file path format: '), warnings)
        self.assertTrue(warnings[1].startswith('level=WARN msg="Failed to parse AOF file" key=redis-backups/shop/backup-20260131-235900.aof error="invalid AOF filename format: '), warnings)
        self.assertIn(f"latest_rdb={RDB}", "\n".join(records))

    def test_missing_bucket_variable(self):
        for value in (None, ""):
            self.assertEqual(self.records(env=self.env(S3_BUCKET=value)), (1, ['level=ERROR msg="Failed to create S3 store" error="S3_BUCKET environment variable is required"']))

    def test_data_dir_that_is_missing_fails_before_anything_is_asked(self):
        store = self.store(RDB)
        code, records = self.start(store, DATA_DIR="/nonexistent")
        self.assertEqual(code, 1)
        self.assertTrue(records[-1].startswith('level=ERROR msg="Service failed" error="cannot open the directory /nonexistent'), records)
        self.assertEqual(store.requests, [])
        self.assertEqual(self.start(store, DATA_DIR="")[0], 0)

    def test_failure_is_logged_as_it_was(self):
        for fault in ({"status": 404, "body": "<Error><Code>NoSuchBucket</Code></Error>"}, {"status": 403, "body": "<Error><Code>AccessDenied</Code></Error>"}, {"body": "<html/>"}):
            with self.subTest(fault=fault):
                code, records = self.start(self.scripted(fault))
                self.assertEqual((code, records[:3]), (1, self.OPENING))
                why = 'error="failed to list files from object store: failed to list S3 objects: '
                self.assertTrue(records[3].startswith('level=ERROR msg="Failed to fetch latest backup set" ' + why), records)
                self.assertTrue(records[4].startswith('level=ERROR msg="Service failed" ' + why), records)
                self.assertEqual(len(records), 5)

    def test_missing_keys_fail(self):
        code, records = self.start(self.store(RDB), AWS_ACCESS_KEY_ID=None)
        self.assertEqual(code, 1)
        self.assertIn("AWS_ACCESS_KEY_ID", records[-1])

    def test_region_and_path_style(self):
        store = self.store(RDB)
        _, records = self.start(store, AWS_REGION="eu-west-1")
        self.assertIn("region=eu-west-1 custom_endpoint=true", records[0])
        self.assertTrue(store.requests[0][0].startswith("GET /shop-backups?"))
        self.assertIn("/eu-west-1/s3/aws4_request", store.requests[0][1]["authorization"])

    def test_only_its_own_variables_are_read(self):
        store, other = self.store(RDB), self.store()
        self.start(store, S3_PREFIX="elsewhere/", S3_REGION="eu-west-3", AWS_DEFAULT_REGION="eu-west-3", AWS_ENDPOINT_URL_S3=other.url)
        self.assertIn("prefix=redis-backups%2F", store.requests[0][0])
        self.assertIn("/us-east-1/s3/", store.requests[0][1]["authorization"])
        self.assertEqual(other.requests, [])

    def test_no_endpoint_is_aws_virtual_hosted(self):
        # A bucket with dots is no part of a host name, so that virtual-hosted style is refused or unreachable: nothing is sent to AWS for it.
        code, records = self.records(env=self.env(S3_BUCKET="a", AWS_ENDPOINT_URL=""))
        self.assertEqual(code, 1)
        self.assertIn("custom_endpoint=false", records[0])

    def test_link_is_relative_and_points_to_the_binary(self):
        self.assertEqual(os.readlink(self.init_backup), os.path.basename(self.binary))

    def test_help(self):
        done = self.run_program(self.init_backup, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("DATA_DIR", done.stdout)

    def test_sigterm_ends_it_with_an_error(self):
        store = self.scripted({"pause_before": 30, "body": page(RDB)})
        process = subprocess.Popen([self.init_backup], env=self.env(AWS_ENDPOINT_URL=store.url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until("the request", lambda: store.requests)
        process.terminate()
        out, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn('msg="Service failed"', out)


class Controller(CommandLine):
    KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: cliCanaryPassword77}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kubeconfig = os.path.join(folder.name, "kubeconfig")
        self.log_path = os.path.join(folder.name, "log")
        authority = Authority(os.path.join(folder.name, "pki"))
        self.server = self.scripted({"status": 503, "body": "{}"}, tls=authority.sign("server", "/CN=127.0.0.1", "IP:127.0.0.1"))
        self.write_kubeconfig(self.KUBECONFIG % self.server.port)

    def write_kubeconfig(self, text):
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.kubeconfig, stat.S_IRUSR | stat.S_IWUSR)

    def start_controller(self, *flags):
        """A controller whose API server always answers 503: it must keep retrying."""
        with open(self.log_path, "wb") as log:
            process = subprocess.Popen([self.binary, "controller", "--kubeconfig", self.kubeconfig, *flags], env=self.env(), stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        return process

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def test_wrong_values_name_the_flag(self):
        for flag, value in (("workers", "0"), ("workers", "many"), ("workers", "65"), ("namespace", ""), ("namespace", "Shop"), ("namespace", "a/b"), ("namespace", "-a"),
                            ("allow-endpoint-cidr", "10.0.0.0/33"), ("allow-endpoint-cidr", "host"), ("allow-endpoint-cidr", ""), ("kubeconfig", ""), ("log-format", "xml"),
                            ("log-level", "trace"), ("metrics-bind-address", ""), ("health-probe-bind-address", "")):
            with self.subTest(flag=flag, value=value):
                self.assert_usage_error(self.run_binary("controller", f"--{flag}={value}"), f"--{flag}: ")

    def test_same_address_for_both_servers_is_refused(self):
        self.assert_usage_error(self.run_binary("controller", "--metrics-bind-address", ":9090", "--health-probe-bind-address", ":9090"), "--metrics-bind-address",
                                "--health-probe-bind-address")

    def test_invalid_address_is_refused(self):
        for flag in ("--metrics-bind-address", "--health-probe-bind-address"):
            for value in ("nowhere", "127.0.0.1", "127.0.0.1:99999", "1.2.3:80"):
                with self.subTest(flag=flag, value=value):
                    other = "--health-probe-bind-address" if flag == "--metrics-bind-address" else "--metrics-bind-address"
                    self.assert_usage_error(self.run_binary("controller", "--kubeconfig", self.kubeconfig, other, "0", flag, value), flag)

    def test_f35_bad_kubeconfig_names_file_and_field(self):
        for text, field in (("{", None), (self.KUBECONFIG.replace("server:", "serves:") % 1, "server"), (self.KUBECONFIG.replace("current-context: x", "current-context: y") % 1, "y"),
                            (self.KUBECONFIG.replace("token: cliCanaryPassword77", "exec: {command: cliCanaryPassword77}") % 1, "exec"),
                            (self.KUBECONFIG.replace("token: cli", "username: u, password: w, token: cli") % 1, None)):
            with self.subTest(field=field):
                self.write_kubeconfig(text)
                done = self.run_binary("controller", "--kubeconfig", self.kubeconfig)
                self.assert_usage_error(done, *filter(None, (self.kubeconfig, field)))
        os.remove(self.kubeconfig)
        self.assert_usage_error(self.run_binary("controller", "--kubeconfig", self.kubeconfig), self.kubeconfig)

    def test_no_configuration_at_all(self):
        self.assert_usage_error(self.run_binary("controller"))

    def test_address_in_use_is_an_error_that_names_the_flag(self):
        taken = f"127.0.0.1:{self.server.port}"
        for flag, other in (("--metrics-bind-address", "--health-probe-bind-address"), ("--health-probe-bind-address", "--metrics-bind-address")):
            done = self.run_binary("controller", "--kubeconfig", self.kubeconfig, flag, taken, other, "0")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(flag, done.stderr)

    def test_off_serves_nothing_and_sigterm_ends_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                process = self.start_controller("--metrics-bind-address", "0", "--health-probe-bind-address", "0", "--workers", "1")
                wait_until("a request", lambda: self.server.requests)
                process.send_signal(number)
                self.assertEqual(process.wait(20), 0, self.log())
                self.assertNotIn("serving", self.log())
                self.server.requests.clear()

    def test_alive_but_not_ready_while_the_api_server_refuses(self):
        import http.client
        process = self.start_controller("--metrics-bind-address", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0", "--namespace", "shop")
        ports = {}

        def serving():
            for line in self.log().splitlines():
                record = json.loads(line)
                if record["message"].startswith("serving "):
                    ports[record["message"]] = int(record["address"].rpartition(":")[2])
            return len(ports) == 2
        wait_until("both servers", serving)

        def get(what, path):
            connection = http.client.HTTPConnection("127.0.0.1", ports[what], timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        wait_until("a request", lambda: self.server.requests)
        self.assertEqual(get("serving health probes", "/healthz"), (200, "ok"))
        status, text = get("serving health probes", "/readyz")
        self.assertEqual(status, 500)
        self.assertIn("[-]synced failed: reason withheld", text)
        self.assertEqual(get("serving health probes", "/metrics")[0], 404)
        status, text = get("serving metrics", "/metrics")
        self.assertEqual(status, 200)
        self.assertRegex(text, r'(?m)^redisrestore_build_info\{version="[\d.]+",commit="\S+"\} 1$')
        wait_until("a counted request", lambda: 'rest_client_requests_total{code="503",method="GET"' in get("serving metrics", "/metrics")[1])
        self.assertEqual(get("serving metrics", "/healthz")[0], 404)
        self.assertTrue(self.server.requests[0][0].startswith("GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores"), self.server.requests[0][0])
        self.assertEqual(self.server.requests[0][1]["authorization"], f"Bearer {PASSWORD}")
        self.assertIsNone(process.poll())
        self.assertNotIn(PASSWORD, self.log())
        process.terminate()
        self.assertEqual(process.wait(20), 0, self.log())

    def test_w09_second_signal_ends_it_at_once(self):
        process = self.start_controller("--metrics-bind-address", "0", "--health-probe-bind-address", "0")
        wait_until("a request", lambda: self.server.requests)
        for _ in range(50):
            if process.poll() is None:
                process.terminate()
        self.assertIn(process.wait(20), (0, 1))


if __name__ == "__main__":
    unittest.main()
