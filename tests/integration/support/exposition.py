# SPDX-License-Identifier: Apache-2.0
"""Reads a page of metrics as strictly as promtool's linter and Prometheus' parser do."""

import re

HEAD = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)')


class Family:
    def __init__(self, name, kind):
        self.name, self.kind, self.samples = name, kind, {}  # (suffix, labels as a tuple of pairs) -> value

    def label_names(self):
        return {tuple(name for name, _ in labels if name != "le") for _, labels in self.samples}

    def get(self, suffix="", **labels):
        """The sample with exactly these labels; None: there is none."""
        for (its_suffix, its_labels), value in self.samples.items():
            if its_suffix == suffix and dict(its_labels) == labels:
                return value
        return None

    def total(self, suffix="", **labels):
        """Sum of the samples that have these labels among theirs."""
        return sum(value for (its_suffix, its_labels), value in self.samples.items() if its_suffix == suffix and labels.items() <= dict(its_labels).items())


def labels_of(text, line):
    found, at = [], 0
    while text is not None and at < len(text):
        match = LABEL.match(text, at)
        if not match:
            raise ValueError(f"labels: {line}")
        found.append((match.group(1), re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), match.group(2))))
        at = match.end()
    if len({name for name, _ in found}) != len(found):
        raise ValueError(f"a label twice: {line}")
    return tuple(found)


def check_histogram(family):
    series = {}
    for (suffix, labels), value in family.samples.items():
        plain = tuple(pair for pair in labels if pair[0] != "le")
        entry = series.setdefault(plain, {"buckets": []})
        if suffix == "_bucket":
            entry["buckets"].append((float(dict(labels)["le"].replace("+Inf", "inf")), value))
        else:
            entry[suffix] = value
    for labels, entry in series.items():
        bounds, counts = zip(*entry["buckets"])
        if list(bounds) != sorted(set(bounds)) or list(counts) != sorted(counts) or bounds[-1] != float("inf") or counts[-1] != entry["_count"]:
            raise ValueError(f"buckets of {family.name}{labels}")
        if "_sum" not in entry:
            raise ValueError(f"no sum of {family.name}{labels}")


def suffix_of(family, name):
    suffix = name[len(family.name):] if name.startswith(family.name) else None
    if suffix not in (("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)):
        raise ValueError(f"{name} stands below {family.name}")
    return suffix


def parse(text):
    """Family by name. Raises ValueError for whatever a scraper or its linter would not like."""
    families, family, helped = {}, None, None
    if not text.endswith("\n"):
        raise ValueError("no newline at the end")
    for line in text[:-1].split("\n"):
        head = HEAD.fullmatch(line)
        if head and head.group(1) == "HELP":
            helped = head.group(2)
            if helped in families:
                raise ValueError(f"twice: {helped}")
        elif head:
            if head.group(2) != helped or head.group(3) not in ("counter", "gauge", "histogram"):
                raise ValueError(f"type: {line}")
            family = families[helped] = Family(helped, head.group(3))
            if (family.kind == "counter") != helped.endswith("_total"):
                raise ValueError(f"_total: {line}")
        else:
            sample = SAMPLE.fullmatch(line)
            if not sample or family is None:
                raise ValueError(f"sample: {line}")
            key = (suffix_of(family, sample.group(1)), labels_of(sample.group(2), line))
            if key in family.samples:
                raise ValueError(f"twice: {line}")
            family.samples[key] = float(sample.group(3))
            if family.kind == "counter" and not family.samples[key] >= 0:
                raise ValueError(f"negative: {line}")
    for family in families.values():
        if family.kind == "histogram":
            check_histogram(family)
    return families
