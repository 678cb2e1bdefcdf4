#!/usr/bin/env bash
# Builds container images without a registry and without a container engine's daemon.
#
#   image.sh base                        localhost/debian:trixie-slim, debootstrapped from Debian's packages; kept, made only when missing
#   image.sh build TAG CONTEXT [ARG...]  builds CONTEXT/Dockerfile; ARG... is passed on (--build-arg BASE=...). Steps are kept, so that
#                                        a second build installs no packages
#   image.sh root TAG PROGRAM...         an image of programs of this machine and what they need; the first one is run
#   image.sh open TAG                    makes a container of an image and prints its name
#   image.sh run CONTAINER [OPTION...] -- PROGRAM [ARG...]
#                                        runs a program in it as the image's user; OPTION... are buildah's (--env NAME=VALUE)
#   image.sh close CONTAINER
#   image.sh unpack CONTAINER FOLDER     copies its files
#   image.sh inspect TAG                 its configuration as JSON
#   image.sh pause                       localhost/pause:1, the sandbox of pods on a node
#   image.sh save TAG FILE               as a docker-archive
#   image.sh remove TAG                  of an image
#
# Packages come from where this machine's apt takes them: sources, keys and settings of /etc/apt are seen by the build, and stay out of
# the image. Needs root and Debian's packages: buildah podman conmon netavark debootstrap
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${REDISRESTORE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redisrestore-tools}/images
mkdir -p "$cache"
store=(--root "$cache/store" --runroot "${TMPDIR:-/tmp}/redisrestore-images-$(id -u)" --storage-driver)
# overlay shares what layers have in common; where the kernel has none (a container, mostly) whole copies take its place, and no steps are kept.
if buildah "${store[@]}" overlay info > /dev/null 2>&1; then store+=(overlay) keep=--layers; else store+=(vfs) keep=--layers=false; fi
base=localhost/debian:trixie-slim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# This machine's apt, except for the release: the base is Debian 13 whatever this machine runs.
mirror() {
  { cat /etc/apt/sources.list.d/*.sources 2> /dev/null || true; } | sed -n 's/^URIs: *\([^ ]*\).*/\1/p' | grep -m 1 -v security ||
    { cat /etc/apt/sources.list 2> /dev/null || true; } | sed -n 's/^deb \(\[.*\] \)\?\([^ ]*\) .*/\2/p' | grep -m 1 -v security || true
}

case ${1:?base, build, root, pause, open, run, close, unpack, inspect, save or remove} in
base)
  buildah "${store[@]}" inspect --type image "$base" > /dev/null 2>&1 && exit
  mapfile -t from < <(mirror) # none: debootstrap's own default
  debootstrap --variant=minbase trixie "$work/root" "${from[@]}" > "$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
  tar -C "$work/root" -c . | podman "${store[@]}" import - "$base" > /dev/null
  ;;
build)
  # The proxy and the dates that this machine's apt accepts, for the time of the build.
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
  # buildah's chroot, as for building: an OCI runtime wants cgroups that a build machine or a container often does not have.
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
