# SPDX-License-Identifier: Apache-2.0
"""`redisrestore verify` on the objects of a bucket, against a real MinIO: pairing, checksums, encryption, and objects that change meanwhile."""

import base64
import gzip
import hashlib
import json
import os
import re
import signal
import ssl
import subprocess
import time
import unittest

from support.context import IntegrationTest
from support.s3 import S3

VECTORS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vectors", "redis")
RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
MIB = 1024 * 1024
SMALL_PARTS = ("--part-size", "64Ki", "--parts", "4")


def content(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


def commands(size):
    """An AOF of at least that many bytes."""
    value = b"x" * 1000
    one = b"*3\r\n$3\r\nSET\r\n$8\r\nkey%05d\r\n$1000\r\n" + value + b"\r\n"
    parts = [b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"]
    parts += [one % number for number in range(size // len(one) + 1)]
    return b"".join(parts)


def sha256(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


class Bucket(IntegrationTest):
    rdb_bytes = content("redis-7.4.1.rdb")

    def setUp(self):
        super().setUp()
        with open(os.path.join(VECTORS, "redis-7.4.1.json"), encoding="ascii") as file:
            self.server = json.load(file)
        self.offset = self.server["endOffset"] - len(content("redis-7.4.1.aof"))

    def put_object(self, key, body, s3=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        (s3 or self.s3).request("PUT", f"/{self.bucket}/{key}", body=body, headers=names)

    def put_pair(self, aof=None, offset=None, **headers):
        metadata = {"x_amz_meta_replication_offset": str(self.offset if offset is None else offset)}
        self.put_object(AOF, content("redis-7.4.1.aof") if aof is None else aof, **metadata, **headers)
        self.put_object(RDB, self.rdb_bytes, x_amz_meta_replication_offset=str(self.offset), **headers)

    def verify(self, *flags, **kwargs):
        return self.run_binary("verify", *flags, **kwargs)

    def report(self, *flags, code=0, **kwargs):
        done = self.verify("--output", "json", *flags, **kwargs)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def assert_refused(self, code, words, *flags, **kwargs):
        done = self.verify(*flags, **kwargs)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(words, done.stderr)
        return done


class Verified(Bucket):
    def test_v10_pair_of_the_bucket_is_verified_by_its_keys_and_offsets(self):
        self.put_pair()

        report = self.report("--server", "redis:7.4", *SMALL_PARTS)

        self.assertEqual((report["result"], report["pairing"], report["warnings"]), ("Valid", "ByOffset", []))
        self.assertEqual((report["rdb"]["key"], report["aof"]["key"]), (RDB, AOF))
        self.assertEqual((report["rdb"]["size"], report["rdb"]["keys"]), (len(self.rdb_bytes), sum(self.server["databases"].values())))
        self.assertEqual(report["recoveryWindow"]["lastOffset"], self.server["endOffset"])

    def test_v10_offsets_that_differ_are_refused(self):
        self.put_pair(offset=self.offset + 1)

        report = self.report(code=7)

        self.assertEqual((report["result"], report["reason"], report["pairing"]), ("Damaged", "PairMismatch", "Mismatch"))

    def test_v13_checksum_of_the_store_is_compared(self):
        """The RDB has a checksum of its own, so that its MD5 is not computed; the AOF has none."""
        self.put_pair()
        report = self.report()
        self.assertEqual((report["rdb"]["storeChecksum"], report["aof"]["storeChecksum"]), ({"state": "NotOffered"}, {"algorithm": "MD5", "state": "Verified"}))

        self.put_object(RDB, self.rdb_bytes, x_amz_checksum_sha256=sha256(self.rdb_bytes))

        self.assertEqual(self.report()["rdb"]["storeChecksum"], {"algorithm": "SHA256", "state": "Verified"})

    def test_v13_multipart_upload_has_a_composite_checksum(self):
        body = commands(6 * MIB)
        pieces = [body[:5 * MIB], body[5 * MIB:]]
        path = f"/{self.bucket}/{AOF}"
        begun = self.s3.request("POST", path, query={"uploads": ""}, headers={"x-amz-checksum-algorithm": "SHA256"})
        upload = re.search(rb"<UploadId>(.*?)</UploadId>", begun).group(1).decode()
        for number, piece in enumerate(pieces, 1):
            self.s3.request("PUT", path, query={"partNumber": str(number), "uploadId": upload}, body=piece, headers={"x-amz-checksum-sha256": sha256(piece)})
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{hashlib.md5(piece).hexdigest()}</ETag><ChecksumSHA256>{sha256(piece)}</ChecksumSHA256></Part>"
                        for number, piece in enumerate(pieces, 1))
        self.s3.request("POST", path, query={"uploadId": upload}, body=f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode())
        self.put_object(RDB, self.rdb_bytes)

        report = self.report("--part-size", "1Mi")

        self.assertEqual((report["aof"]["size"], report["aof"]["tail"]), (len(body), "Clean"))
        self.assertEqual(report["aof"]["storeChecksum"], {"state": "Composite"})
        self.assertEqual(report["pairing"], "NotOffered")

    def test_c04_object_that_was_uploaded_with_a_coding_is_read_as_stored(self):
        self.put_object(RDB + ".gz", gzip.compress(self.rdb_bytes), content_encoding="gzip")

        report = self.report()

        self.assertEqual((report["result"], report["rdb"]["compression"], report["rdb"]["checksum"]), ("Valid", "gzip", "Verified"))

    def test_v04_damaged_object_is_exit_code_7(self):
        body = bytearray(self.rdb_bytes)
        body[len(body) // 2] ^= 16
        self.put_object(RDB, bytes(body))

        report = self.report(code=7)

        self.assertEqual((report["result"], report["rdb"]["key"]), ("Damaged", RDB))

    def test_v12_level_header_reads_beginnings_and_an_end(self):
        self.put_pair(aof=commands(2 * MIB))

        report = self.report("--level", "Header")

        self.assertEqual((report["result"], report["aof"]["level"], report["aof"]["size"] > 2 * MIB), ("Valid", "Header", True))
        self.assertEqual((report["rdb"]["level"], report["rdb"]["checksum"]), ("Full", "Verified"))
        self.assertEqual((report["pairing"], report["aof"]["storeChecksum"]["state"]), ("ByOffset", "NotChecked"))
        self.assertNotIn("commands", report["aof"])

    def test_v14_size_never_changes_the_choice(self):
        """The newest RDB is cut short: it is refused, and the older one is not taken instead."""
        self.put_object("redis-backups/shop/dump-20260130-235900.rdb", self.rdb_bytes)
        time.sleep(1.1)  # MinIO keeps modification times by the second
        self.put_object(RDB, self.rdb_bytes[:100])

        report = self.report(code=7)

        self.assertEqual((report["result"], report["rdb"]["key"]), ("Damaged", RDB))

    def test_d05_encrypted_objects_need_the_key_of_the_customer(self):
        tls, key = self.run_facts.minio_tls, os.urandom(32)
        s3 = S3(tls["url"], self.run_facts.access_key, self.run_facts.secret_key, context=ssl.create_default_context(cafile=tls["ca"]))
        s3.make_bucket(self.bucket)
        sse = {"x_amz_server_side_encryption_customer_algorithm": "AES256",
               "x_amz_server_side_encryption_customer_key": base64.b64encode(key).decode(),
               "x_amz_server_side_encryption_customer_key_md5": base64.b64encode(hashlib.md5(key).digest()).decode()}
        self.put_object(RDB, self.rdb_bytes, s3=s3, **sse)
        self.put_object(AOF, commands(300 * 1024), s3=s3, **sse)
        paths = [self.run_facts.path("sse"), self.run_facts.path("other-sse")]
        for path, content_ in zip(paths, (key, os.urandom(32))):
            with open(path, "wb") as file:
                file.write(content_)
        env = self.environment(AWS_ENDPOINT_URL=tls["url"], AWS_CA_BUNDLE=tls["ca"])

        report = self.report("--sse-customer-key-file", paths[0], *SMALL_PARTS, env=env)

        self.assertEqual((report["result"], report["aof"]["storeChecksum"]["state"]), ("Valid", "NotOffered"))
        self.assert_refused(5, "customer's key (SSE-C)", env=env)
        self.assert_refused(5, RDB, "--sse-customer-key-file", paths[1], env=env)


class Changed(Bucket):
    """A download that is slow enough for something to happen in the middle: its first line of progress says that it has begun."""

    SLOW = ("--part-size", "64Ki", "--parts", "2", "--max-rate", "65536")

    def setUp(self):
        super().setUp()
        self.body = commands(1000 * 1024)

    def slow(self):
        process = subprocess.Popen([self.run_facts.binary, "verify", *self.SLOW], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.progress = json.loads(process.stderr.readline())
        return process

    def assert_ends(self, process, code, words):
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual((process.returncode, stdout), (code, ""), stderr)
        self.assertIn(words, stderr)

    def test_d01_object_that_is_replaced_between_two_parts_is_an_error(self):
        self.put_pair(aof=self.body)
        process = self.slow()
        self.put_object(AOF, self.body + b"\r\n")
        self.assert_ends(process, 3, f"object {AOF}: the object was replaced")

    def test_d01_object_that_is_deleted_between_two_parts_is_an_error(self):
        self.put_pair(aof=self.body)
        process = self.slow()
        self.s3.delete(self.bucket, AOF)
        self.assert_ends(process, 3, f"object {AOF}: the object was deleted")

    def test_d01_version_that_is_replaced_between_two_parts_is_an_error(self):
        versioning = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        self.s3.request("PUT", f"/{self.bucket}", query={"versioning": ""}, body=versioning)
        self.put_pair(aof=self.body)
        process = self.slow()
        self.put_object(AOF, self.body.replace(b"x", b"y"))
        self.assert_ends(process, 3, f"object {AOF}: the object was replaced")

    def test_d06_progress_is_a_json_object_a_second(self):
        self.put_pair(aof=self.body)
        process = self.slow()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        self.assertEqual(sorted(self.progress), ["bytes", "bytesPerSecond", "progress", "size"])
        self.assertEqual((self.progress["progress"], self.progress["size"]), ("aof", len(self.body)))
        self.assertIn(self.progress["bytes"], range(64 * 1024, len(self.body)))

    def test_d03_signal_and_timeout_end_a_download(self):
        self.put_pair(aof=self.body)
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            process = self.slow()
            process.send_signal(number)
            self.assert_ends(process, code, "")
        self.assert_refused(4, "not read in time", "--timeout", "2s", *self.SLOW)


class Refused(Bucket):
    def test_d01_failures_have_the_exit_codes_of_discover(self):
        self.assert_refused(3, "no backup")
        self.assert_refused(6, "does not exist", "--bucket", "no-such-bucket")
        self.put_pair()
        self.assert_refused(5, "access refused", env=self.environment(AWS_SECRET_ACCESS_KEY="wrong"))
        self.assert_refused(4, "", "--endpoint", "http://127.0.0.1:1")

    def test_v05_files_and_a_bucket_exclude_each_other(self):
        for flags in (("--rdb", "dump.rdb", "--bucket", "b"), ("--aof", "-", "--parts", "2"), ("--parts", "0"), ("--part-size", "1"), ("--max-rate", "0"),
                      ("--part-size", "64KiB"), ("--timeout", "10ms")):
            with self.subTest(flags=flags):
                self.assert_refused(2, flags[-2] if "--rdb" not in flags else "--bucket", *flags)
        self.assert_refused(2, "--rdb FILE", env=self.environment(S3_BUCKET=None))


if __name__ == "__main__":
    unittest.main()
