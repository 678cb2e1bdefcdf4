# SPDX-License-Identifier: Apache-2.0
"""Words and beginnings of sentences that CONTRIBUTING.md ("Plain English") rules out, in comments, messages, pages and names of tests. A short list: it
finds what was common, and does not replace a reader.

  english.py ROOT          checks everything
  english.py ROOT PATH...  checks these files and folders
"""

import os
import re
import sys

import sources

# (pattern, what to write instead). Case counts where a pattern has a capital: it is the beginning of a sentence.
RULES = [(re.compile(pattern), advice) for pattern, advice in (
    (r"(?:^|[.:;] )(?:What (?!to do\b)|(?:Who|Whoever|Whom|Whose)\b)(?![^.?!]*\?)", "name the thing, then say what it does"),
    (r"(?:^|\. )That (?!is\b|was\b|makes\b|means\b)[a-z]+s\b", "name the thing, then say what it does"),
    (r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]im|[Ww]hom|[Nn]obody|[Ss]omebody)\b", "a thread, a request or a caller is \"it\"; for people: users, someone else, no one"),
    (r"\b[Tt]r(?:y|ies|ied|ying) (?:it )?again\b", "retry"),
    (r"\b(?:asked|asks|ask|begin|begins|began|begun|starts|started|sent|lists?|listed) anew\b|\banew\b", "again, from the start"),
    (r"\b[Tt]imes? (?:is|was|are|were) over\b", "timeout, expired"),
    (r"\b[Bb]r(?:eaks?|oken?|eaking) off\b", "interrupted, connection reset"),
    (r"\bfor ever\b", "forever, indefinitely"),
    (r"\b(?:stands?|stood) (?:there|twice|beside|still|behind)\b", "is, exists"),
    (r"\blets? go of\b", "release, free"),
    (r"\b(?:gives?|given|gave) (?:\w+ |the Lease )?back\b", "release, return"),
    (r"\b(?:is|are|was|were|be|been|being) told\b", "is reported, is logged, receives"),
    (r"\bbut for\b", "except for"),
    (r"\b(?:small letters|capital letters|in capitals)\b", "lower case, upper case"),
    (r"\bdeaf\b|\bin vain\b|\bthereof\b|\bhence\b|\bwhence\b|\blest\b|\bwherein\b|\bforthwith\b|\btherein\b|\bere\b", "a plainer word"),
    (r"\b(?:comes?|came) to an end\b|\bof its own accord\b", "ends; by itself"),
    (r"\bat will\b|\bso be it\b|\bwhatever (?:it|they) (?:is|are)\b", "a plainer word"),
    (r"\b(?:may|must|can|will) not be had\b|\bis not to be had\b", "is not available"),
)]

# Words that make the name of a test a riddle, and the word to write instead.
_NAME = re.compile(r"(?:^|_)(nobody|somebody|who|whom|he|his|him|told|anew|in_vain|for_ever|(?:that|which)_(?:is|are)_none|let_go|given_back|gives?_back|br(?:oke|eaks?)_off|"
                   r"(?:tried|asked)_again)(?=_|$)")
_NAMES = re.compile(r"cmocka_unit_test\w*\((\w+)|^ *def (test_\w+)", re.M)

_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*|'(?:\\.|[^'\\\n])*'""", re.S)


def c_prose(text):
    """(line, text) of every comment, and of every literal with more than two words. Literals that stand together are one text."""
    for token in _TOKEN.finditer(text):
        line, found = text.count("\n", 0, token.start()) + 1, token.group()
        if found.startswith("/*"):
            yield line, re.sub(r"\n\s*\*? ?", "\n", found[2:-2])
        elif found.startswith("//"):
            yield line, found[2:]
        elif found.startswith('"'):
            literal = re.sub(r'"(\s*)"', lambda gap: "\n" * gap.group(1).count("\n"), found)[1:-1].replace("\\n", " ")
            if literal.count(" ") >= 2:
                yield line, literal


def page_prose(text):
    """(line, text) of each paragraph, item or row of a page, without code and headings."""
    in_code, paragraph, first = False, [], 0
    for number, line in enumerate(text.split("\n") + [""], 1):
        if line.startswith("```"):
            in_code = not in_code
        item = re.match(r"\s*(?:[-*]|\d+\.) +", line)
        ends = in_code or line.startswith(("```", "#", "|", "<!--")) or not line.strip() or item
        if ends and paragraph:
            yield first, "\n".join(paragraph)
            paragraph = []
        if in_code or line.startswith(("```", "#", "<!--")) or not line.strip():
            continue
        if line.startswith("|"):
            for cell in line.strip().strip("|").split("|"):
                yield number, re.sub(r"`[^`]*`", "x", cell.strip())
            continue
        first = first if paragraph else number
        paragraph.append(re.sub(r"`[^`]*`", "x", line[item.end():] if item else line))


def script_prose(text):
    """(line, text) of the comments and the docstrings of Python, shell, YAML and CMake."""
    for found in re.finditer(r'"""(.*?)"""', text, re.S):
        yield text.count("\n", 0, found.start()) + 1, found.group(1)
    for number, line in enumerate(text.split("\n"), 1):
        found = re.search(r"(?:^|\s)# (.*)", line)
        if found and not re.search(r"[\"'][^\"']*# ", line):
            yield number, found.group(1)


def why_prose(text):
    """(line, text) of the sentence that explains a mutant or a fault."""
    for found in re.finditer(r'^Why: (.*)$|^ *"why": "(.*)",?$', text, re.M):
        yield text.count("\n", 0, found.start()) + 1, found.group(1) or found.group(2)


def name_findings(path, text):
    name = os.path.basename(path).rsplit(".", 1)[0]
    names = [(1, name)] if path.startswith(FAULTS) else [(text.count("\n", 0, found.start()) + 1, found.group(1) or found.group(2)) for found in _NAMES.finditer(text)]
    for line, name in names:
        found = _NAME.search(name)
        if found and path.startswith("tests/"):
            yield f"{path}:{line}: \"{found.group(1)}\" in {name}: a test is named by subject, condition and result"


def findings(path, text):
    prose = (c_prose if path.endswith((".c", ".h")) else page_prose if path.endswith(".md") else why_prose if path.endswith((".mutant", ".json")) else script_prose)
    yield from name_findings(path, text)
    for line, words in prose(text):
        one_line = re.sub(r"\s+", " ", words).strip()
        places = []  # of each character of one_line, the line that it is on
        for offset, part in enumerate(words.split("\n")):
            places += [line + offset] * (len(re.sub(r"\s+", " ", part).strip()) + 1)
        for pattern, advice in RULES:
            for found in pattern.finditer(one_line):
                at = places[min(found.start(), len(places) - 1)] if places else line
                yield f"{path}:{at}: \"{found.group().strip('.:; ')}\": {advice}"


FAULTS = "tests/integration/faults/"


def texts(root):
    """What people read. The tables of docs/reference are written from the sources."""
    found = sources.files(root, ("src", "include", "tests"), (".c", ".h")) + sources.files(root, ("docs", "charts", "tests", ".github"), (".md",))
    found += [path for path in sources.files(root, ("tests", "scripts", "bench", "cmake"), (".py", ".sh", ".cmake", "CMakeLists.txt"))
              if not path.startswith("tests/checks/test_") and path != "tests/checks/english.py"]
    found += sources.files(root, ("tests/mutants",), (".mutant",)) + sources.files(root, (FAULTS.rstrip("/"),), (".json",))
    found += sources.files(root, ("manifests",), (".yaml",)) + [name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
                                                                if os.path.exists(os.path.join(root, name))]
    return sources.require([path for path in found if not path.startswith("charts/redisrestore/charts/")], "texts")


def below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def check(root, only=()):
    problems = []
    for path in texts(root):
        if not only or any(below(path, folder) for folder in only):
            problems += findings(path, sources.read(root, path))
    return problems


if __name__ == "__main__":
    sources.main(check, *([sys.argv[2:]] if sys.argv[2:] else []))
