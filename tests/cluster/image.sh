#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds container images without a registry and without the daemon of a container engine.
#
#   image.sh base                        builds localhost/debian:trixie-slim with debootstrap, unless the image exists
#   image.sh build TAG CONTEXT [ARG...]  builds CONTEXT/Dockerfile with ARG... (--build-arg BASE=...). Layers are cached, so a second build
#                                        installs no packages
#   image.sh root TAG PROGRAM...         an image of programs of this machine with their libraries; it runs the first one
#   image.sh open TAG                    creates a container from an image and prints its name
#   image.sh run CONTAINER [OPTION...] -- PROGRAM [ARG...]
#                                        runs a program in it as the user of the image, with options of buildah (--env NAME=VALUE)
#   image.sh close CONTAINER
#   image.sh unpack CONTAINER FOLDER     copies its files
#   image.sh inspect TAG                 prints the configuration as JSON
#   image.sh pause                       builds localhost/pause:1, the sandbox of pods on a node
#   image.sh save TAG FILE               writes a docker-archive
#   image.sh remove TAG                  deletes an image
#
# The build uses the package sources, keys and settings of /etc/apt of this machine. They are not in the image.
# Needs root and Debian's packages: buildah podman conmon netavark debootstrap
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${REDISRESTORE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redisrestore-tools}/images
mkdir -p "$cache"
store=(--root "$cache/store" --runroot "${TMPDIR:-/tmp}/redisrestore-images-$(id -u)" --storage-driver)
# overlay shares files between layers. Without overlay in the kernel, as in most containers, vfs copies them and no layers are cached.
if buildah "${store[@]}" overlay info > /dev/null 2>&1; then store+=(overlay) keep=--layers; else store+=(vfs) keep=--layers=false; fi
base=localhost/debian:trixie-slim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The mirror of this machine. The release is always Debian 13.
mirror() {
  { cat /etc/apt/sources.list.d/*.sources 2> /dev/null || true; } | sed -n 's/^URIs: *\([^ ]*\).*/\1/p' | grep -m 1 -v security ||
    { cat /etc/apt/sources.list 2> /dev/null || true; } | sed -n 's/^deb \(\[.*\] \)\?\([^ ]*\) .*/\2/p' | grep -m 1 -v security || true
}

case ${1:?base, build, root, pause, open, run, close, unpack, inspect, save or remove} in
base)
  buildah "${store[@]}" inspect --type image "$base" > /dev/null 2>&1 && exit
  mapfile -t from < <(mirror) # empty: the default of debootstrap
  debootstrap --variant=minbase trixie "$work/root" "${from[@]}" > "$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
  tar -C "$work/root" -c . | podman "${store[@]}" import - "$base" > /dev/null
  ;;
build)
  # The proxy and the date settings of apt, only during the build.
  mkdir "$work/apt"
  cp -r /etc/apt/apt.conf.d/. "$work/apt/"
  rm -f "$work"/apt/docker-* "$work"/apt/20packagekit "$work"/apt/50appstream "$work"/apt/70debconf
  buildah "${store[@]}" bud --isolation chroot --network host $keep --volume "$work/apt:/etc/apt/apt.conf.d:ro" -t "$2" "${@:4}" "$3"
  ;;
open) buildah "${store[@]}" from --pull-never "$2" ;;
root)
  "$here/../../scripts/image-root" "${@:3}" "$work/root"
  chmod 755 "$work" "$work/root"
  printf 'FROM scratch\nCOPY root /\nUSER 65532:65532\nENTRYPOINT ["/usr/local/bin/%s"]\n' "$(basename "$3")" > "$work/Dockerfile"
  buildah "${store[@]}" bud --isolation chroot -t "$2" "$work"
  ;;
close) buildah "${store[@]}" rm "$2" > /dev/null ;;
run)
  # Like the build, use the chroot isolation of buildah. An OCI runtime needs cgroups, which build machines and containers often lack.
  container=$2 options=()
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  buildah "${store[@]}" run --isolation chroot "${options[@]}" "$container" -- "$@"
  ;;
inspect) buildah "${store[@]}" inspect --type image "$2" ;;
unpack)
  mkdir -p "$3"
  folder=$(buildah "${store[@]}" mount "$2")
  cp -a "$folder/." "$3"
  buildah "${store[@]}" umount "$2" > /dev/null
  ;;
pause)
  gcc -static -O2 -o "$work/pause" "$here/pause.c"
  printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' > "$work/Dockerfile"
  buildah "${store[@]}" bud --isolation chroot -t localhost/pause:1 "$work"
  ;;
save) buildah "${store[@]}" push "$2" "docker-archive:$3:$2" ;;
remove) buildah "${store[@]}" rmi -f "$2" > /dev/null ;;
esac
