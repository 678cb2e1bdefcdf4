"""What README.md and docs/troubleshooting.md say about each reason is what the binary says: one list, in src/restore/restore_advice.c.

  advice.py ROOT BINARY            compares
  advice.py ROOT BINARY --write    writes the part of docs/troubleshooting.md
"""

import os
import re
import subprocess
import sys

import sources

BEGIN, END, PAGE = "<!-- reasons: begin -->\n", "<!-- reasons: end -->\n", "docs/troubleshooting.md"


def told_by(binary):
    done = subprocess.run([binary, "__reasons"], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def split(page):
    head, rest = page.split(BEGIN, 1)
    told, tail = rest.split(END, 1)
    return head, told, tail


def advice_of(told):
    """reason: (meaning, action), as the binary says them."""
    found = re.findall(r"^### (\w+)\n\n(.+)\.\n\n- What to do: (.+)\.$", told, re.M)
    return {reason: (meaning, action) for reason, meaning, action in found}


def rows(readme):
    """reason: (meaning, action), from the table whose columns have these names."""
    found, columns = {}, None
    for line in readme.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells and cells[0] == "Reason":
            columns = {name: at for at, name in enumerate(cells)}
        elif not cells:
            columns = None
        elif columns and re.fullmatch(r"`\w+`", cells[0]):
            found[cells[0].strip("`")] = (cells[columns["Meaning"]], cells[columns["What to do"]])
    return found


def compare(told, page, readme):
    problems = []
    if split(page)[1] != "\n" + told:
        problems.append(f"{PAGE}: what it says by reason is not what the binary says; tests/checks/advice.py --write writes it")
    advice = sources.require(advice_of(told), "reasons in the binary's list")
    for reason, wanted in advice.items():
        written = rows(readme).get(reason)
        for what, in_list, in_readme in zip(("meaning", "what to do"), wanted, written or ("no row", "no row")):
            if in_list != in_readme:
                problems.append(f"README.md: {reason}: {what}: {in_readme!r}, and the list has {in_list!r}")
    return problems


def main():
    root, binary, *rest = sys.argv[1:]
    told, page = told_by(binary), sources.read(root, PAGE)
    if rest == ["--write"]:
        head, _, tail = split(page)
        with open(os.path.join(root, PAGE), "w", encoding="utf-8") as file:
            file.write(f"{head}{BEGIN}\n{told}{END}{tail}")
        return
    problems = compare(told, page, sources.read(root, "README.md"))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
