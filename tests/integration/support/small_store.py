# SPDX-License-Identifier: Apache-2.0
"""A small S3 server in memory: buckets, PUT, GET and HEAD of objects, ListObjectsV2 in pages. It looks at the access key, not at the
signature. For scripts/try, where no MinIO is installed."""

import hashlib
import time
import urllib.parse

from .listing import page
from .python_store import PythonStore

PAGE_KEYS = 1000
_ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>refused</Message></Error>'


class SmallStore(PythonStore):
    def __init__(self, access_key):
        self.access_key = access_key
        self.objects = {}  # bucket: {key: (body, modification time, metadata)}
        super().__init__()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(request.path)
        bucket, _, key = urllib.parse.unquote(url.path)[1:].partition("/")
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if self.access_key_of(request) != self.access_key:
            self.send(request, 403, _ERROR.format("InvalidAccessKeyId"))
        elif request.command == "PUT" and not key:
            self.objects.setdefault(bucket, {})
            self.send(request, 200)
        elif bucket not in self.objects:
            self.send(request, 404, _ERROR.format("NoSuchBucket"))
        elif request.command == "PUT":
            metadata = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-amz-meta-")}
            modified = time.time()
            self.objects[bucket][key] = (body, modified, metadata)
            self.send(request, 200)
        elif not key and request.command == "GET" and "uploads" in query:
            self.send(request, 200, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
        elif not key and request.command == "GET":
            self.send(request, 200, self._page(bucket, query))
        elif key in self.objects[bucket]:
            found, modified, metadata = self.objects[bucket][key]
            self.send(request, 200, found, {"ETag": f'"{hashlib.md5(found).hexdigest()}"', **metadata,
                                            "Last-Modified": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(modified))})
        else:
            self.send(request, 404, _ERROR.format("NoSuchKey"))

    def _page(self, bucket, query):
        prefix, after = query.get("prefix", ""), query.get("continuation-token") or query.get("start-after", "")
        limit = min(PAGE_KEYS, int(query.get("max-keys", PAGE_KEYS)))
        keys = sorted((key for key in self.objects[bucket] if key.startswith(prefix) and key > after), key=str.encode)
        rows = []
        for key in keys[:limit]:
            body, modified, _ = self.objects[bucket][key]
            rows.append((key, len(body), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(modified)) + f".{int(modified * 1000) % 1000:03d}Z"))
        return page(*rows, next_token=keys[limit - 1] if len(keys) > limit else None)
