# SPDX-License-Identifier: Apache-2.0
"""docs/metrics.md has every metric that the sources register, with its type, and no other."""

import re

import sources

PAGE = "docs/metrics.md"
REGISTERED = re.compile(r'\brr_metrics_(counter|gauge|histogram|emitted)\(\s*[^,"]+,\s*"([^"]+)"')
ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) \| ((?:`[a-z_]+`(?:, )?)*) ?\| (\S.*) \|$", re.M)


def registered(root):
    found = {}
    for path in sources.files(root, ("src",), (".c",)):
        for kind, name in REGISTERED.findall(sources.read(root, path)):
            found[name] = (path, "gauge" if kind == "emitted" else kind)
    return found


def documented(root):
    """Name -> (type, labels)."""
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in ROW.findall(sources.read(root, PAGE))}


def check(root):
    known, told = sources.require(registered(root), "metrics in src"), sources.require(documented(root), "metrics in " + PAGE)
    problems = [f"{path}: {PAGE} lacks {name}" for name, (path, _) in sorted(known.items()) if name not in told]
    problems += [f"{PAGE}: no source registers {name}" for name in sorted(set(told) - set(known))]
    problems += [f"{PAGE}: {name} is a {known[name][1]}" for name in sorted(set(told) & set(known)) if told[name][0] != known[name][1]]
    problems += [f"{path}: a counter ends in _total and nothing else does: {name}" for name, (path, kind) in sorted(known.items())
                 if (kind == "counter") != name.endswith("_total")]
    return problems


if __name__ == "__main__":
    sources.main(check)
