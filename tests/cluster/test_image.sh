#!/usr/bin/env bash
# Builds the image from this checkout and runs both of its entry points as its user. Prints what is wrong; exits 0 when nothing is,
# 77 (said on stdout) where it cannot run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
image=$root/tests/cluster/image.sh
tag=localhost/redisrestore:test-$$

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "building an image without a container engine needs root"
for program in buildah podman debootstrap; do command -v $program > /dev/null || skip "no $program"; done

work=$(mktemp -d)
container=
trap 'rm -rf "$work"; [ -z "$container" ] || "$image" close "$container" || true; "$image" remove "$tag" 2> /dev/null || true' EXIT
wrong=0
check() { # what, wanted, got
  [[ $3 = $2 ]] && return # wanted is a pattern
  printf '%s: wanted %s, got %s\n' "$1" "$2" "$3"
  wrong=1
}
run() { # exit code into $code, both outputs into $output
  code=0
  output=$("$image" run "$container" "$@" 2> "$work/stderr") || code=$?
  output+=$(grep -v 'exit status\|exited with status' "$work/stderr" || true)
}

"$image" base
commit=$(git -C "$root" rev-parse --short=12 HEAD 2> /dev/null || echo unknown)
if ! "$image" build "$tag" "$root" --build-arg BASE=localhost/debian:trixie-slim --build-arg COMMIT="$commit" > "$work/build.log" 2>&1; then
  tail -n 40 "$work/build.log"
  exit 1
fi

container=$("$image" open "$tag")
run -- /usr/local/bin/redisrestore version
check "exit code of version" 0 "$code"
check "version" "redisrestore *commit $commit*built with libcurl*" "$output"
version=$(sed -n 's/^redisrestore //p' <<< "$output")

run -- /init-backup
check "exit code of init-backup without S3_BUCKET" 1 "$code"
check "init-backup without S3_BUCKET" '*level=ERROR msg="Failed to create S3 store" error="S3_BUCKET environment variable is required"' "$output"

run -- /usr/local/bin/redisrestore discover
check "exit code of discover without a bucket" 2 "$code"

# No server: but libraries, roots of trust and the user are there, so that it gets as far as asking.
run --env S3_BUCKET=backups --env AWS_ENDPOINT_URL=https://127.0.0.1:1 --env AWS_ACCESS_KEY_ID=key --env AWS_SECRET_ACCESS_KEY=secret -- \
  /usr/local/bin/redisrestore discover --output json --timeout 5s
check "exit code of discover without a server" 4 "$code"
check "discover without a server" '*"reason"*:*"S3Unavailable"*' "$output"

run -- id
check "user" "uid=65532* gid=65532*" "$output"
run -- sh -c 'find /bin /etc /home /opt /srv /usr /var -xdev -user 65532 2> /dev/null || true'
check "files that the user owns" "" "$output"

"$image" inspect "$tag" > "$work/image.json"
check "configuration" "65532:65532 /usr/local/bin/redisrestore controller redisrestore $version $commit Apache-2.0" "$(python3 - "$work/image.json" << 'PY'
import json, sys
config = json.load(open(sys.argv[1]))["OCIv1"]["config"]
labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()}
print(config["User"], *config["Entrypoint"], *config["Cmd"], labels["title"], labels["version"], labels["revision"], labels["licenses"])
PY
)"
[ $wrong -eq 0 ] && echo "the image is as it should be"
exit $wrong
