# SPDX-License-Identifier: Apache-2.0
"""The common part of the S3 servers in Python: a server on a free port of this machine, the signer's access key, and replies."""

import http.server
import re
import threading


class PythonStore:
    """`answer(request)` of the subclass gets each request, a BaseHTTPRequestHandler, on a thread of its own."""

    def __init__(self):
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                store.answer(self)

            do_PUT = do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, request):
        raise NotImplementedError

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def access_key_of(request):
        """The access key that signed the request; None without one."""
        found = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
        return found and found.group(1)

    @staticmethod
    def send(request, status, body=b"", headers=None):
        body = body.encode() if isinstance(body, str) else body
        try:
            request.send_response(status)
            for name, value in {"Content-Type": "application/xml", "Content-Length": str(len(body)), **(headers or {})}.items():
                request.send_header(name, value)
            request.end_headers()
            if request.command != "HEAD":
                request.wfile.write(body)
        except OSError:
            request.close_connection = True
