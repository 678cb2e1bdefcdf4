# SPDX-License-Identifier: Apache-2.0
"""Clients that ask for the page of metrics and do not read it (behaviour W-10, F-57): the memory of the controller stays bounded.

`OBJECTS=12000 PAUSE_S=0.4 FIGURES=/tmp/figures python3 tests/integration/run.py test_metrics_slow` appends the figures of docs/performance.md to the file.
"""

import concurrent.futures
import http.client
import json
import os
import socket
import ssl
import threading
import time

from support.context import ControllerTest
from support.preload import RELEASE
from support.processes import wait_until

OBJECTS, PAUSE_S = int(os.environ.get("OBJECTS", "1500")), float(os.environ.get("PAUSE_S", "0"))  # above a second in all, clients get other pages
CLIENTS = 62  # the server admits 64 connections
GROWTH_MAX_MIB = 24  # the replies under way have 16 MiB, and a page may be in the making


def anonymous_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) / 1024


class SlowReaders(ControllerTest):
    def start_controller(self, *flags, **kwargs):
        return super().start_controller(*flags, program=RELEASE, **kwargs)  # sanitizers need memory of their own

    def create_objects(self):
        """Suspended ones: the store is not asked. Their names are as long as a name may be, so that few objects make a large page."""
        context = ssl.create_default_context(cafile=self.cluster.ca)
        with open(self.cluster.kubeconfig, encoding="ascii") as file:
            user = json.load(file)["users"][0]["user"]
        context.load_cert_chain(user["client-certificate"], user["client-key"])
        path, connections = f"/apis/redisrestore.dev/v1alpha1/namespaces/{self.namespace}/redisrestores", threading.local()
        opened = []

        def create(number):
            if not hasattr(connections, "own"):
                connections.own = http.client.HTTPSConnection(self.cluster.url.removeprefix("https://"), context=context, timeout=60)
                opened.append(connections.own)
            connections.own.request("POST", path, json.dumps(self.restore(f"{number:06}-{'x' * 240}", suspend=True)), {"Content-Type": "application/json"})
            reply = connections.own.getresponse()
            text = reply.read()
            self.assertEqual(reply.status, 201, text[:300])

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(create, range(OBJECTS)))
        for connection in opened:
            connection.close()

    def ask(self):
        """The status of a client that reads the head of the reply and then nothing."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.metrics_port))
        self.addCleanup(connection.close)
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(PAUSE_S)
        return int(connection.recv(64).split()[1])

    def test_w10_clients_that_do_not_read_the_page_cost_bounded_memory(self):
        self.create_objects()
        wait_until("all objects in the metrics", lambda: self.http(self.metrics_port, "/metrics")[1].count("\nredisrestore_backup_ready{") == OBJECTS, timeout=600)
        page = len(self.http(self.metrics_port, "/metrics")[1])
        before = anonymous_mib(self.controller.pid)

        statuses = [self.ask() for _ in range(CLIENTS)]

        grown = anonymous_mib(self.controller.pid) - before
        served = statuses.count(200)
        with open(os.environ.get("FIGURES", os.devnull), "a", encoding="ascii") as file:
            print(f"{OBJECTS} objects, a page of {page / 2**20:.1f} MiB, {CLIENTS} clients that do not read: {served} served, "
                  f"{before:.1f} MiB anonymous before, {grown:+.1f} MiB with them", file=file)
        self.assertGreater(served, 0)
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertLess(grown, GROWTH_MAX_MIB)
        self.assertGreater(CLIENTS * page / 2**20, GROWTH_MAX_MIB, "a copy for each client would pass too: more objects")
