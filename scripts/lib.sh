# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts of this folder; sourced, not run. Needs $root.

# Packages of Debian 12 or 13 (Ubuntu has the same names) for the build, the demo and the tests.
build_packages=(gcc libc6-dev cmake ninja-build pkg-config git libcurl4-openssl-dev libssl-dev libcjson-dev libxml2-dev libyaml-dev uthash-dev
  libmicrohttpd-dev liblz4-dev libzstd-dev zlib1g-dev)
demo_packages=(python3 openssl redis-server redis-tools ca-certificates)
test_packages=(libcmocka-dev clang clang-format clang-tidy libclang-rt-dev python3-venv python3-yaml zsh lua5.4 groff-base dpkg-dev file zstd lz4)
image_packages=(buildah podman conmon netavark debootstrap qemu-user-static)
node_packages=(containerd runc containernetworking-plugins iproute2 iptables socat util-linux procps binutils)

# Debian's own Python, which has Debian's modules; another one on PATH may not.
python=/usr/bin/python3

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
[ -t 2 ] || say() { printf '==> %s\n' "$*" >&2; }

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Installs the packages that are missing; without root it names the command and stops.
require_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing. Install them, then call again:" >&2
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  say "installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 2
  fi
  rm -f "$log"
}

# Go only where a server must be built; the builder says what is wrong with an old one. Arguments: tools beside the usual four.
require_tools() {
  set -- kube-apiserver kubectl etcd minio "$@"
  if ! "$root/tests/tools/build.sh" --check "$@" > /dev/null 2>&1 && [ -z "$(command -v go)" ] && [ "$(id -u)" -eq 0 ]; then
    require_packages golang-go
  fi
  "$root/tests/tools/build.sh" "$@" > /dev/null
  "$root/tests/tools/moto/install.sh" > /dev/null || say "tests of credentials from STS will be skipped"
}

# The servers that tests load backups with.
require_redis_servers() {
  "$python" "$root/tests/tools/redis/install.py" > /dev/null || { echo "Redis 7.0.15 and a Valkey cannot be installed" >&2; exit 2; }
}

build() { # preset, target...
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! { (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}) > "$log" 2>&1; }; then
    tail -n 60 "$log" >&2
    echo "the build of preset $preset failed" >&2
    exit 1
  fi
  rm -f "$log"
}
