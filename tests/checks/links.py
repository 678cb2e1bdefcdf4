# SPDX-License-Identifier: Apache-2.0
"""Links between the pages (README.md, CONTRIBUTING.md, docs, charts) lead to a file that exists, and to a heading that it has."""

import os
import re

import sources

_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.M | re.S)


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", _CODE.sub("", text), re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        number = 0
        while (name if not number else f"{name}-{number}") in found:
            number += 1
        found.add(name if not number else f"{name}-{number}")
    return found


def check(root):
    top = [name for name in os.listdir(root) if name.endswith(".md")]
    pages = sources.require(sorted(top) + sources.files(root, ("docs", "charts", "tests", ".github"), (".md",)), "pages")
    problems, links = [], 0
    for page in pages:
        for link in _LINK.findall(_CODE.sub("", sources.read(root, page))):
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(os.path.join(root, target)):
                problems.append(f"{page}: {link}: there is no {target}")
            elif anchor and target.endswith(".md") and anchor not in anchors(sources.read(root, target)):
                problems.append(f"{page}: {link}: {target} has no such heading")
    return problems if links else [*problems, "no page links to another"]


if __name__ == "__main__":
    sources.main(check)
