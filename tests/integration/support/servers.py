# SPDX-License-Identifier: Apache-2.0
"""Real servers on loopback: etcd + kube-apiserver with their own CA, MinIO over http or https, redis-server."""

import base64
import json
import os
import re
import shutil
import ssl
import subprocess

from .processes import Process, free_port, wait_until
from .s3 import S3

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))


def tools_folder():
    """Where tests/tools/build.sh put the servers; it must have run."""
    folder = os.environ.get("REDISRESTORE_TOOLS") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "redisrestore-tools")
    if not os.path.exists(os.path.join(folder, "kube-apiserver")):
        raise RuntimeError(f"no kube-apiserver in {folder}: run tests/tools/build.sh first")
    return folder


def minio_program():
    """The MinIO of tests/tools/build.sh, else one on PATH; None if there is neither."""
    try:
        built = os.path.join(tools_folder(), "minio")
    except RuntimeError:
        built = ""
    return built if os.access(built, os.X_OK) else shutil.which("minio")


class Authority:
    """A certificate authority made by the openssl command."""

    def __init__(self, folder, name="test-ca"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.ca = os.path.join(folder, "ca.crt")
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "30", "-subj", f"/CN={name}",
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def sign(self, name, subject, alternative_names=""):
        """Makes {name}.crt and {name}.key; returns their paths."""
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        extensions = os.path.join(self.folder, f"{name}.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("extendedKeyUsage=serverAuth,clientAuth\n")
            if alternative_names:
                file.write(f"subjectAltName={alternative_names}\n")
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                  "-out", f"{name}.crt", "-extfile", extensions)
        return os.path.join(self.folder, f"{name}.crt"), os.path.join(self.folder, f"{name}.key")


class Cluster:
    """A running API server, as its administrator sees it."""

    def __init__(self, facts):
        self.url, self.kubeconfig, self.ca, self.audit_log, self.tools = (facts[key] for key in ("url", "kubeconfig", "ca", "audit_log", "tools"))

    def facts(self):
        return {"url": self.url, "kubeconfig": self.kubeconfig, "ca": self.ca, "audit_log": self.audit_log, "tools": self.tools}

    def write_kubeconfig(self, path, user, namespace="default"):
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "local",
            "clusters": [{"name": "local", "cluster": {"server": self.url, "certificate-authority": self.ca}}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "user", "namespace": namespace}}]}
        with open(path, "w", encoding="ascii") as file:
            json.dump(config, file, indent=1)  # JSON is YAML

    def kubectl(self, *arguments, input=None, kubeconfig=None, check=True):
        """Runs the real kubectl and returns its stdout without the last newline."""
        done = subprocess.run([f"{self.tools}/kubectl", "--kubeconfig", kubeconfig or self.kubeconfig, *arguments],
                              input=input, capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n") if check else done

    def get(self, *arguments):
        """kubectl get ... as JSON."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def apply(self, *objects):
        """Applies objects given as dicts, or as the text of a manifest."""
        text = "\n---\n".join(o if isinstance(o, str) else json.dumps(o) for o in objects)
        return self.kubectl("apply", "-f", "-", input=text)

    def install(self):
        """The CRD, the namespace and the permissions of manifests/, as the README says."""
        for manifest in ("crd.yaml", "namespace.yaml", "rbac.yaml"):
            self.kubectl("apply", "-f", os.path.join(ROOT, "manifests", manifest))
        wait_until("the CRD", lambda: self.kubectl("get", "redisrestores", "-A", check=False).returncode == 0)

    def service_account_kubeconfig(self, namespace, name, path):
        """A kubeconfig with a token of that service account, which must exist."""
        token = self.kubectl("-n", namespace, "create", "token", name, "--duration", "4h")
        self.write_kubeconfig(path, {"token": token}, namespace)
        return token

    def audit(self, **wanted):
        """Audit records of finished requests whose fields equal `wanted` (verb, user, resource, subresource, namespace, name)."""
        found = []
        with open(self.audit_log, encoding="utf-8") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                reference = record.get("objectRef") or {}
                facts = {"verb": record["verb"], "user": record["user"].get("username", ""), "stage": record["stage"], **reference}
                if all(facts.get(key, "") == value for key, value in wanted.items()):
                    found.append(record)
        return found


class ControlPlane(Cluster):
    """etcd and kube-apiserver with RBAC and an audit log. No controller manager, no node."""

    def __init__(self, folder, keep=False, flags=()):
        self.folder, self.keep, self.flags = folder, keep, flags
        os.makedirs(folder, exist_ok=True)
        self.authority = Authority(os.path.join(folder, "pki"))
        pki = self.authority.folder
        subprocess.run(["openssl", "genrsa", "-out", f"{pki}/sa.key", "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", f"{pki}/sa.key", "-pubout", "-out", f"{pki}/sa.pub"], check=True, capture_output=True)
        self.authority.sign("apiserver", "/CN=kube-apiserver", "DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1")
        self.authority.sign("admin", "/O=system:masters/CN=admin")
        self.port, self.etcd_port, self.etcd_peer_port = free_port(), free_port(), free_port()
        super().__init__({"url": f"https://127.0.0.1:{self.port}", "kubeconfig": os.path.join(folder, "admin.kubeconfig"), "ca": self.authority.ca,
                          "audit_log": os.path.join(folder, "audit.log"), "tools": tools_folder()})
        self.write_kubeconfig(self.kubeconfig, {"client-certificate": f"{pki}/admin.crt", "client-key": f"{pki}/admin.key"})
        with open(os.path.join(folder, "audit.yaml"), "w", encoding="ascii") as file:
            file.write("apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n")
        self.etcd = self._start_etcd()
        self.apiserver = None
        self.start_apiserver()

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.etcd_peer_port}"
        return Process("etcd", [
            f"{self.tools}/etcd", "--data-dir", f"{self.folder}/etcd", "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"], self.folder, keep=self.keep)

    def start_apiserver(self):
        pki = self.authority.folder
        self.apiserver = Process("kube-apiserver", [
            f"{self.tools}/kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{self.etcd_port}",
            "--bind-address", "127.0.0.1", "--secure-port", str(self.port), "--service-cluster-ip-range", "10.96.0.0/16",
            "--endpoint-reconciler-type", "none", "--tls-cert-file", f"{pki}/apiserver.crt", "--tls-private-key-file", f"{pki}/apiserver.key",
            "--client-ca-file", f"{pki}/ca.crt", "--service-account-key-file", f"{pki}/sa.pub",
            "--service-account-signing-key-file", f"{pki}/sa.key", "--service-account-issuer", "https://kubernetes.default.svc",
            "--authorization-mode", "RBAC", "--disable-admission-plugins", "ServiceAccount",
            "--audit-policy-file", f"{self.folder}/audit.yaml", "--audit-log-path", self.audit_log, "--audit-log-mode", "blocking",
            *self.flags],
            self.folder, keep=self.keep)
        wait_until("kube-apiserver", lambda: self.apiserver.require_running() and self.kubectl("get", "--raw", "/readyz") == "ok")
        wait_until("namespace default", lambda: self.kubectl("get", "namespace", "default"))

    def processes(self):
        return [self.etcd, self.apiserver]

    def stop_apiserver(self):
        self.apiserver.stop(30)

    def stop(self):
        if self.apiserver:
            self.apiserver.stop()
        self.etcd.stop()


class Minio:
    """A real S3 server with one user. `tls` is an Authority that signs its certificate for 127.0.0.1 and localhost."""

    def __init__(self, folder, access_key, secret_key, region="us-east-1", tls=None, keep=False, name="minio"):
        os.makedirs(os.path.join(folder, f"{name}-data"), exist_ok=True)
        self.folder, self.access_key, self.secret_key, self.region, self.tls, self.keep, self.name = folder, access_key, secret_key, region, tls, keep, name
        self.port, self.console_port = free_port(), free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._certs = os.path.join(folder, f"{name}-certs")
        os.makedirs(self._certs, exist_ok=True)
        context = None
        if tls:
            certificate, key = tls.sign(name, "/CN=minio", "DNS:localhost,IP:127.0.0.1")
            os.replace(certificate, os.path.join(self._certs, "public.crt"))
            os.replace(key, os.path.join(self._certs, "private.key"))
            context = ssl.create_default_context(cafile=tls.ca)
        self.s3 = S3(self.url, access_key, secret_key, region, context)
        self.process = None
        self.start()

    def start(self):
        env = {"PATH": os.environ["PATH"], "HOME": self.folder, "MINIO_ROOT_USER": self.access_key, "MINIO_ROOT_PASSWORD": self.secret_key,
               "MINIO_REGION": self.region, "MINIO_BROWSER": "off", "MINIO_UPDATE": "off"}
        self.process = Process(self.name, [
            minio_program(), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", "--console-address", f"127.0.0.1:{self.console_port}",
            "--certs-dir", self._certs, os.path.join(self.folder, f"{self.name}-data")], self.folder, env=env, keep=self.keep)
        wait_until("minio", lambda: self.process.require_running() and self.s3.list_buckets() is not None)

    def processes(self):
        return [self.process]

    def stop(self):
        self.process.stop()


class Redis:
    """A redis-server that saves nothing by itself, with DEBUG: in a directory of its own, or in `data` with the data there."""

    def __init__(self, folder, keep=False, name="redis-server", data=None, append_only="no"):
        data = data or os.path.join(folder, "redis-data")
        os.makedirs(data, exist_ok=True)
        self.port = free_port()
        self.process = Process(name, [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", data, "--save", "", "--appendonly", append_only,
            *self.debug_flags(), "--repl-diskless-sync-delay", "0", "--set-proc-title", "no"], folder, keep=keep)  # the demo's --stop knows it by its arguments
        wait_until("redis-server", lambda: self.process.require_running() and self.command("PING") == "+PONG")

    def command(self, *arguments):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *arguments], capture_output=True, text=True, check=True)
        text = done.stdout.strip()
        return "+PONG" if text == "PONG" else text

    @staticmethod
    def version():
        """Major and minor number, "7.0"."""
        text = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
        return re.search(r"v=(\d+\.\d+)", text).group(1)

    def debug_flags(self):
        """Before Redis 7, DEBUG needs no flag and there is none."""
        return ["--enable-debug-command", "yes"] if int(self.version().split(".")[0]) >= 7 else []

    def data_set(self):
        """(number of keys, digest of all data)."""
        return self.command("DBSIZE"), self.command("DEBUG", "DIGEST")

    def processes(self):
        return [self.process]

    def stop(self):
        self.process.stop()


def secret_manifest(namespace, name, access_key, secret_key, **more):
    data = {"access-key-id": access_key, "secret-access-key": secret_key, **more}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name},
            "data": {key: base64.b64encode(value.encode() if isinstance(value, str) else value).decode() for key, value in data.items()}}
