# SPDX-License-Identifier: Apache-2.0
"""An S3 server that does on command what real ones do not: scripted status lines, headers, bodies, cuts and silences.

It answers from a bucket (odd_bucket.py) unless one of its faults strikes. A fault is data; all its fields are optional:
  match           {"query": {"start-after": "some" | "absent" | text}, "method", "path"}: which requests it meets (all)
  skip, times     lets so many of those pass first (0); strikes so often (without limit)
  status          200
  error, more     the body is an S3 error with this code, and with this XML beside it
  body, repeat    the body; [text, times] is put between the first "{}" of it. Without body and error: what the bucket answers
  encoding        of the body (utf-8)
  headers         beside Content-Type, Content-Length and Date; null removes one
  date_offset_s   Date is so far from now
  truncate        the body ends so many bytes early, and its length fits
  gzip, gzip_mib  the body is compressed; it is so many MiB of blanks, compressed
  chunked         no Content-Length; chunks of so many bytes
  cut, close      so many bytes of the whole reply, then the end; the connection ends after it
  dribble         {"bytes", "ms"}: so many bytes at a time
  pause_before    seconds before the first byte
  raw             these bytes instead of a reply
"{page}" in the body is the number of the request; "{target}" in headers and body is the URL of a second server that records its requests.
"""

import gzip
import json
import os
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from .odd_bucket import OddBucket, error_body

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults", "store")
FIELDS = {"match", "skip", "times", "status", "error", "more", "body", "repeat", "encoding", "headers", "date_offset_s", "truncate", "gzip", "gzip_mib", "chunked", "cut", "close",
          "dribble", "pause_before", "raw"}


class FaultStore:
    """Listens on loopback. `requests` holds what was asked: (request line, headers with small names). `answers` holds the status of each."""

    def __init__(self, *faults, bucket=None, tls=None, target=""):
        for fault in faults:
            if set(fault) - FIELDS:
                raise ValueError(f"unknown fields of a fault: {sorted(set(fault) - FIELDS)}")
        self.faults, self.bucket, self.target = [dict(fault) for fault in faults], bucket or OddBucket(), target
        self.requests, self.delivered, self.refused = [], [0] * len(faults), 0
        self._now = 0
        self._met = [0] * len(faults)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._context = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def named(cls, name, **kwargs):
        """The store of a case in faults/store."""
        with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
            case = json.load(file)
        return cls(*case.get("faults", ()), bucket=OddBucket(case.get("bucket")), **kwargs)

    def stop(self):
        self._stopped.set()
        self._socket.close()

    def _accept(self):
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _meets(match, method, target):
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        wanted = all({"some": name in query, "absent": name not in query}.get(value, query.get(name) == value) for name, value in match.get("query", {}).items())
        return wanted and match.get("method", method) == method and match.get("path", url.path) == url.path

    def _choose(self, method, target, headers):
        with self._lock:
            self.requests.append((f"{method} {target} HTTP/1.1", headers))
            number = len(self.requests)
            for place, fault in enumerate(self.faults):
                if not self._meets(fault.get("match", {}), method, target):
                    continue
                self._met[place] += 1
                if self._met[place] > fault.get("skip", 0) and self.delivered[place] < fault.get("times", 1 << 60):
                    self.delivered[place] += 1
                    return fault, number
        return self.bucket.refusal(headers) or {}, number

    def _serve(self, connection):
        try:
            connection.settimeout(30)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as reader:
                while self._one_request(connection, reader):
                    pass
        except (OSError, ssl.SSLError):
            pass

    def _one_request(self, connection, reader):
        line = reader.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return False
        method, target, _ = line.split(" ", 2)
        headers = {":target": target}
        while (header := reader.readline().decode("latin-1").rstrip("\r\n")):
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        fault, number = self._choose(method, target, headers)
        if "at_once" in self.bucket.facts and not fault:
            fault = self._take_turn()
        if fault.get("pause_before"):
            self._stopped.wait(fault["pause_before"])
        if fault.get("reset"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reply = self._render(fault, number, method, target)
        cut, dribble = fault.get("cut"), fault.get("dribble")
        reply = reply if cut is None else reply[:cut]
        for start in range(0, len(reply), dribble["bytes"]) if dribble else ():
            connection.sendall(reply[start:start + dribble["bytes"]])
            time.sleep(dribble["ms"] / 1000)
        if not dribble:
            connection.sendall(reply)
        return cut is None and not fault.get("close") and "raw" not in fault

    def _take_turn(self):
        """A store that answers only so many requests at once."""
        facts = self.bucket.facts
        with self._lock:
            self._now += 1
            is_beyond = self._now > facts["at_once"]
            self.refused += is_beyond
        self._stopped.wait(0.03)
        with self._lock:
            self._now -= 1
        if not is_beyond:
            return {}
        return {"status": 503, "close": True} if facts.get("beyond") == "503" else {"raw": "", "reset": True}

    def _body(self, fault, number, target):
        if fault.get("gzip_mib"):
            return gzip.compress(b" " * (fault["gzip_mib"] << 20), compresslevel=1)
        if "error" in fault:
            text = error_body(fault["error"], fault.get("more", ""))
        elif "body" in fault or "status" in fault:
            text = fault.get("body", "")
        else:
            text = self.bucket.page(target)
        if "repeat" in fault:
            before, after = text.split("{}", 1)
            text = before + fault["repeat"][0] * fault["repeat"][1] + after
        body = text.replace("{page}", str(number)).replace("{target}", self.target).encode(fault.get("encoding", "utf-8"), "surrogateescape")
        body = body[:len(body) - fault.get("truncate", 0)]
        return gzip.compress(body) if fault.get("gzip") else body

    def _render(self, fault, number, method, target):
        if "raw" in fault:
            return fault["raw"].encode("latin-1")
        body = self._body(fault, number, target)
        headers = {"Content-Type": "application/xml", "Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + fault.get("date_offset_s", self._clock_offset_s())))}
        if "chunked" in fault:
            size = fault["chunked"]
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size]) for i in range(0, len(body), size)) + b"0\r\n\r\n"
        else:
            headers["Content-Length"] = str(len(body))
        if fault.get("gzip") or fault.get("gzip_mib"):
            headers["Content-Encoding"] = "gzip"
        headers |= fault.get("headers", {})
        head = f"HTTP/1.1 {fault.get('status', 200)} X\r\n" + "".join(f"{name}: {value.replace('{target}', self.target)}\r\n" for name, value in headers.items() if value is not None) + "\r\n"
        return head.encode("latin-1") + (b"" if method == "HEAD" else body)

    def _clock_offset_s(self):
        return self.bucket.facts.get("clock_offset_s", 0)
