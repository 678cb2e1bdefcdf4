# SPDX-License-Identifier: Apache-2.0
"""A small S3 server in memory: buckets, PUT, GET and HEAD of objects, ListObjectsV2 in pages. It looks at the access key, not at the
signature. For scripts/try, where no MinIO is installed."""

import hashlib
import http.server
import re
import threading
import time
import urllib.parse

from .listing import page

PAGE_KEYS = 1000
_ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>refused</Message></Error>'


class SmallStore:
    def __init__(self, access_key):
        self.access_key = access_key
        self.objects = {}  # bucket: {key: (body, modification time, metadata)}
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

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(request.path)
        bucket, _, key = urllib.parse.unquote(url.path)[1:].partition("/")
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        signer = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
        if not signer or signer.group(1) != self.access_key:
            self._send(request, 403, _ERROR.format("InvalidAccessKeyId"))
        elif request.command == "PUT" and not key:
            self.objects.setdefault(bucket, {})
            self._send(request, 200)
        elif bucket not in self.objects:
            self._send(request, 404, _ERROR.format("NoSuchBucket"))
        elif request.command == "PUT":
            metadata = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-amz-meta-")}
            modified = time.time()
            self.objects[bucket][key] = (body, modified, metadata)
            self._send(request, 200)
        elif not key and request.command == "GET" and "uploads" in query:
            self._send(request, 200, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
        elif not key and request.command == "GET":
            self._send(request, 200, self._page(bucket, query))
        elif key in self.objects[bucket]:
            found, modified, metadata = self.objects[bucket][key]
            self._send(request, 200, found, {"ETag": f'"{hashlib.md5(found).hexdigest()}"', **metadata,
                                             "Last-Modified": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(modified))})
        else:
            self._send(request, 404, _ERROR.format("NoSuchKey"))

    def _page(self, bucket, query):
        prefix, after = query.get("prefix", ""), query.get("continuation-token") or query.get("start-after", "")
        limit = min(PAGE_KEYS, int(query.get("max-keys", PAGE_KEYS)))
        keys = sorted((key for key in self.objects[bucket] if key.startswith(prefix) and key > after), key=str.encode)
        rows = []
        for key in keys[:limit]:
            body, modified, _ = self.objects[bucket][key]
            rows.append((key, len(body), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(modified)) + f".{int(modified * 1000) % 1000:03d}Z"))
        return page(*rows, next_token=keys[limit - 1] if len(keys) > limit else None)

    @staticmethod
    def _send(request, status, body=b"", headers=None):
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
