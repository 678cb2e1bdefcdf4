# SPDX-License-Identifier: Apache-2.0
"""`redisrestore stage`: pairs of a running server, staged and loaded by a real one."""

import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from support.context import IntegrationTest
from support.processes import free_port, wait_until
from support.redis_backup import ReplicaCapture

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vectors", "redis")
PAIR = ("--rdb", os.path.join(VECTORS, "redis-7.0.15.rdb"), "--aof", os.path.join(VECTORS, "redis-7.0.15.aof"))


class Server:
    """A redis-server on a directory, on a unix socket, with DEBUG."""

    def __init__(self, folder, *flags, program=("redis-server",), port=0):
        self.socket = folder + ".sock"
        self.log = folder + ".log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*program, "--dir", folder, "--port", str(port), "--unixsocket", self.socket, "--save", "",
                                             "--enable-debug-command", "yes", *flags], stdout=log, stderr=log)

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.socket, *words], capture_output=True, text=True, check=False, timeout=30)
        return done.stdout.strip()

    def wait(self):
        wait_until("the server", lambda: self.process.poll() is not None or self.ask("PING") == "PONG")
        return self.process.poll() is None

    def digest(self):
        return self.ask("DEBUG", "DIGEST"), re.findall(r"db\d+:keys=\d+,expires=\d+", self.ask("INFO", "keyspace"))

    def stop(self):
        if self.process.poll() is None:
            self.ask("SHUTDOWN", "NOSAVE")
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def server(folder, *flags, **more):
    one = Server(folder, *flags, **more)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(timeout=30)
        for path in (one.socket, one.log):
            if os.path.exists(path):
                os.unlink(path)


def tree(folder):
    """Each file with its content."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as file:
                found[os.path.relpath(os.path.join(where, name), folder)] = file.read()
    return found


class StageTest(IntegrationTest):
    """Folders to stage into, and servers that load them."""

    def setUp(self):
        super().setUp()
        self.made = 0

    PLACE = None  # of the folders; None: that of the run

    def folder(self):
        self.made += 1
        path = tempfile.mkdtemp(prefix=f"stage-{self.made}-", dir=self.PLACE or self.run_facts.folder)
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def stage(self, folder, *flags, stdin=b""):
        return subprocess.run([self.run_facts.binary, "stage", "--dir", folder, *flags], input=stdin, capture_output=True, timeout=120, check=False)

    def report(self, folder, *flags, code=0, **more):
        done = self.stage(folder, *flags, "--output", "json", **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def digest_of(self, folder, *flags):
        with server(folder, *flags) as one:
            self.assertTrue(one.wait(), open(one.log, encoding="utf-8").read())
            digest = one.digest()
            one.stop()
        return digest


class Stage(StageTest):
    def pair(self):
        """A pair of a source server: its files, and the digest at the end of the stream."""
        source = self.folder()
        port = free_port()
        with server(source, "--appendonly", "no", port=port) as one:
            self.assertTrue(one.wait())
            one.ask("SET", "before", "1")
            one.ask("EVAL", "for i=1,500 do redis.call('HSET', 'h'..(i%50), 'f'..i, i) redis.call('RPUSH', 'l', i) end", "0")
            capture = ReplicaCapture(port)
            one.ask("SET", "after", "2", "EX", "100000")
            one.ask("-n", "3", "SADD", "set", "a", "b", "c")
            one.ask("EVAL", "redis.call('DEL', 'h7') redis.call('INCR', 'n')", "0")
            end = int([line for line in one.ask("INFO", "replication").split() if line.startswith("master_repl_offset:")][0].split(":")[1])
            aof = capture.follow_to(end)
            digest = one.digest()
            capture.close()
        paths = self.run_facts.path("pair.rdb"), self.run_facts.path("pair.aof")
        for path, content in zip(paths, (capture.rdb, aof)):
            with open(path, "wb") as file:
                file.write(content)
        return ("--rdb", paths[0], "--aof", paths[1]), digest

    def test_g15_staged_directory_gives_the_digest_of_the_source_after_three_starts(self):
        pair, digest = self.pair()
        folder = self.folder()

        report = self.report(folder, *pair, "--server", "redis:7.0", "--appendonly", "yes")

        self.assertEqual((report["result"], report["layout"]), ("Restored", "MultiPartAOF"))
        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), digest)
        with server(folder, "--appendonly", "yes") as one:
            self.assertTrue(one.wait())
            one.ask("SET", "new", "1")
            written = one.digest()
            one.stop()
        with server(folder, "--appendonly", "yes") as one:
            self.assertTrue(one.wait())
            self.assertEqual(one.digest(), written)
            one.ask("BGREWRITEAOF")
            wait_until("the rewrite", lambda: "aof_rewrite_in_progress:0" in one.ask("INFO", "persistence"))
            one.stop()
        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), written)

    def test_g15_single_file_and_rdb_give_the_digest_too(self):
        pair, digest = self.pair()
        single, rdb = self.folder(), self.folder()
        self.report(single, *pair, "--layout", "SingleAOF", "--appendonly", "yes")
        self.report(rdb, *pair[:2], "--appendonly", "no")

        self.assertEqual(self.digest_of(single, "--appendonly", "yes"), digest)
        alone = self.digest_of(rdb, "--appendonly", "no")
        both = self.folder()
        self.report(both, *pair[:2])

        self.assertEqual(self.digest_of(both, "--appendonly", "yes"), alone)
        shutil.rmtree(os.path.join(both, "appendonlydir"))
        self.assertEqual(self.digest_of(both, "--appendonly", "no"), alone)

    def old(self, append_only, saves=True):
        """A directory with a data set of a real server, and its digest."""
        folder = self.folder()
        with server(folder, "--appendonly", append_only) as one:
            self.assertTrue(one.wait())
            one.ask("SET", "old", "1")
            if saves:
                one.ask("SAVE")
            digest = one.digest()
            one.stop()
        return folder, digest

    def test_g13_command_of_the_page_puts_the_previous_data_set_back(self):
        folder, old = self.old("yes")
        self.report(folder, *PAIR, "--appendonly", "yes", "--existing", "MoveAside")
        restored = self.digest_of(folder, "--appendonly", "yes")
        self.assertNotEqual(restored, old)
        with open(os.path.join(ROOT, "docs", "restore.md"), encoding="utf-8") as file:
            command = re.search(r"<!-- undo -->\n```sh\n(.*?)```", file.read(), re.S).group(1)
        command = command.replace("/var/lib/redis", folder)
        path = f"{os.path.dirname(self.run_facts.binary)}:{os.environ['PATH']}"

        subprocess.run(["sh", "-ec", command], check=True, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL)

        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), old)
        self.assertEqual(self.digest_of(folder, "--appendonly", "no"), old)  # it had a dump.rdb

    def test_g13_each_undo_swaps_both_data_sets_with_what_was_written_since(self):
        folder, old = self.old("yes")
        self.report(folder, *PAIR, "--appendonly", "yes", "--existing", "MoveAside")
        restored = self.digest_of(folder, "--appendonly", "yes")
        self.assertEqual(self.report(folder, "--undo")["result"], "Undone")
        with server(folder, "--appendonly", "yes") as one:
            self.assertTrue(one.wait())
            self.assertEqual(one.digest(), old)
            one.ask("SET", "new", "1")
            one.ask("BGREWRITEAOF")
            wait_until("the rewrite", lambda: "aof_rewrite_in_progress:0" in one.ask("INFO", "persistence"))
            written = one.digest()
            one.stop()

        self.assertEqual(self.report(folder, "--undo")["layout"], "MultiPartAOF")
        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), restored)
        report = self.report(folder, "--undo")

        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), written)
        self.assertEqual(os.listdir(os.path.join(folder, ".redisrestore")).count(report["previousData"]), 1)
        self.assertEqual(len(os.listdir(os.path.join(folder, ".redisrestore"))), 2)

    def test_g13_server_that_had_no_data_refuses_to_start_after_an_undo(self):
        for append_only, other, flags in (("yes", "no", ()), ("no", "yes", ("--drop-aof",))):
            folder, old = self.old(append_only, saves=append_only == "no")
            self.report(folder, *PAIR, "--appendonly", append_only, "--existing", "MoveAside", *flags)

            report = self.report(folder, "--undo")

            self.assertEqual(report["guards"], ["dump.rdb" if append_only == "yes" else "appendonly.aof"])
            self.assertEqual(self.digest_of(folder, "--appendonly", append_only), old)
            with server(folder, "--appendonly", other) as one:
                self.assertFalse(one.wait())

    def test_g13_undo_makes_no_request_and_reports_as_a_restore_does(self):
        folder, _ = self.old("no")
        self.report(folder, *PAIR, "--appendonly", "no", "--drop-aof", "--existing", "MoveAside")
        log = self.run_facts.path("termination")
        env = {**os.environ, "S3_BUCKET": "backups", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "KUBECONFIG": "/nonexistent"}
        dry = self.run_binary("stage", "--dir", folder, "--undo", "--dry-run", env=env)
        self.assertEqual((dry.returncode, dry.stderr), (0, ""))
        self.assertIn("DryRun: the previous data could be put back", dry.stdout)

        done = self.run_binary("stage", "--dir", folder, "--undo", "--run", "monday", "--termination-log", log, env=env)

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("Undone: a server with appendonly no will load the data", done.stdout)
        with open(log, encoding="utf-8") as file:
            said = json.load(file)
        self.assertEqual((said["result"], said["run"], said["layout"], said["files"]), ("Undone", "monday", "RDB", ["dump.rdb"]))
        self.assertEqual(self.report(folder, "--undo", "--run", "monday")["result"], "AlreadyRestored")

    def test_g02_server_with_the_other_appendonly_refuses_to_start(self):
        for flags, other in ((("--appendonly", "yes"), "no"), (("--appendonly", "no", "--drop-aof"), "yes")):
            folder = self.folder()
            self.report(folder, *PAIR, *flags)
            with server(folder, "--appendonly", other) as one:
                self.assertFalse(one.wait())
                self.assertNotEqual(one.process.returncode, 0)

    def test_g02_appendonly_no_with_an_aof_is_exit_code_2(self):
        folder = self.folder()

        report = self.report(folder, *PAIR, "--appendonly", "no", code=2)

        self.assertEqual((report["result"], report["reason"]), ("Failed", "Contradiction"))
        self.assertIn("--drop-aof", report["message"])
        self.assertEqual(tree(folder), {})

    def test_g01_layout_and_names_come_from_redis_conf_and_flags_win(self):
        folder, conf = self.folder(), self.run_facts.path("redis.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write('appendonly yes\nappendfilename "my.aof"\nappenddirname adir\nrequirepass secret\n')

        report = self.report(folder, *PAIR, "--redis-conf", conf, "--append-filename", "other.aof", "--run", "r1")

        self.assertEqual(report["files"], ["adir/other.aof.manifest", "adir/other.aof.r1.base.rdb", "adir/other.aof.r1.incr.aof"])
        digest = self.digest_of(folder, "--appendonly", "yes", "--appendfilename", "other.aof", "--appenddirname", "adir")
        plain = self.folder()
        self.report(plain, *PAIR)
        self.assertEqual(digest, self.digest_of(plain, "--appendonly", "yes"))

    def test_g14_redis_conf_that_needs_a_flag_is_exit_code_2(self):
        conf = self.run_facts.path("bad.conf")
        for text, words in (("include other.conf", b"flags"), ("cluster-enabled yes", b"Cluster"), ("dbfilename /x/y", b"--db-filename"),
                            (f"include {conf}", b"deep"), ("include /nowhere.conf", b"does not exist")):
            with open(conf, "w", encoding="ascii") as file:
                file.write(text)
            done = self.stage(self.folder(), *PAIR, "--redis-conf", conf)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn(words, done.stderr)

    def test_g06_existing_data_is_exit_code_8_and_untouched(self):
        folder = self.folder()
        self.report(folder, *PAIR)
        before = tree(folder)

        report = self.report(folder, *PAIR, code=8)

        self.assertEqual((report["result"], report["reason"]), ("Failed", "DataExists"))
        kept = self.report(folder, *PAIR, "--existing", "Keep")
        self.assertEqual(kept["result"], "Kept")
        self.assertEqual(tree(folder), before)

    def test_g04_damaged_backup_is_exit_code_7_and_leaves_nothing(self):
        with open(PAIR[1], "rb") as file:
            data = bytearray(file.read())
        data[len(data) // 2] ^= 8
        folder = self.folder()

        report = self.report(folder, "--rdb", "-", stdin=bytes(data), code=7)

        self.assertEqual(report["result"], "Damaged")
        self.assertEqual(os.listdir(folder), [])
        report = self.report(folder, *PAIR, "--server", "redis:6.2", code=7)
        self.assertEqual((report["result"], report["reason"], report["target"]["loadable"]), ("Unsupported", "NotLoadable", False))
        self.assertEqual(os.listdir(folder), [])

    def test_g04_signal_leaves_no_staging_folder(self):
        folder = self.folder()
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with subprocess.Popen([self.run_facts.binary, "stage", "--dir", folder, "--rdb", "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdin.write(b"REDIS0010")
                process.stdin.flush()
                wait_until("the staging folder", lambda: os.path.isdir(os.path.join(folder, ".redisrestore")))
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=30), code)
                self.assertIn(b"interrupted", process.stderr.read())
            self.assertEqual(os.listdir(folder), [])

    def test_g04_signal_ends_every_kind_of_pipe_and_a_stream_without_an_end(self):
        """Silent pipes, and one that never is silent and decodes to nothing: zstd frames to skip, one after another."""
        folder = self.folder()
        skipped = "printf '\\x50\\x2a\\x4d\\x18\\x00\\x00\\x10\\x00'; head -c 1048576 /dev/zero"
        silent = "printf REDIS0010; sleep 60"
        for backup in (f"exec 3< <({silent}); exec \"$@\" --rdb /proc/self/fd/3", f"exec < <({silent}); exec \"$@\" --rdb /dev/stdin",
                       f"exec \"$@\" --rdb <({silent})", f"exec \"$@\" --rdb <(while {skipped}; do :; done)",
                       f"exec < <(while {skipped}; do :; done); exec \"$@\" --rdb -"):
            with self.subTest(backup=backup), subprocess.Popen(["bash", "-c", backup, "stage", self.run_facts.binary, "stage", "--dir", folder],
                                                               stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                wait_until("the staging folder", lambda: os.path.isdir(os.path.join(folder, ".redisrestore")))
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(timeout=15), 143)
                self.assertIn(b"interrupted", process.stderr.readline())
                self.assertEqual(os.listdir(folder), [])

    def test_g08_full_volume_is_exit_code_9(self):
        folder, image = self.folder(), self.run_facts.path("small")
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], check=False).returncode != 0:
            self.skipTest(f"cannot mount {image}")
        self.addCleanup(subprocess.run, ["umount", folder], check=False)
        large = os.urandom(3 << 20)
        stream = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + b"".join(
            b"*3\r\n$3\r\nSET\r\n$1\r\n%d\r\n$%d\r\n%s\r\n" % (i, len(large), large) for i in range(8))

        report = self.report(folder, "--rdb", PAIR[1], "--aof", "-", stdin=gzip.compress(stream, 1), code=9)

        self.assertEqual(report["reason"], "NoSpace")
        self.assertEqual(os.listdir(folder), [])

    def test_g08_limit_of_the_file_size_is_exit_code_9_and_leaves_nothing(self):
        folder = self.folder()

        done = subprocess.run(["bash", "-c", 'ulimit -f 1; exec "$@"', "limited", self.run_facts.binary, "stage", "--dir", folder, *PAIR],
                              capture_output=True, timeout=120, check=False)

        self.assertEqual(done.returncode, 9, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(os.listdir(folder), [])

    def test_g19_directory_in_memory_is_a_warning(self):
        if not os.access("/dev/shm", os.W_OK):
            self.skipTest("no /dev/shm")
        folder = tempfile.mkdtemp(dir="/dev/shm")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)

        self.assertIn("emptyDir", self.report(folder, *PAIR)["warning"])

    def test_g09_files_belong_to_the_owner_of_the_directory(self):
        if os.geteuid() != 0:
            self.skipTest("only root can change owners")
        folder = self.folder()
        os.chown(folder, 999, 998)

        self.report(folder, *PAIR)

        for where, folders, names in os.walk(folder):
            for name in folders + names:
                found = os.stat(os.path.join(where, name))
                self.assertEqual((found.st_uid, found.st_gid), (999, 998), name)
        other = self.folder()
        self.report(other, *PAIR, "--owner", "1001:1002")
        self.assertEqual(os.stat(os.path.join(other, "dump.rdb")).st_uid, 1001)

    def test_g11_mount_point_as_append_only_folder_is_exit_code_9(self):
        folder = self.folder()
        inner = os.path.join(folder, "appendonlydir")
        os.mkdir(inner)
        if os.geteuid() != 0 or subprocess.run(["mount", "--bind", inner, inner], check=False).returncode != 0:
            self.skipTest("cannot mount")
        self.addCleanup(subprocess.run, ["umount", inner], check=False)

        self.assertEqual(self.report(folder, *PAIR, code=9)["reason"], "OtherFileSystem")

    def test_g09_volume_that_is_mounted_read_only_is_exit_code_9(self):
        folder = self.folder()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], check=False).returncode != 0:
            self.skipTest("cannot mount")
        self.addCleanup(subprocess.run, ["umount", folder], check=False)
        self.report(folder, *PAIR)
        self.report(folder, *PAIR, "--existing", "MoveAside")
        before = tree(folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        for flags in ((*PAIR, "--existing", "MoveAside"), (*PAIR, "--existing", "Replace"), ("--undo",)):
            with self.subTest(flags=flags[-1]):
                report = self.report(folder, *flags, code=9)

                self.assertEqual(report["reason"], "NotWritable")
                self.assertIn("mount the volume for writing", report["message"])
                self.assertEqual(tree(folder), before)

    def test_g11_pipe_in_the_place_of_a_file_is_named_and_never_waited_for(self):
        for name, flags, code in (("dump.rdb", (*PAIR, "--existing", "Replace"), 9), ("given.rdb", None, 2)):
            folder = self.folder()
            path = os.path.join(folder, name)
            os.mkfifo(path)
            with self.subTest(name=name):
                done = self.stage(folder, *(flags or ("--rdb", path)))

                self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
                self.assertIn(b"named pipe (FIFO)", done.stderr)
                self.assertEqual(os.listdir(folder), [name])

    def test_g16_termination_log_that_is_a_pipe_without_a_reader_does_not_hang(self):
        pipe, folder = self.run_facts.path("pipe"), self.folder()
        os.mkfifo(pipe)

        done = self.run_binary("stage", "--dir", folder, *PAIR, "--termination-log", pipe)

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cannot write the file of --termination-log", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_g13_undo_gives_linked_files_to_the_owner(self):
        folder = self.folder()
        self.stage(folder, *PAIR)
        self.stage(folder, *PAIR, "--existing", "MoveAside", "--even-if-restored")

        self.stage(folder, "--undo", "--owner", "999:998")

        for parent, _, names in os.walk(folder):
            for name in names:
                if ".redisrestore" not in parent:
                    found = os.stat(os.path.join(parent, name))
                    self.assertEqual((found.st_uid, found.st_gid), (999, 998), name)

    def test_g16_termination_log_has_the_result(self):
        log = self.run_facts.path("termination")
        folder = self.folder()

        self.stage(folder, *PAIR, "--run", "r1", "--termination-log", log)

        with open(log, encoding="utf-8") as file:
            said = json.load(file)
        self.assertEqual((said["result"], said["run"], said["keysInRDB"]), ("Restored", "r1", 62))
        self.stage(folder, *PAIR, "--termination-log", log)
        with open(log, encoding="utf-8") as file:
            said = json.load(file)
        self.assertEqual((said["result"], said["reason"]), ("Failed", "DataExists"))

    def in_bucket(self, folder, *flags, env=None):
        return self.run_binary("stage", "--dir", folder, *flags, env=env)

    def put_pair(self):
        for path, key in ((PAIR[1], "dump-20260131-235900.rdb"), (PAIR[3], "appendonly-20260131-235900.aof")):
            with open(path, "rb") as file:
                self.put(f"redis-backups/shop-cart/{key}", body=file.read())

    def test_g12_backup_of_a_bucket_is_staged_once_and_then_no_request_is_made(self):
        self.put_pair()
        folder, files = self.folder(), self.folder()
        self.report(files, *PAIR, "--appendonly", "yes")
        done = self.in_bucket(folder, "--appendonly", "yes", "--existing", "Keep", "--output", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["result"], report["rdb"]["keys"]), ("Restored", 62))
        with open(os.path.join(folder, ".redisrestore", "restored.json"), encoding="utf-8") as file:
            pinned = json.load(file)["backup"]
        self.assertEqual({kind: (one["key"], one["size"]) for kind, one in pinned.items()},
                         {kind: (report[kind]["key"], report[kind]["size"]) for kind in ("rdb", "aof")})
        self.assertRegex(pinned["rdb"]["etag"], "^[0-9a-f]{32}$")
        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), self.digest_of(files, "--appendonly", "yes"))

        again = self.in_bucket(folder, "--existing", "Keep", env=self.environment(AWS_ENDPOINT_URL="http://127.0.0.1:9"))

        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("Kept", again.stdout)

    def put_timed(self, stamp, made, aof):
        """A backup without keys: its RDB says when it was made, its AOF has #TS: lines."""
        rdb = b"REDIS0010\xfa\x05ctime\xc2" + struct.pack("<i", made) + b"\xff" + bytes(8)
        self.put(f"redis-backups/shop-cart/dump-{stamp}.rdb", body=rdb)
        lines = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
        for second, value in aof:
            lines += b"#TS:%d\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n%c\r\n" % (second, value)
        self.put(f"redis-backups/shop-cart/appendonly-{stamp}.aof", body=lines)

    def put_three_timed(self):
        for stamp, made in (("20260101-000000", 1000), ("20260102-000000", 2000), ("20260103-000000", 3000)):
            self.put_timed(stamp, made, [(made + 10, ord("a")), (made + 20, ord("b"))])

    def test_p02_time_chooses_the_newest_rdb_that_was_made_by_then(self):
        self.put_three_timed()
        folder = self.folder()

        done = self.in_bucket(folder, "--appendonly", "yes", "--to-time", "1970-01-01T00:33:35Z", "--output", "json")

        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["rdb"]["key"], report["aof"]["key"]),
                         ("redis-backups/shop-cart/dump-20260102-000000.rdb", "redis-backups/shop-cart/appendonly-20260102-000000.aof"))
        self.assertEqual({look["createdAt"]: look.get("passedOver", "") for look in report["recoverySearch"]},
                         {"1970-01-01T00:16:40Z": "Older", "1970-01-01T00:33:20Z": "", "1970-01-01T00:50:00Z": "MadeLater"})
        with server(folder, "--appendonly", "yes") as one:
            self.assertTrue(one.wait(), open(one.log, encoding="utf-8").read())
            self.assertEqual(one.ask("GET", "k"), "a")

    def test_p02_time_before_every_rdb_is_exit_code_7_with_the_window(self):
        self.put_three_timed()
        folder = self.folder()

        done = self.in_bucket(folder, "--to-time", "1970-01-01T00:16:39Z", "--output", "json")

        self.assertEqual(done.returncode, 7, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["reason"], "RecoveryTargetUnreachable")
        self.assertIn("of 3 RDBs that were looked at, none is known to be made by then; they were made from 1970-01-01T00:16:40Z to "
                      "1970-01-01T00:50:00Z", report["message"])
        self.assertEqual({look["passedOver"] for look in report["recoverySearch"]}, {"MadeLater"})
        self.assertEqual(os.listdir(folder), [])
        text = self.in_bucket(folder, "--to-time", "1970-01-01T00:16:39Z")
        self.assertEqual(text.returncode, 7)
        self.assertIn("cannot be reached", text.stderr)

    def test_p02_criteria_bound_the_search_for_a_time(self):
        self.put_three_timed()
        folder = self.folder()

        done = self.in_bucket(folder, "--to-time", "1970-01-01T00:50:15Z", "--timestamp", "20260102-000000", "--output", "json", "--dry-run")

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["rdb"]["key"], "redis-backups/shop-cart/dump-20260102-000000.rdb")
        self.assertEqual(self.in_bucket(folder, "--to-time", "1970-01-01T00:50:15Z", "--previous", "1").returncode, 2)

    def test_p03_time_without_a_clock_takes_the_rdb_alone_with_drop_aof(self):
        self.put_three_timed()
        self.put("redis-backups/shop-cart/appendonly-20260102-000000.aof", body=b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n")
        folder = self.folder()
        wanted = ("--to-time", "1970-01-01T00:33:35Z")
        self.assertEqual(self.in_bucket(folder, *wanted).returncode, 7)

        done = self.in_bucket(folder, *wanted, "--drop-aof", "--output", "json")

        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["rdb"]["createdAt"], "aof" in report), ("1970-01-01T00:33:20Z", False))

    def test_g12_no_backup_at_all_may_start_empty(self):
        folder = self.folder()
        self.assertEqual(self.in_bucket(folder).returncode, 3)
        done = self.in_bucket(folder, "--on-no-backup", "StartEmpty")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("StartEmpty", done.stdout)
        self.put_pair()

        done = self.in_bucket(folder, "--on-no-backup", "StartEmpty", "--not-after", "2020-01-01T00:00:00Z")

        self.assertEqual(done.returncode, 3, done.stdout)
        done = self.in_bucket(folder, "--on-no-backup", "StartEmpty", env=self.environment(AWS_ENDPOINT_URL="http://127.0.0.1:9"))
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertEqual(os.listdir(folder), [])

    def test_g12_refused_access_is_exit_code_5_and_not_9(self):
        folder = self.folder()

        done = self.in_bucket(folder, env=self.environment(AWS_SECRET_ACCESS_KEY="wrong-key"))

        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(os.listdir(folder), [])

    def init_backup(self, folder, **more):
        program = os.path.join(os.path.dirname(self.run_facts.binary), "init-backup")
        return self.run_binary(program=program, env=self.environment(DATA_DIR=folder, **more))

    def test_g18_init_backup_stages_once_and_then_makes_no_request(self):
        self.put_pair()
        folder, files = self.folder(), self.folder()
        self.report(files, *PAIR)
        done = self.init_backup(folder)
        self.assertEqual(done.returncode, 0, done.stdout)
        for words in ('"Starting init-backup service" data_dir=', '"Latest backup set found"', '"Starting backup restoration"', '"Downloading RDB file"',
                      '"RDB file restored successfully"', '"AOF file restored successfully"', '"Backup restoration completed successfully"'):
            self.assertIn("msg=" + words, done.stdout)
        self.assertEqual(self.digest_of(folder, "--appendonly", "yes"), self.digest_of(files, "--appendonly", "yes"))
        before = tree(folder)

        again = self.init_backup(folder, AWS_ENDPOINT_URL="http://127.0.0.1:9")

        self.assertEqual(again.returncode, 0, again.stdout)
        self.assertIn("nothing to restore", again.stdout)
        self.assertEqual(tree(folder), before)

    def test_g06_directory_that_a_server_initialized_is_kept_with_a_warning(self):
        self.put_pair()
        folder = self.folder()
        with server(folder, "--appendonly", "yes") as one:
            self.assertTrue(one.wait())
            one.stop()

        report = json.loads(self.in_bucket(folder, "--existing", "Keep", "--output", "json").stdout)
        done = self.init_backup(folder)

        self.assertEqual(report["result"], "Kept")
        self.assertIn("the data that was kept has 0 keys", report["warning"])
        self.assertEqual(done.returncode, 0)
        self.assertIn('"Data directory was kept, but its server may start without data"', done.stdout)
        refused = self.in_bucket(folder)
        self.assertEqual(refused.returncode, 8)
        self.assertIn(" bytes, 0 keys, last written ", refused.stderr)

    def test_g18_init_backup_without_a_backup_fails_unless_it_may_start_empty(self):
        folder = self.folder()
        done = self.init_backup(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("START_EMPTY", done.stdout)
        self.assertEqual(self.init_backup(folder, START_EMPTY="true").returncode, 0)
        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb", body=b"no RDB at all, but large enough")
        done = self.init_backup(folder, START_EMPTY="true")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"Failed to restore backup set"', done.stdout)
        self.assertEqual(os.listdir(folder), [])

    def test_g17_other_ordinal_does_nothing(self):
        folder = self.folder()

        report = self.report(folder, *PAIR, "--only-ordinal", "18446744073709551615")

        self.assertEqual(report["result"], "NotThisOrdinal")
        self.assertEqual(os.listdir(folder), [])

    def test_g07_same_run_is_done_at_once(self):
        folder = self.folder()
        self.report(folder, *PAIR, "--run", "r1")
        began = time.monotonic()

        report = self.report(folder, "--rdb", PAIR[1], "--run", "r1")

        self.assertEqual(report["result"], "AlreadyRestored")
        self.assertGreater(time.monotonic(), began)
        report = self.report(folder, *PAIR, "--run", "r2", "--existing", "MoveAside")
        self.assertTrue(os.path.isdir(os.path.join(folder, ".redisrestore", report["previousData"], "appendonlydir")))

    def test_g01_wrong_calls_are_exit_code_2(self):
        folder = self.folder()
        for flags in ((), ("--rdb", "-", "--aof", "-"), ("--rdb", "/nowhere"), (*PAIR, "--existing", "x"), (*PAIR, "--layout", "x"),
                      (*PAIR, "--appendonly", "x"), (*PAIR, "--run", "A"), (*PAIR, "--owner", "root"), (*PAIR, "--db-filename", "a/b"),
                      (*PAIR, "--db-filename", "appendonlydir"), (*PAIR, "--to-time", "yesterday"), (*PAIR, "--drop-aof", "--to-offset", "1"),
                      (*PAIR, "--to-offset", "1", "--to-position", "1")):
            with self.subTest(flags=flags):
                done = self.stage(folder, *flags)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertTrue(done.stderr.startswith(b"redisrestore: "), done.stderr)
        self.assertEqual(subprocess.run([self.run_facts.binary, "stage", *PAIR], capture_output=True, check=False).returncode, 2)
        self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
