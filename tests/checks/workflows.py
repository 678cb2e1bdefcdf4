# SPDX-License-Identifier: Apache-2.0
"""The workflows run the project's own scripts: every part of scripts/test, and no other, and nothing with more rights than it needs."""

import re

import sources

CI = ".github/workflows/ci.yml"


def check(root):
    problems = []
    parts = re.search(r"^parts=\((.*)\)$", sources.read(root, "scripts/test"), re.M)[1].split()
    workflows = sources.require(sources.files(root, (".github/workflows",), (".yml",)), "workflows")
    for path in workflows:
        text = sources.read(root, path)
        if not re.search(r"^permissions: \{contents: read\}$", text, re.M):
            problems.append(f"{path}: does not limit its token to reading")
        if "pull_request_target" in text:
            problems.append(f"{path}: runs what a stranger wrote with the repository's rights")
        problems += [f"{path}: {action} is not pinned by the hash of a commit" for action in re.findall(r"\buses: (\S+)", text)
                     if not re.search(r"@[0-9a-f]{40}$", action)]
        for script in re.findall(r"^\s*-? ?run: (scripts/\S+)", text, re.M):
            if script not in sources.files(root, ("scripts",), ("",)):
                problems.append(f"{path}: there is no {script}")
    listed = re.search(r"^\s*parts: \[(.*)\]$", sources.read(root, CI), re.M)
    run = [part for entry in (listed[1].split(",") if listed else []) for part in entry.split()]
    problems += [f"{CI}: does not run the part {part}" for part in parts if part not in run]
    problems += [f"{CI}: runs a part {part} that scripts/test does not have" for part in run if part not in parts]
    return problems


if __name__ == "__main__":
    sources.main(check)
