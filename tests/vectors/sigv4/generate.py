#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the SigV4 vectors in cases/ with botocore, one JSON file a case, or with --check compares them with what is there.

Run by ./check, which makes a virtual environment with the pinned botocore. A case holds a request as rr_sigv4_sign takes it,
and every step of its signature; "key" is given with "path" where the path is that of an object."""

import json
import pathlib
import sys
from datetime import datetime, timezone

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

CASES = pathlib.Path(__file__).resolve().parent / "cases"
ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJ+AbC/dEf+gHi=="
LIST = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", "1000")]


def listing(*more, **extra):
    return {"path": "/bkt", "query": LIST + list(more), **extra}


def object_of(key, **extra):
    return {"key": key, "path": "/bkt/" + percent_encode(key, safe="/~"), **extra}


def generic(path, query=(), **extra):
    return {"path": path, "query": list(query), "service": "service", "host": "example.amazonaws.com", **extra}


def cases():
    yield "list-prefix", listing(("prefix", "redis-backups/"))
    yield "list-prefix-empty", listing(("prefix", ""))
    yield "list-prefix-space", listing(("prefix", "redis backups/a  b/"))
    yield "list-prefix-plus", listing(("prefix", "redis+backups/"))
    yield "list-prefix-percent", listing(("prefix", "100%/%2F/%zz/"))
    yield "list-prefix-tilde", listing(("prefix", "~user/-._~/"))
    yield "list-prefix-reserved", listing(("prefix", "!\"#$&'()*+,:;<=>?@[\\]^`{|}/"))
    yield "list-prefix-unicode", listing(("prefix", "бэкап/日本/🗄️/é/"))
    yield "list-prefix-control", listing(("prefix", "tab\there/new\nline/\x01\x7f"))
    yield "list-prefix-1024-bytes", listing(("prefix", "p+ /" * 256))
    yield "list-token", listing(("prefix", "redis-backups/"), ("continuation-token", "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="))
    yield "list-token-plus-slash", listing(("continuation-token", "a+b/c==+/="), ("prefix", "a"))
    yield "list-start-after", listing(("prefix", "redis-backups/"), ("start-after", "redis-backups/id/dump-20260131-235900.rdb"))
    yield "list-start-after-odd", listing(("start-after", "redis-backups/a b+c%d/dump-~\u00ff.rdb"), ("prefix", "redis-backups/"))
    yield "list-delimiter", listing(("delimiter", "/"), ("prefix", "redis-backups/"))
    yield "list-virtual-host", listing(("prefix", "redis-backups/"), path="/", host="bkt.s3.eu-central-1.amazonaws.com", region="eu-central-1")
    yield "list-port", listing(("prefix", "redis-backups/"), host="minio.example:9000", scheme="http")
    yield "list-port-of-the-other-scheme", listing(host="minio.example:443", scheme="http")
    yield "list-ipv6", listing(host="[2001:db8::1]:9000", scheme="http")
    yield "list-session-token", listing(("prefix", "redis-backups/"), token=TOKEN)
    yield "list-region-gov", listing(region="us-gov-west-1", host="s3.us-gov-west-1.amazonaws.com")
    yield "list-region-china", listing(region="cn-north-1", host="s3.cn-north-1.amazonaws.com.cn")
    yield "list-region-custom", listing(region="Garage_1", host="garage:3900", scheme="http")
    yield "list-end-of-year", listing(time="2026-12-31T23:59:59")
    yield "list-leap-day", listing(time="2028-02-29T00:00:00")

    yield "query-none", {"path": "/bkt", "query": []}
    yield "query-subresource", {"path": "/bkt", "query": [("location", "")]}
    yield "query-duplicates", {"path": "/bkt", "query": [("a", "2"), ("b", ""), ("a", "1"), ("a", "1"), ("a", "10"), ("a", "")]}
    yield "query-order-of-encoded-names", {"path": "/bkt", "query": [("a=", "1"), ("a", "2"), ("a-b", "3"), ("A", "4"), ("aé", "5"), ("a~", "6"), ("a.", "7"), ("a0", "8")]}
    yield "query-order-of-encoded-values", {"path": "/bkt", "query": [("a", "é"), ("a", "~"), ("a", "/"), ("a", "Z"), ("a", " "), ("a", "-")]}

    yield "key-plain", object_of("redis-backups/id/dump-20260131-235900.rdb", method="HEAD")
    yield "key-space", object_of("a b/ c /d")
    yield "key-plus", object_of("a+b/++")
    yield "key-percent", object_of("a%20b/%/%%41")
    yield "key-tab-newline", object_of("a\tb/c\nd/\r")
    yield "key-unicode", object_of("redis-backups/日本/é/🗄️.rdb")
    yield "key-reserved", object_of("!\"#$&'()*,:;<=>?@[\\]^`{|}~-._")
    yield "key-1024-bytes", object_of("k/%+ é~-." * 93 + "k" * (1024 - 93 * 10 - 0))
    yield "key-double-slash", object_of("a//b///c")
    yield "key-leading-slash", object_of("/a")
    yield "key-trailing-slash", object_of("a/")
    yield "key-dot-segment", object_of("a/./b/.")
    yield "key-dot-dot-segment", object_of("a/../b/../../c/..")
    yield "key-dots-encoded", object_of("%2e%2e/%2E/...")

    yield "header-blanks-folded", {"path": "/bkt", "headers": [("X-Amz-Meta-A", "  a   b \t c  "), ("x-amz-meta-b", "\"a   b\"")]}
    yield "header-lines-folded", {"path": "/bkt", "headers": [("x-amz-meta-a", "first\n  second\r\n\tthird")]}
    yield "header-repeated", {"path": "/bkt", "headers": [("x-amz-meta-a", "z"), ("X-Amz-Meta-A", " a  b "), ("x-amz-meta-a", "m")]}
    yield "header-empty", {"path": "/bkt", "headers": [("x-amz-meta-a", ""), ("x-amz-meta-b", "   ")]}
    yield "header-order", {"path": "/bkt", "headers": [("Range", "bytes=0-9"), ("x-amz-meta-b", "1"), ("X-AMZ-META-A", "2"), ("Accept", "*/*"), ("x-amz-meta-a-b", "3"), ("If-Match", "\"e\"")]}
    yield "payload-body", {"path": "/bkt/a", "method": "PUT", "body": b"Welcome to Amazon S3."}
    yield "payload-unsigned", {"path": "/bkt/a", "method": "PUT", "body": b"x", "unsigned": True}

    yield "generic-vanilla", generic("/")
    yield "generic-query-order", generic("/", [("Param2", "value2"), ("Param1", "value1")])
    yield "generic-post-token", generic("/", method="POST", token=TOKEN, service="sts", host="sts.us-east-1.amazonaws.com", body=b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15")
    yield "generic-normalized-dots", generic("/a/./b/../c/", normalize=True)
    yield "generic-normalized-slashes", generic("//a///b", normalize=True)
    yield "generic-normalized-root", generic("/a/..", normalize=True)


def sign(case):
    service, region = case.get("service", "s3"), case.get("region", "us-east-1")
    host, scheme = case.get("host", "s3.us-east-1.amazonaws.com"), case.get("scheme", "https")
    when = datetime.fromisoformat(case.get("time", "2026-01-31T23:59:00")).replace(tzinfo=timezone.utc)
    request = AWSRequest(method=case.get("method", "GET"), url=f"{scheme}://{host}{case['path']}", params=list(case.get("query", [])), data=case.get("body", b""))
    request.headers["Host"] = host
    for name, value in case.get("headers", []):
        request.headers[name] = value  # appends: botocore's headers keep repeated names
    request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
    if case.get("unsigned"):
        request.context["payload_signing_enabled"] = False
        request.context["has_streaming_input"] = True
        request.headers["Content-MD5"] = "ndSAZ4oRf5rn9OHWlVk2rw=="
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, case.get("token")), service, region)
    signer._modify_request_before_signing(request)
    headers = list(request.headers.items())
    canonical = signer.canonical_request(request)
    text = signer.string_to_sign(request, canonical)
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return {
        "access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY, "session_token": case.get("token", ""),
        "region": region, "service": service, "unix_s": int(when.timestamp()), "normalize_path": case.get("normalize", False),
        "method": request.method, "path": case["path"], "key": case.get("key"), "query": case.get("query", []), "headers": headers,
        "payload_sha256_hex": canonical.rsplit("\n", 1)[1],
        "query_string": signer.canonical_query_string(request), "canonical_request": canonical, "string_to_sign": text,
        "authorization": request.headers["Authorization"],
    }


def main():
    check = sys.argv[1:] == ["--check"]
    made = {f"{name}.json": json.dumps(sign(case), indent=1, ensure_ascii=False) + "\n" for name, case in cases()}
    found = {path.name: path.read_text() for path in CASES.glob("*.json")}
    if not check:
        CASES.mkdir(exist_ok=True)
        for name in found.keys() - made.keys():
            (CASES / name).unlink()
        for name, text in made.items():
            (CASES / name).write_text(text)
        print(f"{len(made)} cases written")
        return 0
    wrong = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    for name in wrong:
        print(f"differs from what botocore signs: {name}")
    print(f"{len(made) - len(wrong)} of {len(made)} cases are what botocore signs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
