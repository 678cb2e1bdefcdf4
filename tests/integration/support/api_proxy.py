# SPDX-License-Identifier: Apache-2.0
"""Stands between the controller and the real API server, with TLS of its own, and does what networks and API servers do at their worst.

A fault is data (docs/testing.md tells its fields):
  {"match": {"kind": "watch", "name": ..., "type": ..., "query": {...}}, "skip": N, "times": N, "at": "request" | "event" | "now", "do": {...}}
It counts what it delivered to the controller, and it records every request, so that a test fails when its fault did not happen.
"""

import asyncio
import gzip
import hashlib
import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from .api_faults import Fault, Gone, STANDING_OLDER_SERVER, event_line, kind_of, name_of, status_body

REFLECTOR = ("list", "watch", "watch-list")
_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


class Ended(Exception):
    """A fault closed the connection."""


class _Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.kind = kind_of(method, self.path, self.query)
        self.name = name_of(self.path)

    def target(self):
        return self.path + ("?" + urllib.parse.urlencode(self.query) if self.query else "")


async def _read_head(reader):
    """(first line, [(name, value)]), or None at the end of the connection."""
    line = (await reader.readline()).decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    headers = []
    while header := (await reader.readline()).decode("latin-1").rstrip("\r\n"):
        name, _, value = header.partition(":")
        headers.append((name, value.strip()))
    return line, headers


def _value(headers, wanted):
    return next((value for name, value in headers if name.lower() == wanted), "")


class _Answer:
    """The API server's reply, as it arrives."""

    def __init__(self, status, headers, reader, writer):
        self.status, self.headers, self._reader, self._writer = status, headers, reader, writer
        self._length = int(_value(headers, "content-length") or 0)
        self._chunked = _value(headers, "transfer-encoding").lower() == "chunked"

    async def pieces(self):
        if not self._chunked:
            yield await self._reader.readexactly(self._length)
            return
        while size := int((await self._reader.readline()).split(b";")[0] or b"0", 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()

    async def body(self):
        return b"".join([piece async for piece in self.pieces()])

    def close(self):
        self._writer.transport.abort()


class _Connection:
    """One connection of the controller."""

    def __init__(self, proxy, reader, writer, number):
        self.proxy, self.reader, self.writer, self.number = proxy, reader, writer, number
        self.writer.transport.set_write_buffer_limits(high=1, low=0)  # drain() means written
        self.task = asyncio.current_task()

    async def send(self, data, dribble=None):
        step = dribble["bytes"] if dribble else max(len(data), 1)
        try:
            for start in range(0, len(data), step):
                self.writer.write(data[start:start + step])
                await self.writer.drain()
                if dribble:
                    await asyncio.sleep(dribble["ms"] / 1000)
        except OSError as error:
            raise Gone from error

    async def send_chunk(self, data, dribble=None):
        await self.send(b"%x\r\n%s\r\n" % (len(data), data), dribble)

    def end(self, reset=False):
        raw = self.writer.get_extra_info("socket") if reset else None
        if raw:  # None: the controller has closed it
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Ended

    async def serve(self):
        while (head := await _read_head(self.reader)) is not None:
            line, headers = head
            method, target, _ = line.split(" ", 2)
            body = await self.reader.readexactly(int(_value(headers, "content-length") or 0))
            request = _Request(method, target, headers, body)
            record = self.proxy.record(request, self.number)
            try:
                await self.answer(request, record)
            finally:
                record["ended"] = time.monotonic()

    async def answer(self, request, record):
        fault = self.proxy.pick(request, "request")
        if fault is None and self.proxy.is_revoked(request):
            return await self.reply(401, status_body(401), record)
        if fault is None:
            return await self.forward(request, record, {})
        record["fault"], record["standing"] = fault.label, fault.standing
        with fault.delivery() as action:
            await self.act(request, record, action)

    async def act(self, request, record, action):
        if action.get("delay_ms"):
            await asyncio.sleep(action["delay_ms"] / 1000)
        if "refuse_ms" in action:
            self.proxy.refuse(action["refuse_ms"] / 1000)
            self.end()
        for key, value in action.get("set_query", {}).items():
            request.query.pop(key, None)
            if value is not None:
                request.query[key] = value
        if action.get("after_server"):
            await self.after_server(request, record)
        if "silence_ms" in action:
            await self.silence(action["silence_ms"])
        if action.get("reset") or action.get("close"):
            self.end(bool(action.get("reset")))
        if "raw" in action:
            await self.send(action["raw"].encode("latin-1"))
            self.end()
        if "status" in action or "body" in action:
            return await self.reply(action.get("status", 200), action.get("body", None), record, action)
        return await self.forward(request, record, action)

    async def after_server(self, request, record):
        """The API server does its work; the controller hears something else, or nothing."""
        answer = await self.proxy.ask(request)
        record["served"] = answer.status
        await answer.body()
        answer.close()

    async def silence(self, milliseconds, gone=None):
        """Neither a byte nor an end, until the time has passed or the controller gives up."""
        waiting = gone or asyncio.ensure_future(self.reader.read(1))
        await asyncio.wait({waiting}, timeout=milliseconds / 1000)
        waiting.cancel()
        self.end()

    async def reply(self, status, body, record, action=None):
        action = action or {}
        record["status"] = status
        if body is None:
            body = status_body(status, action.get("cause"))
        data = body.encode("utf-8", "surrogateescape") * action.get("repeat", 1)
        await self.send_reply(status, [("Content-Type", action.get("content_type", "application/json")), *action.get("headers", {}).items()], data, action)

    async def send_reply(self, status, headers, data, action):
        if "gzip_bytes" in action:
            data = gzip.compress(b" " * action["gzip_bytes"])
            headers = [*headers, ("Content-Encoding", "gzip")]
        if action.get("gzip"):
            data = gzip.compress(data)
            headers = [*headers, ("Content-Encoding", "gzip")]
        if "truncate" in action:
            data = data[:action["truncate"]]
        if action.get("connection_close"):
            headers = [*headers, ("Connection", "close")]
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in [*headers, ("Content-Length", str(len(data)))]) + "\r\n"
        whole = head.encode("latin-1") + data
        cut = action.get("cut_head", len(head) + action["cut"] if "cut" in action else None)
        whole = whole if cut is None else whole[:cut]
        await self.send(whole[:len(head)], action.get("dribble"))
        try:
            await self.send(whole[len(head):], action.get("dribble"))
        except Gone as gone:
            raise Ended from gone  # it saw the head and wanted no more
        if cut is not None or action.get("connection_close"):
            self.end(action.get("end") == "reset")

    async def forward(self, request, record, action):
        try:
            answer = await self.proxy.ask(request)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            self.end()  # a server that is not there
        try:
            record["status"] = record["served"] = answer.status
            headers = [(name, value) for name, value in answer.headers if name.lower() not in _HOP]
            if request.kind in ("watch", "watch-list") and answer.status == 200:
                head = "HTTP/1.1 200 OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "Transfer-Encoding: chunked\r\n\r\n"
                await self.send(head.encode("latin-1"))
                return await _WatchStream(self, request, record, answer, action).run()
            data = await answer.body()
            if request.kind == "list" and answer.status == 200:
                self.proxy.tell_list(request, record, data)
            return await self.send_reply(answer.status, headers, data, action)
        finally:
            answer.close()


class _WatchStream:
    """A watch under way: whole events from the server, faults between and inside them."""

    def __init__(self, connection, request, record, answer, action):
        self.connection, self.request, self.record, self.answer, self.action = connection, request, record, answer, action
        self.proxy, self.held, self.gone = connection.proxy, None, None
        self.poked = asyncio.Event()

    async def lines(self, queue):
        pending = b""
        try:
            async for piece in self.answer.pieces():
                *whole, pending = (pending + piece).split(b"\n")
                for line in whole:
                    await queue.put(line + b"\n")
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        await queue.put(None)

    async def run(self):
        queue = asyncio.Queue()
        reading = asyncio.ensure_future(self.lines(queue))
        self.gone = gone = asyncio.ensure_future(self.connection.reader.read(1))
        self.proxy.watches.add(self)
        line = None
        try:
            await self.act_now()
            while True:
                line = line or asyncio.ensure_future(queue.get())
                poke = asyncio.ensure_future(self.poked.wait())
                await asyncio.wait({line, poke, gone}, return_when=asyncio.FIRST_COMPLETED)
                poke.cancel()
                if gone.done():
                    raise Gone
                if self.poked.is_set():
                    self.poked.clear()
                    await self.act_now()
                if not line.done():
                    continue
                event, line = line.result(), None
                if event is None:
                    break
                await self.pass_on(event)
            await self.connection.send(b"0\r\n\r\n")
        finally:
            self.proxy.watches.discard(self)
            tasks = [task for task in (reading, gone, line) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # the connection is free for its next request

    async def act_now(self):
        while (fault := self.proxy.pick(self.request, "now")) is not None:
            await self.fault(fault, b"")

    async def pass_on(self, line):
        event = json.loads(line)
        fault = self.proxy.pick(self.request, "event", event)
        if fault is None:
            await self.deliver(line)
        else:
            await self.fault(fault, line)

    async def fault(self, fault, line):
        self.record["fault"] = fault.label
        with fault.delivery() as action:
            await self.act(action, line)

    async def deliver(self, line):
        if not line:
            return
        await self.connection.send_chunk(line, self.action.get("dribble"))
        self.proxy.tell_event(self.request, self.record, line)
        if self.held:
            held, self.held = self.held, None
            await self.deliver(held)

    async def act(self, action, line):
        connection = self.connection
        if action.get("delay_ms"):
            await asyncio.sleep(action["delay_ms"] / 1000)
        if action.get("swap") and line:
            self.held = line
            return
        if "cut" in action:
            part = line[:action["cut"]] if action["cut"] >= 0 else line[:len(line) + action["cut"]]
            if part:
                await connection.send_chunk(part)
            connection.end(action.get("end") == "reset")
        for event in action.get("insert", ()):
            inserted = event_line(event, line, self.proxy.known_version(self.request))
            await self.deliver(inserted) if isinstance(event, dict) and "type" in event else await connection.send_chunk(inserted)
        if "silence_ms" in action:
            await connection.silence(action["silence_ms"], self.gone)
        for _ in range(action.get("copies", 1)):
            await self.deliver(line)
        if "refuse_ms" in action:
            self.proxy.refuse(action["refuse_ms"] / 1000)
        if action.get("finish"):
            await connection.send(b"0\r\n\r\n")
        if action.get("finish") or action.get("reset") or action.get("close") or "refuse_ms" in action:
            connection.end(bool(action.get("reset")))


class ApiProxy:
    """Listens on loopback until stop(). `url` and `ca` are for the controller's kubeconfig."""

    def __init__(self, cluster, authority, older_server=False):
        self.requests, self.watches = [], set()
        self.faults = [Fault(STANDING_OLDER_SERVER, standing=True)] if older_server else []
        self._authority, self._upstream = authority, urllib.parse.urlsplit(cluster.url)
        self._trust = ssl.create_default_context(cafile=cluster.ca)
        self._revoked, self._versions, self._connections, self._connection_count = set(), {}, set(), 0
        self._server, self.port, self._refusing = None, 0, 0.0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.certify("proxy", authority)
        self.url, self.ca = f"https://127.0.0.1:{self.port}", authority.ca

    # --- for tests --------------------------------------------------------------------------------------------------

    def arm(self, *faults):
        """Faults wait for their match from now on. Returns them, so that `delivered` can be read."""
        armed = [fault if isinstance(fault, Fault) else Fault(fault) for fault in faults]
        with self._lock:
            self.faults = [fault for fault in self.faults if fault.standing or not fault.over()] + armed
        self._run(self._poke())
        return armed

    def disarm(self, *faults):
        """These, or all."""
        with self._lock:
            self.faults = [fault for fault in self.faults if fault.standing or (faults and fault not in faults)]

    def set_older(self, older):
        """Whether the server refuses streaming lists from now on."""
        with self._lock:
            self.faults = [fault for fault in self.faults if not fault.standing] + ([Fault(STANDING_OLDER_SERVER, standing=True)] if older else [])

    def mark(self):
        """The number of requests so far."""
        return len(self.requests)

    def since(self, mark, *kinds):
        """Requests after the mark, of these kinds; without those that an older server refuses of itself."""
        return [record for record in self.requests[mark:] if record["kind"] in (kinds or (record["kind"],)) and not record["standing"]]

    def before(self, mark, *kinds):
        """The last request of these kinds before the mark, or None."""
        return next((record for record in reversed(self.requests[:mark]) if record["kind"] in kinds), None)

    def revoke(self, token):
        """From now on the server answers that token with 401."""
        self._revoked.add(hashlib.sha256(token.encode()).hexdigest())

    def certify(self, name, authority):
        """Shows a new certificate of that authority to new connections; the old ones end."""
        certificate, key = authority.sign(name, "/CN=proxy", "DNS:localhost,IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
        self._context = context
        self._run(self._listen())

    def refuse(self, seconds):
        """Nothing listens for so long, and every connection ends."""
        asyncio.run_coroutine_threadsafe(self._refuse(seconds), self._loop)

    def stop(self):
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    # --- inside the loop's thread -----------------------------------------------------------------------------------

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _poke(self):
        for watch in self.watches:
            watch.poked.set()

    async def _listen(self):
        await self._close()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        if self._server:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.writer.transport.abort()
            connection.task.cancel()

    async def _refuse(self, seconds):
        self._refusing = max(self._refusing, time.monotonic() + seconds)
        await self._close()
        await asyncio.sleep(seconds)
        if self._server is None and time.monotonic() >= self._refusing:
            await self._listen()

    async def _serve(self, reader, writer):
        self._connection_count += 1
        connection = _Connection(self, reader, writer, self._connection_count)
        self._connections.add(connection)
        try:
            await connection.serve()
        except (Gone, Ended, OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self._connections.discard(connection)
            writer.transport.abort()

    def record(self, request, connection):
        scheme, _, token = _value(request.headers, "authorization").partition(" ")
        record = {"number": len(self.requests), "at": time.monotonic(), "ended": None, "kind": request.kind, "method": request.method, "path": request.path,
                  "query": dict(request.query), "name": request.name, "connection": connection, "status": None, "served": None, "fault": None,
                  "standing": False, "scheme": scheme, "token": hashlib.sha256(token.encode()).hexdigest()[:12], "known": self.known_version(request),
                  "content_type": _value(request.headers, "content-type"), "length": len(request.body)}
        self.requests.append(record)
        return record

    def pick(self, request, at, event=None):
        with self._lock:
            fault = next((fault for fault in self.faults if fault.meets(request, at, event)), None)
            return fault if fault and fault.takes() else None

    def is_revoked(self, request):
        token = _value(request.headers, "authorization").partition(" ")[2]
        return hashlib.sha256(token.encode()).hexdigest() in self._revoked

    async def ask(self, request):
        reader, writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port, ssl=self._trust, limit=1 << 26)
        headers = [(name, value) for name, value in request.headers if name.lower() not in _HOP]
        head = f"{request.method} {request.target()} HTTP/1.1\r\nHost: {self._upstream.netloc}\r\nConnection: close\r\nContent-Length: {len(request.body)}\r\n"
        writer.write((head + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n").encode("latin-1") + request.body)
        await writer.drain()
        line, reply_headers = await _read_head(reader) or ("", [])
        if not line:
            writer.transport.abort()
            raise ConnectionResetError
        return _Answer(int(line.split(" ")[1]), reply_headers, reader, writer)

    def known_version(self, request):
        """The resourceVersion of the last list or whole event that the controller got for that collection."""
        return self._versions.get(request.path)

    def tell_list(self, request, record, data):
        metadata = json.loads(data).get("metadata", {})
        record["version"], record["has_next"] = metadata.get("resourceVersion"), bool(metadata.get("continue"))
        if not record["has_next"]:
            self._versions[request.path] = record["version"]

    def tell_event(self, request, record, line):
        try:
            event = json.loads(line)
            metadata, kind = event["object"]["metadata"], event["object"].get("kind")
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        usable = event["type"] == "BOOKMARK" or (event["type"] in ("ADDED", "MODIFIED", "DELETED") and "uid" in metadata)
        if usable and kind == "RedisRestore" and "resourceVersion" in metadata:
            self._versions[request.path] = metadata["resourceVersion"]
