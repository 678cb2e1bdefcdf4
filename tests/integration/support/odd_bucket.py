# SPDX-License-Identifier: Apache-2.0
"""A bucket that lists as S3 does, except for what a case says it does otherwise.

Fields of a case's "bucket", all optional:
  keys            list of keys, or of [key, modification time]; by default one pair. Modification times grow with the list. "\\udcXX" is a raw byte.
  many            {"ids": N, "sessions": N}: so many pairs more, older than all of the list
  folders         {id: {"rdbs": N, "aofs": N}}: so many backups more, each folder newer than those before it
  endless         keys without end
  page_keys       keys on a page at most (1000)
  order           "shuffled": neither pages nor what is on them is sorted
  ignores         of start-after, encoding-type, prefix
  start_after     "keys": one that is no key of the bucket is answered with an empty page that is not truncated
  v2              "ignored" (list-type=2 is answered as version 1) or "refused" (501)
  at_once         requests that are answered at once, 30 ms each; for more than that `beyond`: "503", or "reset"
  key_count       what KeyCount says instead of the truth; null: absent
  clock_offset_s  its clock against ours; a request that is over 15 minutes off is refused as S3 does
  region          what requests must be signed for; another one is answered 400, or 301 with "region_by": "redirect"
  session_token   the X-Amz-Security-Token that requests must carry; another one has expired
"""

import base64
import calendar
import random
import re
import time
import urllib.parse
from xml.sax.saxutils import escape

RDB, AOF = "redis-backups/a/dump-20260131-235900.rdb", "redis-backups/a/appendonly-20260131-235900.aof"
ENDLESS_KEYS = 10 ** 12
WINDOW_S = 900
FIELDS = {"keys", "many", "folders", "endless", "page_keys", "order", "ignores", "start_after", "at_once", "beyond", "v2", "key_count", "clock_offset_s", "region", "region_by", "session_token"}


def error_body(code, more=""):
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>server words 7q3z that must not be shown</Message>{more}<RequestId>REQ1</RequestId></Error>'


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")


def _time(number):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1769904000 + number))


class _Endless:
    """10^12 keys that are computed, not stored."""

    def __len__(self):
        return ENDLESS_KEYS

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(ENDLESS_KEYS))]
        return b"redis-backups/%012d/dump-20260101-000000.rdb" % index, _time(0)


class OddBucket:
    def __init__(self, facts=None):
        self.facts = facts or {}
        unknown = set(self.facts) - FIELDS
        if unknown:
            raise ValueError(f"unknown fields of a bucket: {sorted(unknown)}")
        self.ignores, self.page_keys = self.facts.get("ignores", ()), self.facts.get("page_keys", 1000)
        if self.facts.get("endless"):
            self.objects = _Endless()
            return
        many = self.facts.get("many", {"ids": 0, "sessions": 0})
        found = {}
        for i in range(many["ids"]):
            for s in range(many["sessions"]):
                stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1767225600 + 3600 * s))
                for name in (f"appendonly-{stamp}.aof", f"dump-{stamp}.rdb"):
                    found[_bytes(f"redis-backups/id-{i:04d}/{name}")] = _time(-10000000 + len(found))
        for folder, counts in self.facts.get("folders", {}).items():
            for kind, name in (("rdbs", "dump-{}.rdb"), ("aofs", "appendonly-{}.aof")):
                for number in range(counts.get(kind, 0)):
                    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1767225600 + 3600 * number))
                    found[_bytes(f"redis-backups/{folder}/{name.format(stamp)}")] = _time(-5000000 + len(found))
        for entry in self.facts.get("keys", [AOF, RDB]):
            key, modified = entry if isinstance(entry, list) else (entry, _time(len(found)))
            found[_bytes(key)] = modified
        self.objects, self._keys = sorted(found.items()), set(found)
        if self.facts.get("order") == "shuffled":
            random.Random(5).shuffle(self.objects)

    def refusal(self, headers):
        """The reply of S3 before it looks at the listing, or None. `headers` have names in lower case."""
        facts = self.facts
        if "clock_offset_s" in facts:
            signed = calendar.timegm(time.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ"))
            if abs(signed - (time.time() + facts["clock_offset_s"])) > WINDOW_S:
                return {"status": 403, "body": error_body("RequestTimeTooSkewed")}
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", headers.get("authorization", ""))
        if "region" in facts and region and region[1] != facts["region"]:
            if facts.get("region_by") == "redirect":
                return {"status": 301, "headers": {"x-amz-bucket-region": facts["region"]}, "body": error_body("PermanentRedirect", "<Endpoint>evil.example.com</Endpoint>")}
            return {"status": 400, "body": error_body("AuthorizationHeaderMalformed", f"<Region>{facts['region']}</Region>")}
        if "session_token" in facts and headers.get("x-amz-security-token") != facts["session_token"]:
            return {"status": 400, "body": error_body("ExpiredToken")}
        if facts.get("v2") == "refused" and "list-type=2" in headers[":target"]:
            return {"status": 501, "body": error_body("NotImplemented")}
        return None

    def _first(self, after):
        """The place of the first key behind `after`."""
        if self.facts.get("order") == "shuffled":
            return next((place for place, (key, _) in enumerate(self.objects) if key > after), len(self.objects))
        low, high = 0, len(self.objects)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.objects[middle][0] > after else (middle + 1, high)
        return low

    def _choose(self, query, is_v2):
        """(objects and common prefixes of the page, place behind it, whether there is more)"""
        prefix, delimiter = (query.get(name, b"") for name in ("prefix", "delimiter"))
        prefix = b"" if "prefix" in self.ignores else prefix
        after = query.get("start-after" if is_v2 else "marker", b"")
        if is_v2 and "start-after" in self.ignores:
            after = b""
        if self.facts.get("start_after") == "keys" and after and after not in self._keys:
            return [], [], len(self.objects), False
        token = query.get("continuation-token", b"") if is_v2 else b""
        place = int(base64.b64decode(token).split(b"|")[1]) if token else max(self._first(after) if after else 0, 0)
        if self.facts.get("order") != "shuffled" and prefix > (self.objects[place][0] if place < len(self.objects) else b""):
            place = max(place, self._first(prefix[:-1] + bytes([prefix[-1] - 1]) + b"\xff" * 4))
        limit, chosen, prefixes = min(self.page_keys, int(query.get("max-keys", b"1000"))), [], []
        while place < len(self.objects):
            key, modified = self.objects[place]
            if not key.startswith(prefix):
                if self.facts.get("order") == "shuffled":
                    place += 1
                    continue
                return chosen, prefixes, place, False
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            folder = key[:cut + len(delimiter)] if cut >= 0 else None
            if folder is None or folder not in prefixes:
                if len(chosen) + len(prefixes) == limit:
                    return chosen, prefixes, place, True
                if folder is None:
                    chosen.append((key, modified))
                else:
                    prefixes.append(folder)
            place += 1
        return chosen, prefixes, place, False

    def page(self, target):
        """The body that answers this request target."""
        query = {name: urllib.parse.unquote_to_bytes(value.replace("+", " ")) for name, _, value in (pair.partition("=") for pair in urllib.parse.urlsplit(target).query.split("&"))}
        if "uploads" in query:
            return ('<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket>'
                    "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
        is_v2 = query.get("list-type") == b"2" and self.facts.get("v2") != "ignored"
        chosen, prefixes, place, more = self._choose(query, is_v2)
        encoded = query.get("encoding-type") == b"url" and "encoding-type" not in self.ignores

        def show(raw):
            return urllib.parse.quote_plus(raw, safe="/*") if encoded else escape(raw.decode("utf-8", "surrogateescape"))
        parts = ['<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>',
                 f"<Prefix>{show(query.get('prefix', b''))}</Prefix><MaxKeys>1000</MaxKeys>", "<EncodingType>url</EncodingType>" if encoded else "",
                 f"<IsTruncated>{str(more).lower()}</IsTruncated>"]
        if is_v2:
            count = self.facts.get("key_count", len(chosen) + len(prefixes))
            parts.append(f"<KeyCount>{count}</KeyCount>" if count is not None else "")
            if more:  # a token that would not survive being decoded
                parts.append(f"<NextContinuationToken>{base64.b64encode(b'a+%2F%25?>~|' + str(place).encode()).decode()}</NextContinuationToken>")
        else:
            parts.append(f"<Marker>{show(query.get('marker', b''))}</Marker>")
        if not is_v2 and more and query.get("delimiter"):
            parts.append(f"<NextMarker>{show(max([key for key, _ in chosen] + prefixes))}</NextMarker>")
        parts += [f"<Contents><Key>{show(key)}</Key><LastModified>{modified}</LastModified><ETag>&quot;00&quot;</ETag><Size>70</Size></Contents>" for key, modified in chosen]
        parts += [f"<CommonPrefixes><Prefix>{show(folder)}</Prefix></CommonPrefixes>" for folder in prefixes]
        return "".join(parts) + "</ListBucketResult>"
