# SPDX-License-Identifier: Apache-2.0
"""manifests/crd.yaml gives no default to a new field below `spec`.

The API server adds defaults to every object that is read. A controller that is older than the custom resource does not know the new field. It
reads the installed schema (/openapi/v3) before each discovery of such an object and ignores the field only while it has its default (F-36);
versions before that refuse every object (InvalidSpec). So the list of defaults is closed. A new field without a value means what the controllers before it do."""

import re

import sources

CRD = "manifests/crd.yaml"
ALLOWED = {"suspend": "false", "discoveryTimeout": "2m", "prefix": "redis-backups/", "addressingStyle": "Auto", "key": "ca.crt", "selection": "{}", "orderBy": "LastModified",
           "timestampTimeZone": "UTC", "pairing": "Exact", "onMissingAOF": "UseRDBOnly", "onNoBackup": "Fail"}


def defaults(text):
    """(name, value, line number) of each default below `spec`."""
    found, names, inside = [], [], None
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"( *)(?:- )?([A-Za-z]+):(?: (.*))?$", line)
        if not match:
            continue
        indent, name, rest = len(match.group(1)), match.group(2), (match.group(3) or "").strip()
        if inside is not None and indent <= inside:
            inside = None
        if inside is None:
            inside = indent if name == "spec" and indent > 4 else None
            names = []
            continue
        while names and names[-1][0] >= indent:
            names.pop()
        if name == "default":
            found.append((names[-1][1], rest.strip("\"'"), number))
            continue
        names.append((indent, name))
        for inline in re.findall(r"\bdefault: ([^,}]*)", rest if rest.startswith("{") else ""):
            found.append((name, inline.strip().strip("\"'"), number))
    return found


def check(root):
    problems = []
    for name, value, number in sources.require(defaults(sources.read(root, CRD)), "defaults below spec in " + CRD):
        if ALLOWED.get(name) != value:
            problems.append(f"{CRD}:{number}: {name} has the default {value!r}: a new default below spec makes every object InvalidSpec, or costs a request for each discovery, to older controllers")
    return problems


if __name__ == "__main__":
    sources.main(check)
