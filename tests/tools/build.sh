#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the real servers that tests and the demo run against, from pinned Go modules.
#
#   build.sh [TOOL...]      of: etcd kube-apiserver kubectl minio versitygw rclone helm kube-controller-manager kube-scheduler kubelet,
#                           and alerts (Prometheus' rules and engine, see modules/prometheus/main.go);
#                           and kstatus (what Flux and others take an object for, see modules/kstatus/main.go);
#                           the first four when none is named
#   build.sh --check        builds nothing: fails when a tool would have to be built
#
# Prints the folder that holds them: $REDISRESTORE_TOOLS, else ${XDG_CACHE_HOME:-~/.cache}/redisrestore-tools. A tool of the pinned version that is
# there already is kept, so a second call returns at once. KUBEBUILDER_ASSETS names a folder with etcd, kube-apiserver and kubectl to use
# instead of building them; a minio on PATH is used instead of building one.
# The first build of those four takes about nine minutes on two cores, nearly half of it kube-apiserver; versitygw and rclone take some five more.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${REDISRESTORE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redisrestore-tools}
kubernetes=v1.34.3 etcd=v3.6.5 minio=2026-02-12 minio_module=v0.0.0-20260212201848-7aac2a2c5b7c
versitygw=v1.8.0 rclone=v1.71.0 helm=v3.22.0
alerts=v0.304.2-$(cksum < "$here/modules/prometheus/main.go" | cut -d ' ' -f 1) # of Prometheus, and of what uses it
kstatus=v0.37.2-$(cksum < "$here/modules/kstatus/main.go" | cut -d ' ' -f 1) # of cli-utils, and of what uses it
check=false
[ "${1:-}" = --check ] && { check=true; shift; }
[ $# -gt 0 ] || set -- kube-apiserver kubectl etcd minio
mkdir -p "$out"
export GOGC=400 CGO_ENABLED=0

need_go() {
  local version
  version=$(go env GOVERSION 2>/dev/null || true)
  if ! printf '%s\n' go1.24 "${version:-none}" | sort -V -C || [ -z "$version" ]; then
    echo "Go 1.24 or later is needed to build $1 (found: ${version:-none}). Install it (Debian 13: apt-get install golang-go)," >&2
    echo "or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl, and put a minio on PATH." >&2
    exit 2
  fi
}

build() { # tool, version, command...
  local tool=$1 version=$2 start=$SECONDS
  shift 2
  if [ ! -x "$out/$tool@$version" ]; then
    $check && exit 1
    need_go "$tool"
    echo "building $tool $version from its Go module (once; kept in $out)" >&2
    "$@"
    mv "$out/.$tool.new" "$out/$tool@$version"
    echo "built $tool in $((SECONDS - start)) s" >&2
  fi
  ln -sfn "$tool@$version" "$out/$tool"
}

build_kubernetes() {
  local stamp="-X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
  (cd "$here/modules/kubernetes" && GOFLAGS=-trimpath go build -ldflags "-s -w $stamp" -o "$out/.$1.new" "k8s.io/kubernetes/cmd/$1")
}
build_etcd() { (cd "$here/modules/etcd" && GOFLAGS=-trimpath go build -ldflags "-s -w" -o "$out/.etcd.new" go.etcd.io/etcd/server/v3); }
build_alerts() { (cd "$here/modules/prometheus" && GOFLAGS=-trimpath go build -ldflags "-s -w" -o "$out/.alerts.new" .); }
build_kstatus() { (cd "$here/modules/kstatus" && GOFLAGS=-trimpath go build -ldflags "-s -w" -o "$out/.kstatus.new" .); }
build_module() { # tool, package@version
  GOBIN=$out/.$1.bin GOFLAGS=-trimpath go install -ldflags "-s -w" "$2" && mv "$out/.$1.bin/$1" "$out/.$1.new" && rmdir "$out/.$1.bin"
}

for tool in "$@"; do
  case $tool in
  etcd | kube-apiserver | kubectl)
    if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$tool" ]; then
      ln -sfn "$KUBEBUILDER_ASSETS/$tool" "$out/$tool"
    elif [ "$tool" = etcd ]; then
      build etcd "$etcd" build_etcd
    else
      build "$tool" "$kubernetes" build_kubernetes "$tool"
    fi ;;
  minio)
    if found=$(command -v minio); then
      ln -sfn "$found" "$out/minio"
    else
      build minio "$minio" build_module minio "github.com/minio/minio@$minio_module"
    fi ;;
  kube-controller-manager | kube-scheduler | kubelet) build "$tool" "$kubernetes" build_kubernetes "$tool" ;;
  versitygw) build versitygw "$versitygw" build_module versitygw "github.com/versity/versitygw/cmd/versitygw@$versitygw" ;;
  rclone) build rclone "$rclone" build_module rclone "github.com/rclone/rclone@$rclone" ;;
  alerts) build alerts "$alerts" build_alerts ;;
  kstatus) build kstatus "$kstatus" build_kstatus ;;
  helm) build helm "$helm" build_module helm "helm.sh/helm/v3/cmd/helm@$helm" ;;
  *) echo "unknown tool: $tool" >&2; exit 2 ;;
  esac
done
echo "$out"
