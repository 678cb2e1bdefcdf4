# SPDX-License-Identifier: Apache-2.0
"""Every C file is as clang-format 14 writes it by .clang-format (other versions format otherwise)."""

import re
import shutil
import subprocess
import sys

import sources

VERSION = 14


def find_formatter():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path:
            said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
            version = re.search(r"version (\d+)\.", said)
            if version and int(version.group(1)) == VERSION:
                return path
    return None


def check(root):
    formatter = find_formatter()
    if formatter is None:
        print(f"skipped: no clang-format of version {VERSION} on PATH")
        sys.exit(sources.SKIP)
    paths = sources.require(sources.files(root, ("src", "include", "tests", "bench"), (".c", ".h")), "sources")
    done = subprocess.run([formatter, "--dry-run", "-Werror", "--style=file", *paths], cwd=root, capture_output=True, text=True, timeout=300, check=False)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", done.stderr, re.M)))
    if done.returncode != 0 and not wrong:
        return [done.stderr.strip()]
    return [f"{path}: not formatted; run clang-format -i" for path in wrong]


if __name__ == "__main__":
    sources.main(check)
