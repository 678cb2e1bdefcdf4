# SPDX-License-Identifier: Apache-2.0
"""Counts tests.

  junit_counts.py FILE.xml EXIT_CODE    counts of a JUnit file as JSON; a run that failed without a failed test counts as one failure
  junit_counts.py --sum FILE.json...    "N passed, N failed, N skipped"
  junit_counts.py --verdict FILE.json...  exit code 0 when something passed and nothing failed
"""

import json
import sys
import xml.etree.ElementTree


def counts_of(path, code):
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return {"passed": 0, "failed": 1, "skipped": 0}
    suites = [root] if root.tag == "testsuite" else list(root)
    total = sum(int(suite.get("tests", "0")) for suite in suites)
    failed = sum(int(suite.get("failures", "0")) + int(suite.get("errors", "0")) for suite in suites)
    skipped = sum(int(suite.get("skipped", "0")) + int(suite.get("disabled", "0")) for suite in suites)
    if (code != 0 or total == 0) and failed == 0:
        failed, total = 1, total + 1
    return {"passed": total - failed - skipped, "failed": failed, "skipped": skipped}


def total_of(paths):
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for path in paths:
        with open(path, encoding="ascii") as file:
            for key, value in json.load(file).items():
                totals[key] += value
    return totals


def main():
    if sys.argv[1] == "--sum":
        totals = total_of(sys.argv[2:])
        print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    elif sys.argv[1] == "--verdict":
        totals = total_of(sys.argv[2:])
        return 0 if totals["passed"] and not totals["failed"] else 1
    else:
        print(json.dumps(counts_of(sys.argv[1], int(sys.argv[2]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
