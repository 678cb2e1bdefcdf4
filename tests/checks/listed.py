# SPDX-License-Identifier: Apache-2.0
"""Source lists are explicit; so nothing may be forgotten in them: every source is built, every test file is run, every check too."""

import os
import re

import sources


def _text_beside(root, path):
    beside = os.path.join(os.path.dirname(path), "CMakeLists.txt")
    return sources.read(root, beside) if os.path.exists(os.path.join(root, beside)) else ""


def check(root):
    problems = []
    for path in sources.require(sources.files(root, ("src",), (".c",)), "sources"):
        if not re.search(rf"(?<![\w.]){re.escape(os.path.basename(path))}(?![\w.])", _text_beside(root, path)):
            problems.append(f"{path}: not in the CMakeLists.txt beside it")
    for path in sources.files(root, ("tests/unit",), ("_test.c",)):
        stem = os.path.basename(path)[:-len("_test.c")]
        if not re.search(rf"(?<!\w){stem}(?!\w)", _text_beside(root, path)):
            problems.append(f"{path}: not in the CMakeLists.txt beside it, so it is never run")
        text = sources.code_only(sources.read(root, path))
        for name in re.findall(r"^static void (\w+)\(void \*\*", text, re.M):
            uses = len(re.findall(rf"\b{name}\b", text))
            if uses < 2:
                problems.append(f"{path}: {name} is never run")
    for path in sources.files(root, ("tests/checks",), (".py",)):
        name = os.path.basename(path)
        if name not in ("sources.py",) and name[:-3] not in _text_beside(root, path):
            problems.append(f"{path}: not in the CMakeLists.txt beside it")
    return problems


if __name__ == "__main__":
    sources.main(check)
