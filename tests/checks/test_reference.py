# SPDX-License-Identifier: Apache-2.0
"""scripts/reference --check refuses a page that differs from the binary or the CRD, and a variable that no page or no source has."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REASONS = """### Good

It is well.

- What to do: Nothing.
- Next try: never. Exit code: 0.

### Bad

It is not.

- What to do: Mend it.
- Next try: soon. Exit code: 3.

"""
MANUAL = r""".TH X 1
.SH COMMANDS
.SS redisrestore dance [flags]
Dances.
.TP
\fB\-\-speed\fR \fIN\fR
steps a second (default 2)
.TP
\fB\-\-quiet\fR
no music (default: with music)
.PP
.nf
Exit codes:
  0 danced
.fi
.SH SEE ALSO
"""
CRD = """spec:
  versions:
  - additionalPrinterColumns: [{name: Ready, jsonPath: .x, description: is it}]
    schema:
      openAPIV3Schema:
        properties:
          spec:
            x-kubernetes-validations: [{rule: a, message: "speed must be small"}]
            required: [speed]
            properties:
              speed: {type: integer, description: "Steps | seconds."}
              music: {type: object, description: "Music.", properties: {kind: {type: string, enum: [Loud, Soft], default: Soft}}}
          status: {properties: {steps: {type: array, items: {properties: {foot: {type: string, description: "Which."}}}}}}
"""


class Reference(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for page, parts in (("custom-resource", ("spec", "rules", "status", "columns")), ("command-line", ("commands",)),
                            ("reasons", ("table", "reasons")), ("exit-codes", ("codes",))):
            places = "".join(f"<!-- {part}: written by scripts/reference -->\n<!-- end of {part} -->\n" for part in parts)
            self.write(f"docs/reference/{page}.md", f"# By hand\n\n{places}")
        self.write("docs/reference/environment.md", "| variable |\n|---|\n| `AWS_REGION` | and `AWS_OTHER` |\n")
        self.write("src/app/x.c", 'get("AWS_REGION");\n')
        self.write("manifests/crd.yaml", CRD)
        self.write("manual", MANUAL)
        self.write("reasons", REASONS)
        self.write("binary", f"#!/bin/sh\ncat {self.root}/${{1#__}}\n")
        os.chmod(os.path.join(self.root, "binary"), 0o755)
        os.makedirs(os.path.join(self.root, "scripts"))
        shutil.copy(os.path.join(ROOT, "scripts", "reference"), os.path.join(self.root, "scripts"))
        self.assertEqual(self.reference().returncode, 0)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def reference(self, *arguments):
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        return subprocess.run([python, os.path.join(self.root, "scripts", "reference"), *arguments, os.path.join(self.root, "binary")],
                              capture_output=True, text=True, timeout=60, check=False)

    def refused(self, words):
        done = self.reference("--check")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(words, done.stdout)

    def test_what_was_written_is_accepted_and_has_everything(self):
        self.assertEqual(self.reference("--check").returncode, 0)
        commands = self.read("docs/reference/command-line.md")
        self.assertIn("| `--speed N` | `2` | steps a second |\n| `--quiet` | with music | no music |\n", commands)
        self.assertIn("## redisrestore dance\n", commands)
        self.assertIn("0 danced\n```\n", commands)
        resource = self.read("docs/reference/custom-resource.md")
        for row in ("| `speed` | integer | required | Steps \\| seconds. |", "| `music.kind` | Loud \\| Soft | `Soft` |", "- speed must be small\n",
                    "| `steps[].foot` | string | Which. |", "| `READY` |  | `.x` | is it |"):
            self.assertIn(row, resource)
        self.assertIn("| [`Bad`](#bad) | It is not | soon | 3 |", self.read("docs/reference/reasons.md"))
        self.assertIn("- What to do: Mend it.", self.read("docs/reference/reasons.md"))
        self.assertIn("| 3 | [Bad](reasons.md#bad) |", self.read("docs/reference/exit-codes.md"))

    def test_what_is_written_by_hand_stays(self):
        self.write("docs/reference/reasons.md", self.read("docs/reference/reasons.md") + "More.\n")
        self.assertEqual(self.reference("--check").returncode, 0)

    def test_product_that_says_something_else_is_refused(self):
        for path, old, new, page in (("reasons", "Mend it", "Leave it", "reasons.md"), ("reasons", "code: 3", "code: 4", "exit-codes.md"),
                                     ("manual", "steps a second", "steps a minute", "command-line.md"),
                                     ("manifests/crd.yaml", "Steps", "Strides", "custom-resource.md"),
                                     ("manifests/crd.yaml", "Which.", "Which one.", "custom-resource.md")):
            with self.subTest(path=path, new=new):
                text = self.read(path)
                self.assertIn(old, text)
                self.write(path, text.replace(old, new))
                self.refused(f"docs/reference/{page} is not what scripts/reference writes")
                self.write(path, text)

    def test_binary_without_reasons_and_page_without_a_place_are_refused(self):
        self.write("reasons", "nothing\n")
        self.assertNotEqual(self.reference("--check").returncode, 0)
        self.write("reasons", REASONS)
        self.write("docs/reference/reasons.md", "# By hand\n")
        self.assertIn("no place for table", self.reference("--check").stderr)

    def test_variable_that_no_page_has_or_no_source_reads_is_refused(self):
        self.write("src/app/y.h", '#define Y "KUBECONFIG"\n')
        self.refused("environment.md lacks KUBECONFIG")
        self.write("src/app/x.c", "nothing\n")
        self.refused("no source reads AWS_REGION")


if __name__ == "__main__":
    unittest.main()
