# SPDX-License-Identifier: Apache-2.0
"""The object stores that the same questions are put to: MinIO, versitygw, rclone and moto, each with and without TLS, by path and by host name.

Host names end in .localhost: curl takes them for the machine itself, as RFC 6761 wants, whatever the resolver says.
"""

import os
import socket
import ssl
import subprocess
import unittest

from .processes import Process, free_port, wait_until
from .s3 import S3
from .servers import ROOT, tools_folder

DOMAIN = "s3.localhost"


class ObjectStore:
    """One server process. `url` is for path style, `virtual_url` for virtual hosts; `s3` is the tests' own client."""

    name, region = None, "us-east-1"
    checks_keys = True      # refuses a wrong key
    checks_region = True    # refuses a request signed for another region
    same_process = True     # serves both styles at once
    mangled = ()            # replication IDs that it takes and lists as something else

    def __init__(self, folder, access_key, secret_key, authority=None, by_host=False):
        self.folder, self.authority = os.path.join(folder, self.name), authority
        os.makedirs(self.folder, exist_ok=True)
        self.access_key, self.secret_key, self.by_host = access_key, secret_key, by_host
        self.port = free_port()
        scheme = "https" if authority else "http"
        self.url, self.virtual_url = f"{scheme}://127.0.0.1:{self.port}", f"{scheme}://{DOMAIN}:{self.port}"
        self.ca, self.certificate, context = None, None, None
        if authority:
            self.ca = authority.ca
            self.certificate = authority.sign(f"{self.name}-{self.port}", f"/CN={self.name}", f"DNS:{DOMAIN},DNS:*.{DOMAIN},IP:127.0.0.1")
            context = ssl.create_default_context(cafile=self.ca)
        self.s3 = S3(self.url, access_key, secret_key, self.region, context)
        command, env = self.command()
        self.process = Process(f"{self.name}-{self.port}", command, folder, env={"PATH": os.environ["PATH"], "HOME": self.folder, **env})
        wait_until(self.name, self.is_up)

    def command(self):
        raise NotImplementedError

    def tls_flags(self, certificate="--cert", key="--key"):
        return [certificate, self.certificate[0], key, self.certificate[1]] if self.certificate else []

    def is_up(self):
        self.process.require_running()
        if self.by_host:  # our client knows path style alone
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        else:
            self.s3.list_buckets()
        return True

    def stop(self):
        self.process.stop()


class MinioStore(ObjectStore):
    name = "minio"

    def command(self):
        certificates = os.path.join(self.folder, f"certs-{self.port}")
        os.makedirs(certificates)
        if self.certificate:
            os.replace(self.certificate[0], os.path.join(certificates, "public.crt"))
            os.replace(self.certificate[1], os.path.join(certificates, "private.key"))
        return [f"{tools_folder()}/minio", "server", "--quiet", "--address", f"127.0.0.1:{self.port}", "--console-address", f"127.0.0.1:{free_port()}",
                "--certs-dir", certificates, os.path.join(self.folder, f"data-{self.port}")], {
                    "MINIO_ROOT_USER": self.access_key, "MINIO_ROOT_PASSWORD": self.secret_key, "MINIO_REGION": self.region, "MINIO_DOMAIN": DOMAIN,
                    "MINIO_BROWSER": "off", "MINIO_UPDATE": "off"}


class Versitygw(ObjectStore):
    name = "versitygw"
    mangled = ("escape\x1bx",)  # no encoding-type, and XML has no such characters

    def command(self):
        data = os.path.join(self.folder, f"data-{self.port}")
        os.makedirs(data)
        return [f"{tools_folder()}/versitygw", "--port", f"127.0.0.1:{self.port}", "--region", self.region, "--virtual-domain", DOMAIN, "--quiet", *self.tls_flags(),
                "posix", "--sidecar", self.sidecar(), data], {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}

    def sidecar(self):
        """Its metadata are files of their own: not every filesystem has extended attributes."""
        folder = os.path.join(self.folder, f"meta-{self.port}")
        os.makedirs(folder)
        return folder


class RcloneServe(ObjectStore):
    name, checks_region, same_process = "rclone", False, False

    def by_host_name(self):
        """A second server over the same files."""
        return type(self)(os.path.dirname(self.folder), self.access_key, self.secret_key, self.authority, by_host=self.data)

    def command(self):
        self.data = self.by_host or os.path.join(self.folder, f"data-{self.port}")
        os.makedirs(self.data, exist_ok=True)
        return [f"{tools_folder()}/rclone", "serve", "s3", "--addr", f"127.0.0.1:{self.port}", "--auth-key", f"{self.access_key},{self.secret_key}",
                f"--force-path-style={'false' if self.by_host else 'true'}", "--vfs-cache-mode", "off", *self.tls_flags(), self.data], {}


class Moto(ObjectStore):
    name, checks_keys, checks_region = "moto", False, False

    def command(self):
        installed = subprocess.run([os.path.join(ROOT, "tests", "tools", "moto", "install.sh")], capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            raise unittest.SkipTest(installed.stderr.strip())
        venv = installed.stdout.strip()
        return [f"{venv}/bin/moto_server", "-H", "127.0.0.1", "-p", str(self.port), *self.tls_flags("-c", "-k")], {"MOTO_S3_CUSTOM_ENDPOINTS": f"http://{DOMAIN}:{self.port}"}


STORES = (MinioStore, Versitygw, RcloneServe, Moto)
