# SPDX-License-Identifier: Apache-2.0
"""Every fault of faults/list, between the controller and the real API server."""

import unittest

from support.fault_cases import make_tests

Faults = make_tests(__name__, "list")

if __name__ == "__main__":
    unittest.main()
