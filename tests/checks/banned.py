# SPDX-License-Identifier: Apache-2.0
"""Calls that are not made here, and where the few exceptions are."""

import re

import sources

NOWHERE = """strcpy strcat stpcpy strncpy strncat sprintf vsprintf atoi atol atoll atof strtol strtoll strtoul strtoull strtok strtok_r gets scanf sscanf fscanf
    system popen setenv putenv unsetenv setlocale localtime gmtime ctime asctime exit quick_exit abort assert alloca fork vfork rand srand random
    tmpnam mktemp cJSON_GetArrayItem xmlReadFile xmlParseFile""".split()
ONLY_IN = {"malloc": "src/base/mem.c", "calloc": "src/base/mem.c", "realloc": "src/base/mem.c", "free": "src/base/mem.c", "strdup": "src/base/mem.c",
           "strndup": "src/base/mem.c", "pthread_create": "src/base/thread.c", "strtod": "src/base/parse.c"}
WORDS = {r"->\s*valueint\b": "->valueint loses 64-bit numbers", r"\bCURLOPT_VERBOSE\b": "CURLOPT_VERBOSE writes secrets",
         r"\bXML_PARSE_(?:HUGE|RECOVER|NOENT|DTDLOAD)\b": "opens the XML parser to hostile input"}
# Outside src/base, which makes buffers: where a plain buffer grew, it has left copies that this wipes no more.
WIPED_LATE = re.compile(r"\brr_wipe\s*\(\s*\w+(?:->|\.)(?:\w+\.)*ptr\b")
OWN_WORDS = {r"status\s*(?:[=!]=|[<>]=?)\s*[1-5]\d\d\b": "a status of HTTP has its name in base/http_status.h",
             r"\b__(?:atomic|sync)_\w+": "a field that is atomic has an atomic type (stdatomic.h)"}  # not in tests
WAITING = "sleep usleep nanosleep clock_nanosleep".split()  # in tests

# A call, not a member of a struct with that name and not the type of a function pointer.
_CALL = re.compile(r"(?<![\w.])(?<!->)(\w+)\s*\(")
_MARKS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def check(root):
    problems = []
    own = sources.require(sources.files(root, ("src", "include"), (".c", ".h")), "sources")
    for path in own + sources.files(root, ("tests",), (".c", ".h")):
        text = sources.read(root, path)
        code = sources.code_only(text)
        for match in _CALL.finditer(code):
            name, line = match.group(1), code.count("\n", 0, match.start()) + 1
            in_tests = path.startswith("tests/")
            if (not in_tests and name in NOWHERE) or (in_tests and name in WAITING):
                problems.append(f"{path}:{line}: {name} is banned")
            elif not in_tests and ONLY_IN.get(name, path) != path:
                problems.append(f"{path}:{line}: {name} belongs to {ONLY_IN[name]}")
        for pattern, why in (WORDS if path.startswith("tests/") else WORDS | OWN_WORDS).items():
            problems += [f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {why}" for match in re.finditer(pattern, code)]
        if not path.startswith("src/base/"):
            problems += [f"{path}:{code.count(chr(10), 0, match.start()) + 1}: a buffer of a secret is a RR_SECRET_BUF" for match in WIPED_LATE.finditer(code)]
        problems += [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}: do it or open an issue" for match in _MARKS.finditer(text)]
    return problems


if __name__ == "__main__":
    sources.main(check)
