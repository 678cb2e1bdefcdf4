# SPDX-License-Identifier: Apache-2.0
"""docs/alerts.md says of every alert of the chart what to do, and of no other."""

import os
import re
import sys

import sources

PAGE, RULES = "docs/alerts.md", "charts/redisrestore/templates/prometheusrule.yaml"


def check(root):
    if not os.path.exists(os.path.join(root, RULES)):
        print(f"skipped: there is no {RULES}")
        sys.exit(sources.SKIP)
    alerts = sources.require(set(re.findall(r"^\s*- alert: (\w+)$", sources.read(root, RULES), re.M)), "alerts in " + RULES)
    told = set(re.findall(r"^## (\w+)$", sources.read(root, PAGE), re.M))
    return [f"{PAGE}: says nothing of {name}" for name in sorted(alerts - told)] + [f"{PAGE}: {name} is no alert of the chart" for name in sorted(told - alerts)]


if __name__ == "__main__":
    sources.main(check)
