# SPDX-License-Identifier: Apache-2.0
"""Commands that the documentation prints, for tests that run them as a reader would paste them."""

import re
import textwrap


def shell_blocks(markdown, heading):
    """The ```sh blocks of the section whose heading matches, without indentation."""
    section = re.search(rf"^## [^\n]*(?:{heading})[^\n]*\n(.*?)(?=^## |\Z)", markdown, re.M | re.S | re.I)
    if not section:
        raise AssertionError(f"no section whose heading matches {heading!r}")
    blocks = [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", section.group(1), re.M | re.S)]
    if not blocks:
        raise AssertionError(f"no ```sh block in the section {heading!r}")
    return blocks


def notes_commands(notes):
    """The commands of NOTES.txt: each begins with kubectl at the beginning of a line and goes on to the next empty line."""
    return re.findall(r"^(kubectl .*(?:\n.+)*)", notes, re.M)
