# SPDX-License-Identifier: Apache-2.0
"""Texts hold nothing of the machine they were written on: no absolute paths of a home; and files end well."""

import re

import sources

_PLACES = re.compile(r"(?<![\w.$}])/(?:work|root|home)/\w")


def check(root):
    problems = []
    suffixes = (".c", ".h", ".py", ".md", ".yaml", ".json", ".txt", ".cmake", ".sh", "Dockerfile", "CMakeLists.txt", "test", "demo", "bench", "mutants", "run")
    for path in sources.require(sources.files(root, ("src", "include", "tests", "manifests", "docs", "cmake", "scripts", ".ci"), suffixes), "files"):
        if path.startswith("tests/checks/"):
            continue
        try:
            text = sources.read(root, path)
        except UnicodeDecodeError:
            continue  # data of a test
        for number, line in enumerate(text.splitlines(), 1):
            if _PLACES.search(line):
                problems.append(f"{path}:{number}: a path of one machine")
            if line != line.rstrip() and path.endswith((".c", ".h", ".py", ".yaml", ".cmake")):
                problems.append(f"{path}:{number}: blanks at the end of the line")
        if text and not text.endswith("\n"):
            problems.append(f"{path}: does not end with a newline")
    return problems


if __name__ == "__main__":
    sources.main(check)
