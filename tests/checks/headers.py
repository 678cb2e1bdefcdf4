# SPDX-License-Identifier: Apache-2.0
"""Public headers begin with a comment that says what they are, have the guard of their path, and compile alone."""

import concurrent.futures
import os
import re
import subprocess
import sys

import sources

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fsyntax-only", "-x", "c"]


def _compile_alone(root, path, compiler):
    done = subprocess.run([compiler, *FLAGS, "-I", os.path.join(root, "include"), "-include", os.path.join(root, path), "/dev/null"],
                          capture_output=True, text=True, timeout=60, check=False)
    return [] if done.returncode == 0 else [f"{path}: does not compile alone: {done.stderr.strip().splitlines()[0]}"]


def _shape(path, text):
    room, stem = path.split("/")[2], path.split("/")[-1][:-2]
    guard = f"RR_{room}_{stem}_H".upper()
    problems = []
    if not re.match(rf"(?:/\* SPDX-License-Identifier: \S+ \*/\n)?/\* {stem}: ", text):
        problems.append(f'{path}:1: must begin with "/* {stem}: " and a sentence of purpose, below the line of the licence')
    if not re.search(rf"^#ifndef {guard}\n#define {guard}\n", text, re.M):
        problems.append(f"{path}: its guard must be {guard}")
    return problems


def check(root, compiler):
    paths = sources.require(sources.files(root, ("include",), (".h",)), "public headers")
    problems = [problem for path in paths for problem in _shape(path, sources.read(root, path))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda path: _compile_alone(root, path, compiler), paths):
            problems += found
    return problems


if __name__ == "__main__":
    sources.main(check, sys.argv[2])
