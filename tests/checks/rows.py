# SPDX-License-Identifier: Apache-2.0
"""Rows of the contract (docs/behaviour): an id stands once, every row has a test that is named after it, and no test or comment cites a
row that does not exist."""

import re
import sys

import sources

ROW = re.compile(r"^\| ([A-Z]-\d{2}) \|", re.M)
_TEST = re.compile(r"^(?:static void |\s+def test_)((?:[rwleksftnvcdgpjmhu]\d{2}_)+)\w*\(", re.M)
_FAULT = re.compile(r"/((?:[rwleksftnvcdgpjmhu]\d{2}_)+)[^/]*$")
_OLD = re.compile(r"^(?:static void |\s+def test_)([b-z]_\w+)\(", re.M)
_CITED = re.compile(r"\bbehaviour ((?:[A-Z]-\d{2}(?:(?:, | and | to )(?=[A-Z]-\d{2}))?)+)")
_LOOSE = re.compile(r"\bbehaviour (?:section )?\(\w\)")


def ids(prefix):
    """The rows that the beginning of a test's name cites: "r24_r25_" are R-24 and R-25."""
    return {f"{part[0].upper()}-{part[1:]}" for part in prefix.split("_") if part}


def tests(root):
    """(file, name of the test, ids of its rows) of each test that is named after rows; a fault's file is a test."""
    for path in sources.files(root, ("tests",), (".c", ".py")):
        if not path.startswith("tests/checks/"):
            for found in _TEST.finditer(sources.read(root, path)):
                yield path, re.search(r"(\w+)\($", found.group()).group(1), ids(found.group(1))
    for path in sources.files(root, ("tests/integration/faults",), (".json",)):
        found = _FAULT.search(path)
        if found:
            yield path, path.rsplit("/", 1)[1][:-len(".json")], ids(found.group(1))


def pages(root):
    """Every row of the contract with its page."""
    return [(row, path) for path in sources.files(root, ("docs/behaviour",), (".md",)) for row in ROW.findall(sources.read(root, path))]


def check(root):
    found = pages(root)
    if not found:
        print("skipped: docs/behaviour has no rows yet")
        sys.exit(sources.SKIP)
    rows = {row for row, _ in found}
    problems = [f"{path}: {row} stands twice" for at, (row, path) in enumerate(found) if row in {other for other, _ in found[:at]}]
    tested = set()
    for path, name, cited in tests(root):
        tested |= cited
        problems += [f"{path}: {name}: there is no row {row}" for row in sorted(cited - rows)]
    for path in sources.require(sources.files(root, ("src", "include", "tests"), (".c", ".h", ".py")), "sources"):
        if path.startswith("tests/checks/"):
            continue
        text = sources.read(root, path)
        cited = {row for group in _CITED.findall(text) for row in re.findall(r"[A-Z]-\d{2}", group)}
        problems += [f"{path}: there is no row {row}" for row in sorted(cited - rows)]
        problems += [f"{path}: \"{words}\" names no row" for words in _LOOSE.findall(text)]
        problems += [f"{path}: {name} begins with a letter that is no row" for name in _OLD.findall(text)]
    for path in sources.files(root, ("tests/integration/faults",), (".json",)):
        if not _FAULT.search(path):
            problems.append(f"{path}: its name begins with no row")
    if not tested:
        return [*problems, "no test is named after a row"]
    return problems + [f"{path}: no test is named after {row}" for row, path in found if row not in tested]


if __name__ == "__main__":
    sources.main(check)
