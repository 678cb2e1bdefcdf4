"""An S3 server that does on command what real ones do not: scripted status lines, headers, bodies, cuts and silences.

A fault is data: {"status": 503, "headers": {...}, "body": "...", "chunked": false, "cut": N, "pause_before": S, "times": N}
  cut: send so many bytes of the whole reply and close.  pause_before: wait so long before the first byte.
  times: then the next fault of the list is used; the last one stays for ever.  "{page}" in the body is the number of the request.
"""

import json
import os
import socket
import ssl
import threading
import time

FAULTS_FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults.json")


def faults_of(name):
    with open(FAULTS_FILE, encoding="utf-8") as file:
        return json.load(file)[name]


class FaultStore:
    """Listens on loopback; every request gets the next scripted answer. `requests` holds what was asked: (request line, headers)."""

    def __init__(self, *faults, tls=None):
        self.faults, self.requests = list(faults), []
        self._served = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._context = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def named(cls, name, **kwargs):
        return cls(*faults_of(name), **kwargs)

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

    def _next_fault(self):
        with self._lock:
            number = self._served
            self._served += 1
            for fault in self.faults:
                number -= fault.get("times", 1 << 60)
                if number < 0:
                    break
            return fault, self._served

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
        headers = {}
        while (header := reader.readline().decode("latin-1").rstrip("\r\n")):
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        with self._lock:
            self.requests.append((line, headers))
        fault, number = self._next_fault()
        if fault.get("pause_before"):
            self._stopped.wait(fault["pause_before"])
        reply = self._render(fault, number)
        cut = fault.get("cut")
        connection.sendall(reply if cut is None else reply[:cut])
        return cut is None and not fault.get("close")

    @staticmethod
    def _render(fault, number):
        body = fault.get("body", "").replace("{page}", str(number)).encode("utf-8", "surrogateescape") * fault.get("repeat_body", 1)
        headers = {"Content-Type": "application/xml", **fault.get("headers", {})}
        if fault.get("chunked"):
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 100]), body[i:i + 100]) for i in range(0, len(body), 100)) + b"0\r\n\r\n"
        elif "raw" not in fault:
            headers.setdefault("Content-Length", str(len(body)))
        if "raw" in fault:
            return fault["raw"].encode()
        headers.setdefault("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))
        head = f"HTTP/1.1 {fault.get('status', 200)} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        return head.encode() + body
