# SPDX-License-Identifier: Apache-2.0
"""A bucket in memory that lists the given keys, knows which keys are valid, and fails at random with a fixed seed."""

import random
import threading
import time
import urllib.parse

from .listing import page
from .python_store import PythonStore

_ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>server words 7q3z</Message></Error>'


class ListingStore(PythonStore):
    """`keys` maps a prefix to the keys under it; `valid` holds the access keys that may list. `faults` counts what was delivered by kind."""

    def __init__(self, seed=1, throttled=0.05, broken=0.01, reset=0.01, stalled=0.01, stall_s=3.0):
        self.keys, self.valid, self.faults, self.listings = {}, set(), {}, 0
        self._chances = [("throttled", throttled), ("broken", broken), ("reset", reset), ("stalled", stalled)]
        self._random, self._stall_s, self.calm = random.Random(seed), stall_s, False
        self._lock = threading.Lock()
        super().__init__()

    def _fault(self):
        with self._lock:
            self.listings += 1
            roll = self._random.random()
            for kind, chance in self._chances if not self.calm else ():
                roll -= chance
                if roll < 0:
                    self.faults[kind] = self.faults.get(kind, 0) + 1
                    return kind
            return None

    def answer(self, request):
        fault = self._fault()
        if fault == "reset":
            request.close_connection = True
            return
        if fault == "stalled":
            time.sleep(self._stall_s)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        if fault == "throttled":
            self.send(request, 503, _ERROR.format("SlowDown"))
        elif fault == "broken":
            self.send(request, 500, _ERROR.format("InternalError"))
        elif self.access_key_of(request) not in self.valid:
            self.send(request, 403, _ERROR.format("InvalidAccessKeyId"))
        else:
            self.send(request, 200, page(*self.keys.get(query.get("prefix", [""])[0], ())))
