# SPDX-License-Identifier: Apache-2.0
"""scripts/mutants against a project of one function: what it must call killed, and all that it must not."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))

import mutant as mutants  # noqa: E402

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


def sample(tests, old, new):
    return f"Tests: {tests}\nWhy: a sample\nFile: src/sample.c\nOld:\n    return {old};\nNew:\n    return {new};\n"


MUTANTS = {
    "killed": sample(r"^room\.add\.sum", "a + b", "a - b"),
    "killed-again": sample(r"^room\.add", "a + b", "a * b"),
    "survives": sample(r"^room\.add\.zero", "a + b", "a - b"),
    "no-test": sample(r"^room\.nothing", "a + b", "a - b"),
    "no-compile": sample(r"^room\.add\.sum", "a + b", "a + c"),
    "no-apply": sample(r"^room\.add\.sum", "a + a", "a - b"),
    "no-file": sample(r"^room\.add\.sum", "a + b", "a - b").replace("sample.c", "gone.c"),
    "no-head": sample(r"x", "a + b", "a - b").replace("Tests: x\n", ""),
    "no-change": sample(r"^room\.add\.sum", "a + b", "a + b"),
    "ambiguous": sample(r"^room\.add\.sum", "a + b", "a - b").replace("Old:\n    return a + b;", "Old:\n"),
    "fails-anyway": sample(r"^room\.(broken|add)", "a + b", "a - b"),
    "cannot-run": sample(r"^room\.missing", "a + b", "a - b"),
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
    "no-change": "nothing to replace",
    "ambiguous": "does not apply: the old text occurs 2 times",
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
        for name, text in MUTANTS.items():
            write(self.root, f"tests/mutants/room/{name}.mutant", text)

    def mutants(self, *names):
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": os.path.dirname(self.root)}
        return subprocess.run([sys.executable, SCRIPT, "--root", self.root, *names], capture_output=True, text=True, timeout=110,
                              env=environment, check=False)

    def test_only_a_mutant_that_a_test_notices_is_killed(self):
        done = self.mutants()
        lines = dict(line.removeprefix("room/").split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        self.assertEqual(done.returncode, 1, done.stderr)
        for name, words in EXPECTED.items():
            self.assertTrue(lines.get(name, "").startswith(words), f"{name}: {lines.get(name)}\n{done.stderr}")
        self.assertIn("mutants: 2 passed, 10 failed, 0 skipped", done.stdout)

        done = self.mutants("room/killed", "room/killed-again")  # nothing is left of the mutants before them
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_unknown_name_and_no_mutants_are_failures(self):
        self.assertEqual(self.mutants("never-written").returncode, 1)
        for name in MUTANTS:
            os.remove(os.path.join(self.root, "tests", "mutants", "room", f"{name}.mutant"))
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
    """A change of the text that a mutant replaces, or a new name of its test, is noticed here at once, without a build."""

    def setUp(self):
        self.root = os.path.dirname(os.path.dirname(SCRIPT))
        self.mutants = {name: mutants.Mutant(path) for name, path in mutants.paths(self.root).items()}
        self.assertGreater(len(self.mutants), 0)

    def test_every_mutant_applies_to_the_sources(self):
        for name, mutant in self.mutants.items():
            with self.subTest(mutant=name):
                mutant.applied(self.root)

    def test_every_mutant_is_in_the_folder_of_its_room(self):
        for name, mutant in self.mutants.items():
            with self.subTest(mutant=name):
                self.assertIn(name.split("/")[0], {file.split("/")[-2] for file in mutant.files})

    def test_every_mutant_names_a_test(self):
        names = tests_of_mutants(self.root)
        for name, mutant in self.mutants.items():
            with self.subTest(mutant=name):
                self.assertTrue(any(re.search(mutant.tests, test) for test in names), f"no test is called {mutant.tests}")


if __name__ == "__main__":
    unittest.main()
