# SPDX-License-Identifier: Apache-2.0
"""The closed list of reasons (include/redisrestore/discovery/reason.h) is the one that users read of, and each is provoked by a test
on a real API server or through `discover` against a real store."""

import re

import sources

PAGE = "docs/reference/reasons.md"
HEADER = "include/redisrestore/discovery/reason.h"


def listed(root):
    text = sources.read(root, HEADER)
    macro = text[text.index("#define RR_REASONS"):]
    macro = macro[:re.search(r"[^\\]\n", macro).end()]
    return set(re.findall(r'X\(\w+,\s*"(\w+)"', macro))


def documented(text):
    """The names in the first column of every table whose first column is called reason(s)."""
    names, in_table = set(), False
    for line in text.splitlines():
        if not line.lstrip().startswith("|"):
            in_table = False
            continue
        first = line.strip().strip("|").split("|")[0].strip()
        if re.fullmatch(r"\**reasons?\**", first, re.I):
            in_table = True
        elif in_table and not re.fullmatch(r":?-+:?", first):
            names |= set(re.findall(r"`([A-Z]\w+)`", first))
    return names


def check(root):
    reasons = sources.require(listed(root), "reasons in " + HEADER)
    problems = []
    pages = [path for path in ["README.md", *sources.files(root, ("docs",), (".md",))] if path in sources.files(root, (".",), (".md",))]
    tables = {path: documented(sources.read(root, path)) for path in pages if not path.startswith("docs/behaviour")}
    for path, names in tables.items():
        if names:
            problems += [f"{path}: {name} is not in {HEADER}" for name in sorted(names - reasons)]
            problems += [f"{path}: its table of reasons lacks {name}" for name in sorted(reasons - names)]
    if not tables.get(PAGE):
        problems.append(f"{PAGE}: no table of reasons")
    tests = "\n".join(sources.read(root, path) for path in sources.files(root, ("tests/integration",), (".py",)) if "/test_" in path)
    problems += [f"{HEADER}: no test under tests/integration names {name}" for name in sorted(reasons) if not re.search(rf"[\"']{name}[\"']", tests)]
    return problems


if __name__ == "__main__":
    sources.main(check)
