# SPDX-License-Identifier: Apache-2.0
"""The API server as its administrator asks it, over one connection a thread: kubectl takes a tenth of a second for each request."""

import http.client
import json
import os
import ssl
import threading
import urllib.parse

GROUP = "/apis/redisrestore.dev/v1alpha1"


class ApiError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text[:300]}")
        self.status = status


class Api:
    def __init__(self, cluster):
        address = urllib.parse.urlsplit(cluster.url)
        self._host, self._port = address.hostname, address.port
        self._context = ssl.create_default_context(cafile=cluster.ca)
        folder = os.path.dirname(cluster.ca)
        self._context.load_cert_chain(os.path.join(folder, "admin.crt"), os.path.join(folder, "admin.key"))
        self._local = threading.local()

    def request(self, method, path, body=None, content_type="application/json"):
        """The reply's object. Raises ApiError, or OSError while the server is away."""
        for fresh in (False, True):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = http.client.HTTPSConnection(self._host, self._port, context=self._context, timeout=30)
            try:
                connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": content_type})
                reply = connection.getresponse()
                text = reply.read().decode()
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._local.connection = None
                if fresh or method != "GET":
                    raise OSError(str(error)) from error
        if reply.status >= 300:
            raise ApiError(reply.status, text)
        return json.loads(text)

    # --- RedisRestores and Secrets ----------------------------------------------------------------------------------

    @staticmethod
    def path(namespace, name=""):
        return f"{GROUP}/namespaces/{namespace}/redisrestores" + (f"/{name}" if name else "")

    def get(self, namespace, name):
        return self.request("GET", self.path(namespace, name))

    def list(self, namespace):
        return self.request("GET", self.path(namespace))["items"]

    def create(self, manifest):
        return self.request("POST", self.path(manifest["metadata"]["namespace"]), manifest)

    def edit(self, namespace, name, spec):
        return self.request("PATCH", self.path(namespace, name), {"spec": spec}, "application/merge-patch+json")

    def delete(self, namespace, name):
        return self.request("DELETE", self.path(namespace, name))

    def edit_secret(self, namespace, name, data):
        return self.request("PATCH", f"/api/v1/namespaces/{namespace}/secrets/{name}", {"data": data}, "application/merge-patch+json")
