# SPDX-License-Identifier: Apache-2.0
"""Small libraries that are loaded before the product's, to fail or to lie. A sanitizer wants to come first, so they go with the release build."""

import os
import subprocess

from .servers import ROOT

RELEASE = os.path.join(ROOT, "build", "release", "redisrestore")


def built(name, folder):
    """The path of preload/{name}.c as a library."""
    path = os.path.join(folder, f"{name}-{os.getpid()}.so")
    source = os.path.join(ROOT, "tests", "integration", "preload", f"{name}.c")
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", path, source], check=True, capture_output=True)
    return path
