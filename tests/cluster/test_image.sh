#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the image from this checkout and runs both of its entry points. Prints what is wrong. Exits with 0 if nothing is, and with 77, with the
# reason on stdout, if it cannot run.
#
#   test_image.sh [PLATFORM]    linux/arm64: cross-compiles for that platform and runs the files with the user-mode emulator of QEMU
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
image=$root/tests/cluster/image.sh
tag=localhost/redisrestore:test-$$
native=linux/$(dpkg --print-architecture 2> /dev/null || echo amd64)
platform=${1:-$native}
size_max_kib=32768

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "building an image without a container engine needs root"
for program in buildah podman debootstrap; do command -v $program > /dev/null || skip "no $program"; done

work=$(mktemp -d)
container=
trap 'rm -rf "$work"; [ -z "$container" ] || "$image" close "$container" || true; "$image" remove "$tag" 2> /dev/null || true' EXIT
wrong=0
check() { # subject, wanted (a pattern), got
  [[ $3 = $2 ]] && return
  printf '%s: wanted %s, got %s\n' "$1" "$2" "$3"
  wrong=1
}
run() { # sets $code to the exit code and $output to stdout and stderr
  code=0
  if [ "$platform" = "$native" ]; then
    output=$("$image" run "$container" "$@" 2> "$work/stderr") || code=$?
  else
    output=$(emulate "$@" 2> "$work/stderr") || code=$?
  fi
  output+=$(grep -v 'exit status\|exited with status' "$work/stderr" || true)
}
emulate() { # [--env NAME=VALUE]... -- PROGRAM [ARG...]: with the loader and the libraries of the image, as its user
  local variables=()
  while [ "$1" != -- ]; do variables+=("$2"); shift 2; done
  shift
  env -i "${variables[@]}" "$(command -v chroot)" --userspec=65532:65532 "$work/files" /emulator "$@"
}

"$image" base
commit=$(git -C "$root" rev-parse --short=12 HEAD 2> /dev/null || echo unknown)
if ! "$image" build "$tag" "$root" --platform "$platform" --build-arg BASE=localhost/debian:trixie-slim --build-arg COMMIT="$commit" > "$work/build.log" 2>&1; then
  tail -n 40 "$work/build.log"
  exit 1
fi

container=$("$image" open "$tag")
"$image" unpack "$container" "$work/files"
# The image has only files that are needed: no shell, no package manager, no file that its user may change. It is complete and small.
check "files that can be run" "/init-backup /usr/local/bin/redisrestore" "$(cd "$work/files" && find . ! -type d -perm -1 ! -path './usr/lib/*' ! -path './lib*/ld-linux*' ! -size 0 | sed 's/^.//' | sort | tr '\n' ' ' | sed 's/ $//')"
check "files that other users than root may change" "" "$(find "$work/files" ! -type l \( -perm -2 -o ! -user root \))"
check "roots of trust" "*BEGIN CERTIFICATE*" "$(cat "$work/files/etc/ssl/certs/ca-certificates.crt")"
check "licence" "*Apache License*" "$(cat "$work/files/usr/share/doc/redisrestore/copyright")"
check "packages that scanners see" "[1-9][0-9]" "$(find "$work/files/var/lib/dpkg/status.d" -type f -size +0 | wc -l)"
machine=$(readelf -h "$work/files/usr/local/bin/redisrestore" | sed -n 's/ *Machine: *//p')
for file in "$work"/files/usr/local/bin/redisrestore "$work"/files/usr/lib/*/*.so.* "$work"/files/lib*/ld-linux*; do
  check "machine of ${file#"$work/files"}" "$machine" "$(readelf -h "$file" | sed -n 's/ *Machine: *//p')"
  for library in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    check "$library, which ${file##*/} needs" "*$library" "$(find "$work/files" -name "$library")"
  done
done
size=$(du -sk --apparent-size "$work/files" | cut -f 1)
[ "$size" -le $size_max_kib ] || { echo "the image has $size KiB, more than $size_max_kib"; wrong=1; }

case $platform in
linux/amd64) check "machine" "*X86-64*" "$machine" ;;
linux/arm64) check "machine" AArch64 "$machine" ;;
esac
if [ "$platform" != "$native" ]; then
  case $platform in linux/arm64) processor=aarch64 ;; *) processor=x86_64 ;; esac
  emulator=$(command -v qemu-$processor-static || command -v qemu-$processor || true)
  if [ -z "$emulator" ] || [[ $(readelf -l "$emulator") = *"program interpreter"* ]]; then
    [ $wrong -eq 0 ] && echo "the image of $platform is complete ($size KiB); it was not run, because this machine has no static qemu-$processor"
    exit $wrong
  fi
  cp "$emulator" "$work/files/emulator"
  cp /etc/hosts /etc/resolv.conf "$work/files/etc/" # a container engine adds these
  chmod 755 "$work" "$work/files"
fi

run -- /usr/local/bin/redisrestore version
check "exit code of version" 0 "$code"
check "version" "redisrestore *commit $commit*built with libcurl*" "$output"
version=$(sed -n 's/^redisrestore //p' <<< "$output")

run -- /init-backup
check "exit code of init-backup without S3_BUCKET" 1 "$code"
check "init-backup without S3_BUCKET" '*level=ERROR msg="Failed to create S3 store" error="S3_BUCKET environment variable is required"' "$output"

run -- /usr/local/bin/redisrestore discover
check "exit code of discover without a bucket" 2 "$code"

# There is no server. Libraries, CA certificates and the resolver work if the request gets as far as connecting.
ask() { # host
  run --env S3_BUCKET=backups --env AWS_ENDPOINT_URL="https://$1:1" --env AWS_ACCESS_KEY_ID=key --env AWS_SECRET_ACCESS_KEY=secret -- \
    /usr/local/bin/redisrestore discover --output json --timeout 5s --log-level debug
  check "exit code of discover at $1" 4 "$code"
  check "discover at $1" '*"reason"*:*"S3Unavailable"*' "$output"
}
ask localhost # in /etc/hosts
check "a name of /etc/hosts" "*onnect to localhost*" "$output"
ask no-such-host.invalid # resolved by DNS
check "a name that does not exist" "*resolve*no-such-host.invalid*" "$output"

"$image" inspect "$tag" > "$work/image.json"
check "configuration" "65532:65532 /usr/local/bin/redisrestore controller redisrestore $version $commit Apache-2.0" "$(python3 - "$work/image.json" << 'PY'
import json, sys
config = json.load(open(sys.argv[1]))["OCIv1"]["config"]
labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()}
print(config["User"], *config["Entrypoint"], *config["Cmd"], labels["title"], labels["version"], labels["revision"], labels["licenses"])
PY
)"
how="run natively"
[ "$platform" = "$native" ] || how="run by ${emulator##*/}"
[ $wrong -eq 0 ] && echo "the image of $platform is correct ($size KiB, $how)"
exit $wrong
