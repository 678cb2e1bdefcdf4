# SPDX-License-Identifier: Apache-2.0
"""The few S3 requests that tests and the demo make, signed with Signature Version 4. Written apart from the product, so that it can judge it."""

import datetime
import hashlib
import hmac
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class S3:
    timeout = 60
    service = "s3"
    content_type = "application/octet-stream"  # not signed; moto takes the body of a form for fields

    def __init__(self, endpoint, access_key, secret_key, region="us-east-1", context=None):
        self.endpoint, self.access_key, self.secret_key, self.region = endpoint, access_key, secret_key, region
        handlers = [urllib.request.ProxyHandler({})]
        if context:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def request(self, method, path="/", query=None, body=b"", headers=None):
        """`path` is decoded. Returns the reply's body; raises urllib.error.HTTPError."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        encoded_path = urllib.parse.quote(path, safe="/-_.~")
        encoded_query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in sorted((query or {}).items()))
        payload = hashlib.sha256(body).hexdigest()
        signed = {"host": urllib.parse.urlsplit(self.endpoint).netloc, "x-amz-content-sha256": payload, "x-amz-date": now,
                  **{k.lower(): v for k, v in (headers or {}).items()}}
        names = ";".join(sorted(signed))
        canonical = "\n".join([method, encoded_path, encoded_query, *(f"{k}:{signed[k]}" for k in sorted(signed)), "", names, payload])
        scope = f"{now[:8]}/{self.region}/{self.service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + self.secret_key.encode()
        for part in (now[:8], self.region, self.service, "aws4_request"):
            key = _hmac(key, part)
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        signed["authorization"] = f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        signed["content-type"] = self.content_type
        url = self.endpoint + encoded_path + ("?" + encoded_query if encoded_query else "")
        request = urllib.request.Request(url, data=body if method in ("PUT", "POST") else None, method=method, headers=signed)
        with self._opener.open(request, timeout=self.timeout) as reply:
            return reply.read()

    def list_buckets(self):
        root = xml.etree.ElementTree.fromstring(self.request("GET"))
        return [element.text for element in root.iter() if element.tag.endswith("}Name")]

    def make_bucket(self, bucket):
        self.request("PUT", f"/{bucket}")

    def put(self, bucket, key, body=b"", metadata=None):
        self.request("PUT", f"/{bucket}/{key}", body=body, headers={f"x-amz-meta-{k}": v for k, v in (metadata or {}).items()})

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")


class Sts(S3):
    """The one request of STS that tests make: keys that may do less than their owner."""
    service = "sts"
    content_type = "application/x-www-form-urlencoded"

    def assume_role(self, policy):
        """(access key, secret key, session token), limited by the policy, a JSON text."""
        form = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "DurationSeconds": "900", "Policy": policy}).encode()
        root = xml.etree.ElementTree.fromstring(self.request("POST", body=form))
        found = {element.tag.rsplit("}", 1)[-1]: element.text for element in root.iter()}
        return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
