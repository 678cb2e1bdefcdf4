# SPDX-License-Identifier: Apache-2.0
"""Each source says its licence within its first three lines.

  licence.py ROOT            names the sources that do not
  licence.py ROOT --write    adds the line to them
"""

import os
import sys

import sources

LINE = "SPDX-License-Identifier: Apache-2.0"
FOLDERS = ("src", "include", "tests", "scripts", "bench", "cmake", "docs", ".ci")
TOOLS = "tests/tools/modules/"  # tests/tools/build.sh names a built tool by the checksum of its source, and would build it again
SUFFIXES = (".c", ".h", ".py", ".sh", ".go", ".lua", ".cmake", "CMakeLists.txt")
COMMENTS = {".c": "/* %s */", ".h": "/* %s */", ".go": "// %s", ".lua": "-- %s"}


def is_source(root, path):
    if path.endswith(SUFFIXES):
        return True
    if "." in os.path.basename(path):
        return False
    with open(os.path.join(root, path), "rb") as file:
        return file.read(2) == b"#!"


def sources_of(root):
    found = [path for path in sources.files(root, FOLDERS, ("",)) if not path.startswith(TOOLS) and is_source(root, path)]
    return found + [name for name in ("CMakeLists.txt", "Dockerfile") if os.path.exists(os.path.join(root, name))]


def lacks(root, path):
    return LINE not in "\n".join(sources.read(root, path).split("\n")[:3])


def with_line(path, text):
    """The text with the line behind `#!`, else before all; a blank line keeps it apart from Go's comment of a package."""
    line = COMMENTS.get(os.path.splitext(path)[1], "# %s") % LINE + "\n"
    if text.startswith("#!"):
        first, rest = text.split("\n", 1)
        return f"{first}\n{line}{rest}"
    return line + ("\n" if path.endswith(".go") else "") + text


def check(root, *arguments):
    found = [path for path in sources.require(sources_of(root), "sources") if lacks(root, path)]
    if arguments == ("--write",):
        for path in found:
            text = with_line(path, sources.read(root, path))
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        found = [path for path in found if lacks(root, path)]
    return [f"{path}: does not say {LINE} (tests/checks/licence.py . --write adds it)" for path in found]


if __name__ == "__main__":
    sources.main(check, *sys.argv[2:])
