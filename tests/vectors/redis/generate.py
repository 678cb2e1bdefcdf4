#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pairs of this folder with real servers: NAME.rdb and NAME.aof of one replication session, and NAME.json, what the server itself
says of the RDB's data (keys by database and type) and of the stream's end.

  tests/vectors/redis/generate.py SERVER...     of tests/tools/redis/install.py, e.g. redis-7.0.15

The data has every type and encoding that the server writes (tests/integration/support/redis_data.py).
"""

import json
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

from support import redis_data  # noqa: E402
from support.redis_backup import ReplicaCapture  # noqa: E402
from support.redis_servers import RedisServer  # noqa: E402


def write(name, content):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(content)


def generate(name):
    with tempfile.TemporaryDirectory() as folder, RedisServer(name, folder, "--save", "", "--appendonly", "no") as server:
        redis_data.fill(server.redis)
        time.sleep(0.2)  # what expires is gone
        server.redis("DBSIZE")
        facts = redis_data.described(server.redis)
        capture = ReplicaCapture(server.address)
        redis_data.change(server.redis)
        offset = server.offset()
        capture.follow_to(offset)
        facts.update(replicationID=capture.replication_id, replicationOffset=capture.offset, endOffset=offset)
        write(f"{name}.rdb", capture.rdb)
        write(f"{name}.aof", capture.stream)
        write(f"{name}.json", (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode())
        capture.close()


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        generate(wanted)
