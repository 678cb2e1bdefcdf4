# SPDX-License-Identifier: Apache-2.0
"""The worst replies that the caps of a page admit, 64 at the same time: the process stays within 24 MiB above idle (S-25)."""

import bisect
import http.server
import os
import select
import threading
import time
import unittest
import urllib.parse

from support.context import ControllerTest
from support.preload import RELEASE

REPLIES, ABOVE_IDLE_MIB, PATIENCE_S, QUIET_S = 64, 24, 60, 3
KEY_MAX, PAGE_KEYS, BLANKS = 1024, 1000, 10_000
HEAD = '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{}</IsTruncated>'
ENTRY_END = ("</Key><LastModified>2026-01-31T23:59:00.000Z</LastModified><ETag>&quot;" + "e" * 126 + "&quot;</ETag><Size>70</Size><StorageClass>" + "S" * 128 +
             "</StorageClass></Contents>")
TAIL = b"</ListBucketResult>"


class Keys:
    """Keys in order, computed when they are read: begin, number, end, and between the last two what makes them 1,024 bytes long, each byte sent as %XX."""

    def __init__(self, count, begin, end, long=True):
        self.count, self.begin, self.end = count, begin, end
        self.filling = KEY_MAX - len(begin) - 9 - len(end) if long else 0

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        return f"{self.begin}{number:09d}{'~' * self.filling}{self.end}"

    def entries(self, begin, end):
        rest = "%7E" * self.filling + self.end + ENTRY_END
        return [f"<Contents><Key>{self.begin}{number:09d}{rest}" for number in range(begin, end)]


class WorstStore:
    """Sends whole pages until `free` replies of the kind that it holds were sent, then all of a page but its end, until it is stopped. How many requests the
    client can have under way depends on what it learned from the pages before: while it asks for nothing more, four pages get their end."""

    def __init__(self, keys_of, free, holds=lambda prefix: True):
        self.keys_of, self.free, self.holds = keys_of, free, holds
        self.asked = self.held = self.most_held = self.to_end = 0
        self.changed, self.stopped = threading.Condition(), False
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                try:
                    store.answer(self)
                except OSError:  # the client went away
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.stopped = True
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        get = {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query).items()}
        keys = self.keys_of(get["prefix"])
        begin = bisect.bisect_right(keys, get["start-after"]) if "start-after" in get else 0
        end = min(len(keys), begin + int(get["max-keys"]))
        with self.changed:
            self.asked += self.holds(get["prefix"])
            hold = self.holds(get["prefix"]) and self.asked > self.free
            self.changed.notify_all()
        self.send(request, keys.entries(begin, end), end < len(keys), hold)

    def send(self, request, entries, truncated, hold):
        head = HEAD.format("true" if truncated else "false") + ("<NextContinuationToken>t</NextContinuationToken>" if truncated else "")
        body = (head + "".join(entries)).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body) + len(TAIL) + (BLANKS if hold else 0)))
        request.end_headers()
        request.wfile.write(body)
        if hold:
            self.hold(request)
        request.wfile.write(TAIL)

    def hold(self, request):
        """Until the client ends the connection. A blank now and then keeps the reply from being silent for too long."""
        self.count(1)
        blanks = 0
        while not self.stopped and not self.is_to_end() and not select.select([request.connection], [], [], QUIET_S)[0]:
            request.wfile.write(b" ")
            blanks += 1
        self.count(-1)
        request.wfile.write(b" " * (BLANKS - blanks))

    def is_to_end(self):
        with self.changed:
            is_this = self.to_end > 0
            self.to_end -= is_this
            return is_this

    def count(self, more):
        with self.changed:
            self.held += more
            self.most_held = max(self.most_held, self.held)
            self.changed.notify_all()

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE_S
        with self.changed:
            while not condition() and time.monotonic() < end:
                before = self.asked
                if not self.changed.wait(2 * QUIET_S) and self.asked == before and self.held > 0:
                    self.to_end += 4
            return condition()


def ids(_prefix):
    """A bucket of many replication IDs, each with one RDB."""
    return Keys(5_000_000, "redis-backups/", "/dump-20260131-235900.rdb")


def one_id(prefix):
    """A bucket of one ID with RDBs for more than a page. Behind the name of each of their AOFs is a page of longer names."""
    if "appendonly-" in prefix:
        return Keys(PAGE_KEYS, f"{prefix}.", "")
    return Stamps()


class Stamps(Keys):
    def __init__(self):
        super().__init__(PAGE_KEYS + 100, "", "", long=False)

    def __getitem__(self, number):
        return f"redis-backups/a/dump-20260131-{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}.rdb"

    def entries(self, begin, end):
        return [f"<Contents><Key>{self[number]}{ENTRY_END}" for number in range(begin, end)]


@unittest.skipUnless(os.path.exists(RELEASE), "needs the release build")
class WorstReplies(ControllerTest):
    """Without sanitizers, which need memory of their own."""

    def start_controller(self, *flags, **kwargs):
        return super().start_controller(*flags, program=RELEASE, **kwargs)

    def restart(self, *flags):
        self.stop_controller(self.controller)
        self.controller = self.start_controller(*flags)

    def memory_kib(self, name):
        with open(f"/proc/{self.controller.popen.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name))

    def store(self, *args, **kwargs):
        store = WorstStore(*args, **kwargs)
        self.addCleanup(store.stop)
        return store

    def assert_little_memory(self, store, reached, *manifests):
        idle = self.memory_kib("VmRSS")
        self.cluster.apply(*manifests)
        there = store.wait_for(reached)
        above = self.memory_kib("VmHWM") - idle
        self.assertTrue(there, f"{store.asked} asked for, {store.most_held} under way together, {above} KiB above idle\n{self.controller.log()[-2000:]}")
        self.assertLess(above, ABOVE_IDLE_MIB * 1024, "KiB above idle")

    def test_s25_64_worst_pages_of_one_listing(self):
        store = self.store(ids, free=24)
        self.restart("--discovery-concurrency", str(REPLIES + 32))  # some wait for the replies of others

        self.assert_little_memory(store, lambda: store.held >= REPLIES, self.restore(s3={"endpoint": store.url}))

    def test_s25_64_worst_pages_of_lookups(self):
        """Each object looks up the AOF of its newest RDB, then those of eight RDBs together. Half of the workers may run for one namespace."""
        newest = Stamps()[PAGE_KEYS + 99].split("dump-")[1].removesuffix(".rdb")
        store = self.store(one_id, free=0, holds=lambda prefix: "appendonly-" in prefix and newest not in prefix)
        self.restart("--workers", str(REPLIES // 4))
        spec = {"selection": {"onMissingAOF": "PreviousComplete"}}

        self.assert_little_memory(store, lambda: store.held >= REPLIES,
                                  *(self.restore(f"restore-{number}", s3={"endpoint": f"{store.url}/{number}"}, **spec) for number in range(REPLIES // 4)))

    def test_s25_64_worst_first_pages(self):
        """They are stored until they end, so the budget of all does not admit them together: some are asked for again."""
        store = self.store(ids, free=2)
        self.restart("--workers", str(REPLIES))
        self.apply("first", s3={"endpoint": store.url})  # an endpoint that has answered may be asked by all
        self.assertTrue(store.wait_for(lambda: store.asked >= 2))

        self.assert_little_memory(store, lambda: store.asked >= store.free + 2 * REPLIES,
                                  *(self.restore(f"restore-{number}", s3={"endpoint": f"{store.url}/{number}"}) for number in range(REPLIES)))


if __name__ == "__main__":
    unittest.main()
