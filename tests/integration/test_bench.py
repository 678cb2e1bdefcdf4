"""The benchmark of the controller still runs: small, without the peer, with servers of its own. What it measures here means nothing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from support.servers import ROOT


@unittest.skipUnless(shutil.which("go"), "its list server is built by go")
class Bench(unittest.TestCase):
    def test_controller_gives_every_figure(self):
        tools, release = os.path.join(ROOT, "build", "bench"), os.path.join(ROOT, "build", "release", "redisrestore")
        self.assertTrue(os.path.exists(release), "the release preset is not built")
        subprocess.run(["go", "build", "-o", tools + os.sep, "./fakes3", "./objects"], cwd=os.path.join(ROOT, "bench"), check=True,
                       env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"})
        with tempfile.NamedTemporaryFile() as file:
            done = subprocess.run([sys.executable, os.path.join(ROOT, "bench", "report.py"), "controller", "--quick", "--only-ours", "--objects", "20",
                                   "--json", file.name], capture_output=True, text=True, timeout=600, check=False)
            self.assertEqual(done.returncode, 0, done.stderr[-3000:])
            raw = json.load(file)["raw"]

        for figure in ("ready, all objects", "drain all", "change all", "CPU 20 keys", "latency idle", "all objects, anonymous"):
            self.assertTrue(all(value >= 0 for value in raw[figure]["redisrestore"]) and raw[figure]["redisrestore"], figure)
        self.assertAlmostEqual(raw["requests an object"]["redisrestore"][0]["patch redisrestores/status"], 1, delta=0.2)
        self.assertIn("| 20 objects drained at the start |", done.stdout)


if __name__ == "__main__":
    unittest.main()
