#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs moto, a server that plays AWS' services, into a venv of its own, once; prints that folder.
# Fails with a reason on stderr when it cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's/^moto\[server\]==//p' "$here/requirements.txt")
venv=${REDISRESTORE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redisrestore-tools}/moto-$version
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock -w 300 9
if [ ! -e "$venv/ready" ]; then
    rm -rf "$venv"
    if ! { /usr/bin/python3 -m venv "$venv" && timeout 400 "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
        -r "$here/requirements.txt"; } >"$venv.log" 2>&1; then
        echo "moto $version cannot be installed: $(tail -n 1 "$venv.log")" >&2
        exit 1
    fi
    touch "$venv/ready"
fi
echo "$venv"
