# SPDX-License-Identifier: Apache-2.0
"""The released files: the Debian package as dpkg sees it, installed into a root of its own, its SBOM, and that a second build gives the same bytes.

Builds the product twice, in two places; PACKAGE_BUILD names a folder for the first, which is kept.
"""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINKS = ("init-backup", "kubectl-redisrestore", "kubectl_complete-redisrestore")
# The licences of what the product itself asks for.
LICENCES = {"redisrestore": "Apache-2.0", "libcurl4": "curl", "libcurl4t64": "curl", "libssl3": "Apache-2.0", "libssl3t64": "Apache-2.0", "libcjson1": "MIT",
            "libxml2": "MIT", "liblz4-1": "BSD-2-Clause", "libzstd1": "BSD-3-Clause OR GPL-2.0-only", "zlib1g": "Zlib", "libyaml-0-2": "MIT", "libmicrohttpd12": "LGPL-2.1-or-later", "libmicrohttpd12t64": "LGPL-2.1-or-later",
            "libc6": "LGPL-2.1-or-later", "uthash-dev": "BSD-1-Clause"}


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def package(source, folder, build, **env):
    run(os.path.join(source, "scripts", "package"), "--out", folder, "--build", build, env={**os.environ, **env})
    return glob.glob(os.path.join(folder, "*.deb"))[0]


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        build = os.environ.get("PACKAGE_BUILD") or os.path.join(cls.folder, "build")
        cls.deb = package(ROOT, os.path.join(cls.folder, "dist"), build, SOURCE_DATE_EPOCH="1770000000", RR_COMMIT="0123456789ab")
        cls.root = os.path.join(cls.folder, "root")
        run("dpkg-deb", "-x", cls.deb, cls.root)
        with open(glob.glob(os.path.join(cls.folder, "dist", "*.spdx.json"))[0], encoding="utf-8") as file:
            cls.document = json.load(file)
        cls.packages = {each["name"]: each for each in cls.document["packages"]}

    def in_root(self, path):
        return os.path.join(self.root, path)

    def field(self, name):
        return run("dpkg-deb", "-f", self.deb, name).strip()

    def test_control_fields(self):
        self.assertEqual((self.field("Package"), self.field("Section"), self.field("Priority")), ("redisrestore", "admin", "optional"))
        self.assertRegex(self.field("Version"), r"\A\d+\.\d+\.\d+\Z")
        self.assertEqual(self.field("Architecture"), run("dpkg", "--print-architecture").strip())
        depends = self.field("Depends")
        for library in ("libc6", "libcurl4", "libssl3", "libxml2", "libcjson1", "libyaml-0-2", "libmicrohttpd12", "liblz4-1", "libzstd1", "zlib1g"):
            self.assertRegex(depends, rf"\b{re.escape(library)}(t64)?\b")

    def test_layout_has_no_service_and_nothing_outside_usr(self):
        listing = run("dpkg-deb", "-c", self.deb).splitlines()
        paths = [re.search(r" \./(\S+)", line)[1] for line in listing]
        self.assertEqual([path for path in paths if not path.startswith("usr/")], [])
        self.assertEqual([path for path in paths if "systemd" in path or path.endswith(".service")], [])
        for line in listing:
            self.assertRegex(line, r"\A[dl-]r.x?.*root/root ")
        self.assertEqual(run("dpkg-deb", "--ctrl-tarfile", self.deb, errors="replace").count("postinst"), 0)
        for link in LINKS:
            self.assertEqual(os.readlink(self.in_root(f"usr/bin/{link}")), "redisrestore")
        for path in ("usr/share/man/man1/redisrestore.1", "usr/share/bash-completion/completions/redisrestore",
                     "usr/share/bash-completion/completions/kubectl-redisrestore", "usr/share/zsh/vendor-completions/_redisrestore",
                     "usr/share/doc/redisrestore/copyright", "usr/share/doc/redisrestore/README.md", "usr/share/doc/redisrestore/docs/troubleshooting.md",
                     "usr/share/doc/redisrestore/manifests/crd.yaml"):
            self.assertTrue(os.path.getsize(self.in_root(path)) > 0, path)
        with open(self.in_root("usr/share/doc/redisrestore/copyright"), encoding="utf-8") as file:
            self.assertIn("Apache-2.0", file.read())

    def test_programs_run_from_where_they_are_installed(self):
        self.assertIn("commit 0123456789ab", run(self.in_root("usr/bin/redisrestore"), "version"))
        self.assertIn("usage: kubectl redisrestore", run(self.in_root("usr/bin/kubectl-redisrestore"), "--help"))
        self.assertIn("S3_BUCKET", run(self.in_root("usr/bin/init-backup"), "--help"))
        self.assertEqual(run(self.in_root("usr/bin/kubectl_complete-redisrestore"), "resu"), "resume\tlook for an object's backup again\n:4\n")
        page = run("man", "-l", self.in_root("usr/share/man/man1/kubectl-redisrestore.1"), cwd=self.in_root("usr/share/man"),
                   env={**os.environ, "MANPATH": self.in_root("usr/share/man"), "LC_ALL": "C.UTF-8"}) if shutil.which("man") else "redisrestore list"
        self.assertIn("redisrestore list", page)
        run("bash", "-n", self.in_root("usr/share/bash-completion/completions/redisrestore"))
        run("zsh", "-n", self.in_root("usr/share/zsh/vendor-completions/_redisrestore"))

    def test_no_path_of_the_machine_and_no_debug_information_is_shipped(self):
        with open(self.in_root("usr/bin/redisrestore"), "rb") as file:
            content = file.read()
        self.assertNotIn(ROOT.encode(), content)
        self.assertNotIn(b".debug_info", content)

    def test_second_build_elsewhere_gives_the_same_bytes(self):
        source = os.path.join(self.folder, "elsewhere", "deeper", "source")
        os.makedirs(source)
        files = run("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard").splitlines()
        for path in files:
            target = os.path.join(source, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.exists(os.path.join(ROOT, path)):
                shutil.copy2(os.path.join(ROOT, path), target)
        other = package(source, os.path.join(self.folder, "dist2"), os.path.join(source, "out"), SOURCE_DATE_EPOCH="1770000000", RR_COMMIT="0123456789ab",
                        CCACHE_DISABLE="1")
        for first in sorted(glob.glob(os.path.join(os.path.dirname(self.deb), "*"))):
            second = os.path.join(os.path.dirname(other), os.path.basename(first))
            with open(first, "rb") as a, open(second, "rb") as b:
                self.assertEqual(hashlib.sha256(a.read()).hexdigest(), hashlib.sha256(b.read()).hexdigest(), os.path.basename(first))

    def test_cmake_install_is_the_same_layout(self):
        place = os.path.join(self.folder, "installed")
        build = os.environ.get("PACKAGE_BUILD") or os.path.join(self.folder, "build")
        run("cmake", "--install", build, "--prefix", os.path.join(place, "usr"))

        def tree(root):
            return sorted(os.path.relpath(os.path.join(at, name), root) for at, _, names in os.walk(root) for name in names)
        self.assertEqual(tree(place), tree(self.root))


    # The SBOM: the rules of SPDX 2.3 that a reader relies on, and that it tells the truth about the binary.

    def test_sbom_is_spdx(self):
        self.assertEqual((self.document["spdxVersion"], self.document["dataLicense"], self.document["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(self.document["documentNamespace"], r"\Ahttps://[^#\s]+\Z")
        self.assertEqual(self.document["creationInfo"]["created"], "2026-02-02T02:40:00Z")
        self.assertRegex(self.document["creationInfo"]["creators"][0], r"\A(Tool|Person|Organization): ")
        elements = [self.document, *self.document["packages"], *self.document["files"]]
        ids = [element["SPDXID"] for element in elements]
        self.assertEqual(len(ids), len(set(ids)))
        for each in ids:
            self.assertRegex(each, r"\ASPDXRef-[A-Za-z0-9.-]+\Z")
        for relation in self.document["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, set(ids))
            self.assertIn(relation["relationshipType"], {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "RUNTIME_DEPENDENCY_OF"})
        self.assertEqual(self.packages["redisrestore"]["packageVerificationCode"]["packageVerificationCodeValue"],
                         hashlib.sha1(self.document["files"][0]["checksums"][0]["checksumValue"].encode()).hexdigest())
        for package_ in self.document["packages"]:
            for field in ("name", "versionInfo", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"):
                self.assertTrue(package_[field], package_["name"])
            # One whose files were analysed says which; the others must not contain any.
            self.assertEqual(package_["filesAnalyzed"], "packageVerificationCode" in package_)
            self.assertEqual(package_["filesAnalyzed"], package_["name"] == "redisrestore")
            for reference in package_.get("externalRefs", []):
                self.assertRegex(reference["referenceLocator"], r"\Apkg:deb/[a-z]+/[a-z0-9.+-]+@[A-Za-z0-9.~%-]+\?arch=\w+&distro=[a-z]+-[\w.]+\Z")

    def test_sbom_has_every_linked_library_with_version_and_licence(self):
        for name, found in self.packages.items():
            if name in LICENCES:
                self.assertEqual(found["licenseDeclared"], LICENCES[name], name)
            if name != "redisrestore":
                self.assertEqual(found["versionInfo"], run("dpkg-query", "-W", "-f", "${Version}", name))
        by_id = {package_["SPDXID"]: package_["name"] for package_ in self.document["packages"]}
        linked = {by_id[relation["relatedSpdxElement"]] for relation in self.document["relationships"] if relation["relationshipType"] == "DYNAMIC_LINK"}
        self.assertEqual({name.removesuffix("t64") for name in linked},
                         {"libc6", "libcurl4", "libssl3", "libxml2", "libcjson1", "libyaml-0-2", "libmicrohttpd12", "liblz4-1", "libzstd1", "zlib1g"})
        self.assertLessEqual(linked, set(LICENCES))

    def test_sbom_has_the_checksum_of_the_binary_that_is_shipped(self):
        with open(self.in_root("usr/bin/redisrestore"), "rb") as file:
            content = file.read()
        self.assertEqual({each["algorithm"]: each["checksumValue"] for each in self.document["files"][0]["checksums"]},
                         {"SHA1": hashlib.sha1(content).hexdigest(), "SHA256": hashlib.sha256(content).hexdigest()})


if __name__ == "__main__":
    unittest.main()
