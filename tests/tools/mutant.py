# SPDX-License-Identifier: Apache-2.0
"""A mutant: a file of tests/mutants/{room}/ that says which text of the product to replace, and which tests must then fail.

  Tests: REGULAR_EXPRESSION     of ctest names (ctest -R)
  Why: one line
  File: src/room/name.c
  Old:
  whole lines that occur exactly once in that file
  New:
  the lines that replace them; none deletes the old lines

File, Old and New may be repeated. Moving the old lines within their file does not break the mutant.
"""

import glob
import os
import re

FIELDS = re.compile(r"^(Tests|Why|File): (.+)$")


class Unusable(Exception):
    """The mutant is not well formed, or does not apply."""


class Mutant:
    def __init__(self, path):
        self.tests = self.why = None
        self.changes = []  # [file, old lines, new lines]
        with open(path, encoding="utf-8") as file:
            lines = file.read().removesuffix("\n").split("\n")
        part = None
        for line in lines:
            field = FIELDS.match(line)
            if field and field[1] == "File":
                self.changes.append((field[2], [], []))
                part = None
            elif field and part is None:
                setattr(self, field[1].lower(), field[2].strip())
            elif line == "Old:" and self.changes and part is None:
                part = self.changes[-1][1]
            elif line == "New:" and self.changes and part is self.changes[-1][1]:
                part = self.changes[-1][2]
            elif part is not None:
                part.append(line)
            elif line:
                raise Unusable(f"unexpected line {line!r}")

    @property
    def files(self):
        return sorted({name for name, _, _ in self.changes})

    def check(self):
        for name in ("tests", "why"):
            if not getattr(self, name):
                raise Unusable(f"no '{name.capitalize()}:' line")
        if not self.changes:
            raise Unusable("no 'File:' line")
        for name, old, new in self.changes:
            if not old or old == new:
                raise Unusable(f"nothing to replace in {name}")

    def applied(self, root):
        """File name -> its text with the mutant in it."""
        self.check()
        texts = {}
        for name, old, new in self.changes:
            if name not in texts:
                path = os.path.join(root, name)
                if not os.path.isfile(path):
                    raise Unusable(f"does not apply: there is no {name}")
                with open(path, encoding="utf-8") as file:
                    texts[name] = file.read()
            lines = texts[name].split("\n")
            at = [i for i in range(len(lines) - len(old) + 1) if lines[i : i + len(old)] == old]
            if len(at) != 1:
                raise Unusable(f"does not apply: the old text occurs {len(at)} times in {name}")
            lines[at[0] : at[0] + len(old)] = new
            texts[name] = "\n".join(lines)
        return texts


def paths(root):
    """Mutant name (room/stem) -> path."""
    folder = os.path.join(root, "tests", "mutants")
    return {os.path.relpath(path, folder).removesuffix(".mutant"): path for path in sorted(glob.glob(os.path.join(folder, "*", "*.mutant")))}
