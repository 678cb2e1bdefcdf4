# SPDX-License-Identifier: Apache-2.0
"""The base of every check: the project's files, C without comments and texts, functions with their lines."""

import os
import re
import sys

SKIP = 77  # ctest's SKIP_RETURN_CODE


def files(root, folders, suffixes):
    """Relative paths below the folders, sorted."""
    found = []
    for folder in folders:
        for where, names, entries in os.walk(os.path.join(root, folder)):
            names[:] = sorted(name for name in names if name not in ("build", "__pycache__"))
            found += [os.path.relpath(os.path.join(where, entry), root) for entry in entries if entry.endswith(suffixes)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def code_only(text):
    """The text with comments and the insides of literals blanked; lines and columns stay. #include lines keep their name."""
    def blank(match):
        token = match.group()
        if token[0] == '"' and re.search(r"#\s*include\s*$", text[text.rfind("\n", 0, match.start()) + 1:match.start()]):
            return token
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return _TOKEN.sub(blank, text)


def functions(text):
    """(name, first line, last line) of each function, in the brace style of .clang-format: both braces stand at the line's start."""
    lines = code_only(text).split("\n")
    found = []
    for number, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = number
        while first > 0 and lines[first - 1].strip() and not lines[first - 1].startswith(("}", "#")) and not lines[first - 1].rstrip().endswith(";"):
            first -= 1
        last = next((n for n in range(number, len(lines)) if lines[n].startswith("}")), len(lines) - 1)
        name = re.search(r"(\w+)\s*\(", " ".join(lines[first:number]))
        found.append((name.group(1) if name else "?", first + 1, last + 1))
    return found


def main(check, *arguments):
    """Runs a check over the root given on the command line, prints what is wrong, and ends with 0 or 1. A check that finds nothing to
    look at raises; it must not pass by doing nothing."""
    problems = check(os.path.abspath(sys.argv[1]), *arguments)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


def require(found, what):
    if not found:
        raise SystemExit(f"nothing to check: no {what}")
    return found
