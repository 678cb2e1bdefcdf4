# SPDX-License-Identifier: Apache-2.0
"""The part of scripts/try that runs when redisrestore is built: a store with a backup in it, and what `discover` and `list` say of it."""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile

from support.redis_backup import command, rdb_of, take_pair, upload_backups
from support.s3 import S3
from support.servers import ROOT, Minio, Redis, minio_program
from support.small_store import SmallStore

BUCKET, BACKUP_ID = "my-backups", "shop-cart"


def say(text):
    print(f"\n==> {text}", flush=True)


def start_store(kind, folder, access_key, secret_key):
    """(server, S3 client, what it is)"""
    if kind == "minio" or (kind == "auto" and minio_program()):
        minio = Minio(folder, access_key, secret_key)
        return minio, minio.s3, "MinIO"
    store = SmallStore(access_key)
    return store, S3(store.url, access_key, secret_key), "a small one in Python; a MinIO on PATH would be used instead"


def make_pair(folder, with_redis):
    if not with_redis:
        return rdb_of(cart="in the RDB"), command("SET", "cart:after", "in the AOF"), 0
    redis = Redis(folder)
    try:
        return take_pair(redis)
    finally:
        redis.stop()


def run(binary, env, *arguments):
    print(f"\n$ redisrestore {' '.join(arguments)}", flush=True)
    done = subprocess.run([binary, *arguments], env=env, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        raise SystemExit(f"redisrestore {arguments[0]} ended with {done.returncode}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(prog="scripts/try", description="Builds redisrestore and lets it find a backup in an S3 server on loopback.")
    parser.add_argument("--binary", default=os.path.join(ROOT, "build", "release", "redisrestore"), help=argparse.SUPPRESS)
    parser.add_argument("--store", choices=("auto", "minio", "python"), default="auto", help="which S3 server is started (default: MinIO where it is installed)")
    parser.add_argument("--without-redis", action="store_true", help="a made-up pair, although a redis-server is installed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.store == "minio" and not minio_program():
        parser.error("there is no minio on PATH")
    with_redis = not options.without_redis and shutil.which("redis-server") and shutil.which("redis-cli")

    folder, store = tempfile.mkdtemp(prefix="redisrestore-try-"), None
    try:
        access_key, secret_key = "try-access-key", secrets.token_urlsafe(30)
        store, s3, kind = start_store(options.store, folder, access_key, secret_key)
        say(f"started an S3 server on loopback ({kind})")
        s3.make_bucket(BUCKET)
        rdb, aof, _ = pair = make_pair(folder, with_redis)
        stamp = upload_backups(s3, BUCKET, BACKUP_ID, pair)
        say(f"uploaded a backup {'of a real redis-server' if with_redis else 'made without a redis-server'}: {len(rdb)} bytes of RDB, {len(aof)} bytes of AOF;"
            " beside it an older pair, another Redis, and a file without a timestamp")

        say("which backup would Redis be restored from?")
        env = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}
        found = run(options.binary, env, "discover", "--bucket", BUCKET, "--endpoint", store.url, "--replication-id", BACKUP_ID)
        run(options.binary, env, "list", "--bucket", BUCKET, "--endpoint", store.url)
        if f"redis-backups/{BACKUP_ID}/dump-{stamp}.rdb" not in found or f"redis-backups/{BACKUP_ID}/appendonly-{stamp}.aof" not in found:
            raise SystemExit(f"the answer does not name the pair {stamp}")
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        if store:
            store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    say("done; the servers are stopped. Next: scripts/demo shows the controller on a real Kubernetes API server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
