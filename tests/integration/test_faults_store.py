# SPDX-License-Identifier: Apache-2.0
"""Every fault of faults/store: `redisrestore discover` against a store that misbehaves."""

import unittest

from support.store_cases import make_tests

Faults = make_tests(__name__)

if __name__ == "__main__":
    unittest.main()
