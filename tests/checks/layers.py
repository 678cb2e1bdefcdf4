# SPDX-License-Identifier: Apache-2.0
"""Includes between rooms (docs/architecture.md): no upward include, no third-party header outside its room, no I/O in pure rooms."""

import re

import sources

_BELOW_S3 = ("base", "metrics", "text", "crypto", "http", "aws")
_DISCOVERY = (*_BELOW_S3, "backup", "s3")
MAY_INCLUDE = {
    "base": (),
    "metrics": ("base",), "crypto": ("base",), "text": ("base",), "codec": ("base",), "redis": ("base",),
    "backup": ("base",),
    "http": ("base", "metrics", "crypto"), "server": ("base", "metrics"),
    "aws": ("base", "metrics", "text", "crypto", "http"), "kube": ("base", "metrics", "text", "crypto", "http"),
    "scrape": ("base", "metrics", "text", "crypto", "server", "kube"),
    "s3": _BELOW_S3,
    "discovery": _DISCOVERY,
    "controller": ("base", "metrics", "text", "http", "kube"),
    "restore": (*_DISCOVERY, "codec", "discovery", "kube", "controller"),
    "transfer": (*_DISCOVERY, "codec", "redis"),
}
MAY_INCLUDE["app"] = tuple(MAY_INCLUDE)

THIRD_PARTY = {  # beginning of the header's name: the rooms that may include it
    "cjson/": ("text",), "libxml/": ("text",), "yaml.h": ("text",), "ini.h": ("text",),
    "openssl/": ("crypto",), "curl/": ("http",), "microhttpd.h": ("server",), "uthash.h": ("base",),
    "zlib.h": ("codec",), "zstd.h": ("codec",), "zstd_errors.h": ("codec",), "lz4": ("codec",),
    "spawn.h": ("base",), "immintrin.h": ("base",), "signal.h": ("base", "app"), "getopt.h": ("app",),
}
PURE = ("errno.h", "inttypes.h", "limits.h", "math.h", "stdatomic.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "time.h")
SYSTEM = re.compile(r"^(?:pthread|dirent|fcntl|malloc|netdb|poll|pwd|sched|unistd|dlfcn|link)\.h$|^(?:sys|arpa|netinet|linux|net)/\w+\.h$")
NO_IO = ("backup", "redis")
GENERATED = {"src/app/commit.h"}

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    parts = path.split("/")
    return parts[2] if parts[0] in ("include", "tests") else parts[1]


def _own_room_problem(path, room, style, name, known):
    """Why this include of the project's own headers is wrong, or None."""
    if style == '"':
        beside = "/".join([*path.split("/")[:-1], name])
        if "/" in name:
            return f'"{name}" leaves the folder: private headers stay beside their sources'
        if beside not in known and beside not in GENERATED:
            return f'"{name}" is not beside this file: public headers are <redisrestore/room/name.h>'
        return "a public header includes a private one" if path.startswith("include/") else None
    other = name.split("/")[1]
    if f"include/{name}" not in known:
        return f"<{name}> does not exist"
    if other != room and other not in MAY_INCLUDE[room]:
        return f"room {room} may not include room {other}"
    return None


def _foreign_problem(room, name):
    for prefix, rooms in THIRD_PARTY.items():
        if name == prefix or (prefix.endswith(("/", "lz4")) and name.startswith(prefix)):
            return None if room in rooms else f"<{name}> belongs to {' and '.join(rooms)}"
    if name in PURE:
        return None
    if not SYSTEM.match(name):
        return f"<{name}> is no header that this project knows"
    return f"<{name}>: room {room} does no I/O" if room in NO_IO else None


def _first_include(path, text, known):
    """A source includes its own header before all others, so that the header stands alone."""
    if not path.endswith(".c") or not path.startswith("src/"):
        return None
    room, stem = room_of(path), path.split("/")[-1][:-2]
    names = [match.group(2) for match in _INCLUDE.finditer(text)]
    public, private = f"redisrestore/{room}/{stem}.h", f"{stem}.h"
    own = public if f"include/{public}" in known else private if f"src/{room}/{private}" in known else None
    # A private header of the same room may come first: it includes the room's public one, and each compiles alone (headers.py).
    if own is None or (names and (names[0] == own or f"src/{room}/{names[0]}" in known)):
        return None
    return f"its own header {own} must be included first"


def _cmake_problems(root, path):
    room, text = room_of(path), sources.read(root, path)
    rooms = re.search(r"^\s*ROOMS\s+([a-z0-9 ]+)", text, re.M)
    return [f"{path}: room {room} may not link room {other}" for other in (rooms.group(1).split() if rooms else [])
            if other not in MAY_INCLUDE[room]]


def check(root):
    paths = sources.require(sources.files(root, ("src", "include"), (".c", ".h")), "sources")
    known, problems = set(paths), []
    for path in paths:
        room = room_of(path)
        if room not in MAY_INCLUDE:
            problems.append(f"{path}: room {room} is not in the table")
            continue
        text = sources.code_only(sources.read(root, path))
        for match in _INCLUDE.finditer(text):
            style, name = match.groups()
            ours = style == '"' or name.startswith("redisrestore/")
            problem = _own_room_problem(path, room, style, name, known) if ours else _foreign_problem(room, name)
            if problem:
                problems.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {problem}")
        problem = _first_include(path, text, known)
        if problem:
            problems.append(f"{path}:1: {problem}")
    for path in sources.files(root, ("src",), ("CMakeLists.txt",)):
        if path.count("/") == 2 and room_of(path) in MAY_INCLUDE:
            problems += _cmake_problems(root, path)
    return problems


if __name__ == "__main__":
    sources.main(check)
