# SPDX-License-Identifier: Apache-2.0
"""How large a file, a function and the README may be."""

import os
import statistics

import sources

FILE_LINES_MAX, FUNCTION_LINES_MAX, FILE_LINES_MEDIAN_MAX = 600, 80, 250
README_BYTES_MAX = 12 * 1024  # a newcomer reads all of it; reference is in docs/reference


def check(root):
    problems, lengths = [], []
    for path in sources.require(sources.files(root, ("src", "tests", "bench"), (".c",)), "sources"):
        text = sources.read(root, path)
        lines = text.count("\n")
        if path.startswith("src/"):
            lengths.append(lines)
        if lines > FILE_LINES_MAX:
            problems.append(f"{path}: {lines} lines; at most {FILE_LINES_MAX}")
        for name, first, last in sources.functions(text):
            if last - first + 1 > FUNCTION_LINES_MAX:
                problems.append(f"{path}:{first}: {name} has {last - first + 1} lines; at most {FUNCTION_LINES_MAX}")
    if lengths and statistics.median(lengths) > FILE_LINES_MEDIAN_MAX:
        problems.append(f"src: the median file has {statistics.median(lengths):.0f} lines; at most {FILE_LINES_MEDIAN_MAX}")
    readme = os.path.join(root, "README.md")
    if os.path.exists(readme) and os.path.getsize(readme) > README_BYTES_MAX:
        problems.append(f"README.md: {os.path.getsize(readme)} bytes; at most {README_BYTES_MAX}")
    return problems


if __name__ == "__main__":
    sources.main(check)
