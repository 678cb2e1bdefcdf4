"""Rows of the contract that tests are named after, or that comments cite, exist in docs/behaviour*."""

import re
import sys

import sources

_TEST = re.compile(r"^(?:static void |\s+def test_)([rwleksf])(\d{2})_\w+\(", re.M)
_FAULT = re.compile(r"/([rwleksf])(\d{2})_[^/]+$")
_CITED = re.compile(r"\bbehaviour ((?:[A-Z]-\d{2}(?:(?:, | and | to )(?=[A-Z]-\d{2}))?)+)")


def check(root):
    pages = [path for path in sources.files(root, ("docs",), (".md",)) if "behaviour" in path]
    if not pages:
        print("skipped: docs/ has no page of the contract yet")
        sys.exit(sources.SKIP)
    rows = set(re.findall(r"\b([A-Z]-\d{2})\b", "\n".join(sources.read(root, path) for path in pages)))
    problems, named = [], 0
    for path in sources.require(sources.files(root, ("src", "include", "tests"), (".c", ".h", ".py")), "sources"):
        if path.startswith("tests/checks/"):
            continue
        text = sources.read(root, path)
        wanted = {f"{letter.upper()}-{number}" for letter, number in _TEST.findall(text)}
        named += len(wanted)
        wanted |= {row for group in _CITED.findall(text) for row in re.findall(r"[A-Z]-\d{2}", group)}
        problems += [f"{path}: there is no row {row}" for row in sorted(wanted - rows)]
    for path in sources.files(root, ("tests/integration/faults",), (".json",)):  # each is a test of its name
        row = _FAULT.search(path)
        if not row or f"{row[1].upper()}-{row[2]}" not in rows:
            problems.append(f"{path}: its name begins with no row")
    return problems if named else [*problems, "no test is named after a row"]


if __name__ == "__main__":
    sources.main(check)
