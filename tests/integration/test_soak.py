# SPDX-License-Identifier: Apache-2.0
"""Twenty seconds of what scripts/soak does for half an hour, so that it never rots."""

import json
import unittest

from support.context import IntegrationTest
from support.soak import Soak

SECONDS, SEED = 20, 7


class ShortSoak(IntegrationTest):
    def test_f01_f13_nothing_is_missed_under_random_faults(self):
        soak = Soak(self.cluster, self.run_facts.binary, self.run_facts.folder, self.namespace, SECONDS, SEED, objects=40, patience=120, pace=0.03, arming=16, env=self.environment())

        summary = soak.run()

        self.assertEqual(soak.judge(summary, memory=False), [])
        self.assertGreaterEqual(sum(summary["faults_of_the_api_server"].values()), 1, json.dumps(summary, indent=1))  # a busy machine meets few


if __name__ == "__main__":
    unittest.main()
