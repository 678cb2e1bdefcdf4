"""scripts/mutants against a project of one function: what it must call killed, and all that it must not."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "mutants")

CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project(sample C)
enable_testing()
add_library(sample STATIC src/sample.c)
add_executable(room_add_test tests/add_test.c)
target_link_libraries(room_add_test sample)
add_test(NAME room.add.sum COMMAND room_add_test sum)
add_test(NAME room.add.zero COMMAND room_add_test zero)
add_executable(room_broken_test tests/add_test.c)
target_link_libraries(room_broken_test sample)
add_test(NAME room.broken.case COMMAND room_broken_test none)
add_test(NAME room.missing.case COMMAND ${CMAKE_BINARY_DIR}/nowhere)
add_custom_target(room_missing_test)
"""

SOURCE = """\
int add(int a, int b);

int add(int a, int b)
{
    return a + b;
}
"""

TEST = """\
#include <string.h>

int add(int a, int b);

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "sum") == 0)
        return add(2, 3) == 5 ? 0 : 1;
    if (argc > 1 && strcmp(argv[1], "zero") == 0)
        return add(0, 0) == 0 ? 0 : 1;
    return 1;
}
"""


def patch(tests, old, new):
    return f"Tests: {tests}\nWhy: a sample\n--- a/src/sample.c\n+++ b/src/sample.c\n@@ -4,3 +4,3 @@\n {{\n-    return {old};\n+    return {new};\n }}\n"


PATCHES = {
    "killed": patch(r"^room\.add\.sum", "a + b", "a - b"),
    "killed-again": patch(r"^room\.add", "a + b", "a * b"),
    "survives": patch(r"^room\.add\.zero", "a + b", "a - b"),
    "no-test": patch(r"^room\.nothing", "a + b", "a - b"),
    "no-compile": patch(r"^room\.add\.sum", "a + b", "a + c"),
    "no-apply": patch(r"^room\.add\.sum", "a + a", "a - b"),
    "no-file": patch(r"^room\.add\.sum", "a + b", "a - b").replace("sample.c", "gone.c"),
    "no-head": patch(r"x", "a + b", "a - b").replace("Tests: x\n", ""),
    "fails-anyway": patch(r"^room\.(broken|add)", "a + b", "a - b"),
    "cannot-run": patch(r"^room\.missing", "a + b", "a - b"),
}

EXPECTED = {
    "killed": "killed",
    "killed-again": "killed",
    "survives": "survives",
    "no-test": "no test matches",
    "no-compile": "does not compile",
    "no-apply": "does not apply",
    "no-file": "does not apply",
    "no-head": "no 'Tests:' line",
    "fails-anyway": "fails without the mutant too: room.broken.case",
    "cannot-run": "fails without the mutant too: room.missing.case",
}


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Mutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        write(self.root, "CMakeLists.txt", textwrap.dedent(CMAKE))
        write(self.root, "src/sample.c", SOURCE)
        write(self.root, "tests/add_test.c", TEST)
        for name, text in PATCHES.items():
            write(self.root, f"tests/mutants/{name}.patch", text)

    def mutants(self, *names):
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": os.path.dirname(self.root)}
        return subprocess.run([sys.executable, SCRIPT, "--root", self.root, *names], capture_output=True, text=True, timeout=110,
                              env=environment, check=False)

    def test_only_a_mutant_that_a_test_notices_is_killed(self):
        done = self.mutants()
        lines = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        self.assertEqual(done.returncode, 1, done.stderr)
        for name, words in EXPECTED.items():
            self.assertTrue(lines.get(name, "").startswith(words), f"{name}: {lines.get(name)}\n{done.stderr}")
        self.assertIn("mutants: 2 passed, 8 failed, 0 skipped", done.stdout)

        done = self.mutants("killed", "killed-again")  # nothing is left of the mutants before them
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_unknown_name_and_no_mutants_are_failures(self):
        self.assertEqual(self.mutants("never-written").returncode, 1)
        for name in PATCHES:
            os.remove(os.path.join(self.root, "tests", "mutants", f"{name}.patch"))
        self.assertEqual(self.mutants().returncode, 1)


def tests_of_mutants(root):
    """The names that CMake gives the tests that mutants may name: room, file and function of the unit tests, and the faults of stores."""
    names = [f"store.{os.path.basename(path)[:-len('.json')]}" for path in glob.glob(os.path.join(root, "tests", "integration", "faults", "store", "*.json"))]
    for path in sorted(glob.glob(os.path.join(root, "tests", "unit", "*", "*_test.c"))):
        room, stem = path.split(os.sep)[-2], os.path.basename(path)[: -len("_test.c")]
        with open(path, encoding="utf-8") as file:
            names += [f"{room}.{stem}.{case}" for case in re.findall(r"cmocka_unit_test(?:_setup_teardown)?\(([a-z0-9_]+)", file.read())]
    return names


class Committed(unittest.TestCase):
    """Told at once and not by the long run: a change beside a mutant, or a new name of its test, needs no build to be noticed."""

    def setUp(self):
        self.root = os.path.dirname(os.path.dirname(SCRIPT))
        self.patches = sorted(glob.glob(os.path.join(self.root, "tests", "mutants", "*.patch")))
        self.assertGreater(len(self.patches), 0)

    def test_every_mutant_applies_to_the_sources(self):
        for patch in self.patches:
            with self.subTest(mutant=os.path.basename(patch)):
                done = subprocess.run(["patch", "-p1", "--fuzz=0", "--dry-run", "--reject-file=-", "-i", patch], cwd=self.root, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_mutant_names_a_test(self):
        names = tests_of_mutants(self.root)
        for patch in self.patches:
            with self.subTest(mutant=os.path.basename(patch)), open(patch, encoding="utf-8") as file:
                wanted = re.search(r"^Tests: (.+)$", file.read(), re.M).group(1)
                self.assertTrue(any(re.search(wanted, name) for name in names), f"no test is called {wanted}")


if __name__ == "__main__":
    unittest.main()
