# SPDX-License-Identifier: Apache-2.0
"""The process gets less than it needs: memory, descriptors, room on a disk."""

import os
import resource
import signal
import subprocess
import unittest

from support.context import IntegrationTest
from support.servers import ROOT

RELEASE = os.path.join(ROOT, "build", "release", "redisrestore")  # sanitizers reserve more than any limit here
RDB = "redis-backups/shop/dump-20260131-235900.rdb"
FOUND, INTERNAL, UNREACHABLE, LOADER = 0, 1, 4, 127


@unittest.skipUnless(os.path.exists(RELEASE), "needs the release build")
class Scarcity(IntegrationTest):
    def discover_with(self, limit, value, **variables):
        def lower():
            resource.setrlimit(limit, (value, value))
        return subprocess.run([RELEASE, "discover", "--output", "json"], env={**self.environment(), **variables}, preexec_fn=lower, capture_output=True, text=True, timeout=60)

    def test_f30_memory_that_ends_anywhere_is_a_clean_end(self):
        self.put(RDB)
        codes = {kib: self.with_memory(kib) for kib in range(8 * 1024, 200 * 1024, 4 * 1024)}
        first = min(kib for kib, code in codes.items() if code != LOADER)  # between it and the one before lies main()
        codes |= {kib: self.with_memory(kib) for kib in range(first - 4 * 1024, first, 64)}
        self.assertIn(INTERNAL, codes.values())
        self.assertEqual(codes[max(codes)], FOUND)

    def with_memory(self, kib):
        done = self.discover_with(resource.RLIMIT_AS, kib * 1024)
        if done.returncode == -signal.SIGSEGV and self.loader_fails(kib):
            return LOADER
        self.assertIn(done.returncode, (FOUND, INTERNAL, UNREACHABLE, LOADER), f"{kib} KiB: {done.stderr}")
        if done.returncode not in (FOUND, LOADER):
            ours = [line for line in done.stderr.splitlines() if not line.startswith("Error in GnuTLS")]  # which begins before main()
            self.assertEqual(len(ours), 1, f"{kib} KiB: {done.stderr}")
        if done.returncode == FOUND:
            self.assertIn(RDB, done.stdout)
        return done.returncode

    def loader_fails(self, kib):
        """The loader of glibc 2.36 dereferences NULL at one place when memory ends. No code of a library has run then."""
        done = self.discover_with(resource.RLIMIT_AS, kib * 1024, LD_DEBUG="files")
        return done.returncode == -signal.SIGSEGV and "calling init" not in done.stderr

    def test_f30_descriptors_that_end_anywhere_are_a_clean_end(self):
        self.put(RDB)
        codes = []
        for count in range(3, 24):
            done = self.discover_with(resource.RLIMIT_NOFILE, count)
            codes.append(done.returncode)
            self.assertIn(done.returncode, (FOUND, INTERNAL, UNREACHABLE, LOADER), f"{count} descriptors: {done.stderr}")
        self.assertNotEqual(codes[1], FOUND)
        self.assertEqual(codes[-1], FOUND)


if __name__ == "__main__":
    unittest.main()
