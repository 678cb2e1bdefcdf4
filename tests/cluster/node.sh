#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a program on a real Kubernetes cluster of one node: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd, kubelet.
#
#   node.sh RUN_DIR IMAGE... -- PROGRAM [ARG...]   IMAGE: docker-archives of image.sh save, which the node imports
#
# PROGRAM gets KUBECONFIG, CONTAINERD_ADDRESS, and PATH with kubectl and helm. Everything runs in its own network, mount and process namespaces:
# when PROGRAM ends, for whatever reason, the kernel ends the rest. The network and the mounts of this machine are not changed. The logs
# are in RUN_DIR/log. To look around: node.sh run -- bash
#
# Limits of the node: no kube-proxy, so Services other than `kubernetes` have no address; no cluster DNS; NetworkPolicy is not enforced.
# Needs root, etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kubectl and helm of tests/tools/build.sh, and Debian's packages: containerd runc containernetworking-plugins iproute2 iptables socat openssl
set -euo pipefail
tools=${REDISRESTORE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redisrestore-tools}
service_ip=10.96.0.1 node_ip=10.88.255.1
for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl helm; do
  PATH=$tools:$PATH command -v $program > /dev/null || { echo "node.sh: $program is missing; build it with tests/tools/build.sh $program" >&2; exit 1; }
done
for program in containerd runc socat iptables ip; do
  command -v $program > /dev/null || { echo "node.sh: $program is missing; install the packages that node.sh names" >&2; exit 1; }
done

if [ "${RR_NODE:-}" != inside ]; then
  mkdir -p "$1/log"
  dir=$(cd "$1" && pwd)
  # Restore the kernel settings that kubelet changes for the whole machine, and remove the cgroups of containerd.
  kernel=$(sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes 2> /dev/null | tr -d ' ')
  cgroups() { find /sys/fs/cgroup -maxdepth 2 -type d -name k8s.io; }
  others=$(cgroups)
  leave() {
    printf '%s\n' "$kernel" | xargs -r -n 1 sysctl -q -w || true
    [ -n "$others" ] || cgroups | xargs -r -I CGROUP find CGROUP -type d -delete || true
    rm -rf "$dir"/{pki,etcd,kubelet,containerd} "$dir"/*.kubeconfig "$dir"/*.yaml || true
  }
  trap leave EXIT
  RR_NODE=inside unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private "$0" "$dir" "${@:2}"
  exit
fi

dir=$1 images=()
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do images+=("$1"); shift; done
shift
cd "$dir"
mkdir -p pki log containerd/cni

sign() { # name, subject, subjectAltName
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2" 2> /dev/null
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 2 -out "pki/$1.crt" \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${3:+subjectAltName=$3}") 2> /dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pki/ca.key -out pki/ca.crt -days 2 -subj /CN=test-ca 2> /dev/null
openssl genrsa -out pki/sa.key 2048 2> /dev/null
openssl rsa -in pki/sa.key -pubout -out pki/sa.pub 2> /dev/null
sign apiserver /CN=kube-apiserver "DNS:kubernetes,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:$service_ip"
sign kubelet /O=system:nodes/CN=system:node:node1 "DNS:node1,IP:127.0.0.1,IP:$node_ip"
sign admin /O=system:masters/CN=admin
for user in kube-controller-manager kube-scheduler; do sign $user /CN=system:$user; done
for user in admin kube-controller-manager kube-scheduler kubelet; do
  cat > "$user.kubeconfig" << Y
apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "https://127.0.0.1:6443", certificate-authority: $dir/pki/ca.crt}}]
users: [{name: $user, user: {client-certificate: $dir/pki/$user.crt, client-key: $dir/pki/$user.key}}]
contexts: [{name: local, context: {cluster: local, user: $user}}]
current-context: local
Y
done
export KUBECONFIG=$dir/admin.kubeconfig PATH=$tools:$PATH

start() { local name=$1; shift; "$@" > "log/$name.log" 2>&1 < /dev/null & }
wait_for() { # what, command...
  local i
  for i in $(seq 480); do "${@:2}" > /dev/null 2>&1 && return; sleep 0.25; done
  echo "node.sh: waited two minutes for $1; the logs are in $dir/log" >&2
  tail -n 3 log/*.log >&2
  exit 1
}

ip link set lo up
ip addr add $service_ip/32 dev lo # replaces kube-proxy: pods reach the API server at the address of its Service
ip link add node0 type bridge
ip addr add $node_ip/32 dev node0
ip link set node0 up

start etcd etcd --data-dir etcd --unsafe-no-fsync --log-level warn
start kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address 127.0.0.1 --secure-port 6443 \
  --advertise-address $node_ip --service-cluster-ip-range 10.96.0.0/16 --endpoint-reconciler-type none \
  --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key --client-ca-file pki/ca.crt \
  --service-account-key-file pki/sa.pub --service-account-signing-key-file pki/sa.key --service-account-issuer https://kubernetes.default.svc \
  --authorization-mode Node,RBAC --kubelet-preferred-address-types InternalIP \
  --kubelet-certificate-authority pki/ca.crt --kubelet-client-certificate pki/admin.crt --kubelet-client-key pki/admin.key
start service-address socat "TCP-LISTEN:443,bind=$service_ip,fork,reuseaddr" TCP:127.0.0.1:6443

cat > containerd/cni/10-bridge.conflist << 'Y'
{"cniVersion": "0.4.0", "name": "bridge", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipam":
    {"type": "host-local", "dataDir": "CNI", "ranges": [[{"subnet": "10.88.0.0/17"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
Y
sed -i "s|CNI|$dir/containerd/addresses|" containerd/cni/10-bridge.conflist
cat > containerd/config.toml << Y
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
[grpc]
  address = "$dir/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/containerd/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
Y
cat > kubelet.yaml << Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $dir/pki/ca.crt}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix://$dir/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
featureGates: {KubeletInUserNamespace: true}
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
evictionHard: {nodefs.available: 1Mi, imagefs.available: 1Mi, memory.available: 1Mi}
imageMinimumGCAge: 24h
tlsCertFile: $dir/pki/kubelet.crt
tlsPrivateKeyFile: $dir/pki/kubelet.key
oomScoreAdj: 0
podLogsDir: $dir/log/pods
Y
start containerd containerd -c containerd/config.toml
wait_for containerd ctr -a containerd/containerd.sock version
for image in "${images[@]}"; do ctr -a containerd/containerd.sock -n k8s.io images import "$image" >> log/images.log; done
wait_for kube-apiserver kubectl get --raw /readyz
for name in kube-controller-manager kube-scheduler; do
  extra=()
  [ $name = kube-controller-manager ] && extra=(--use-service-account-credentials --root-ca-file pki/ca.crt
    --service-account-private-key-file pki/sa.key --cluster-signing-cert-file pki/ca.crt --cluster-signing-key-file pki/ca.key)
  start $name $name --kubeconfig $name.kubeconfig --authentication-kubeconfig $name.kubeconfig --authorization-kubeconfig $name.kubeconfig \
    --bind-address 127.0.0.1 --leader-elect=false "${extra[@]}"
done
start kubelet kubelet --kubeconfig kubelet.kubeconfig --config kubelet.yaml --root-dir "$dir/kubelet" --cert-dir "$dir/kubelet/pki" \
  --hostname-override node1 --node-ip $node_ip
wait_for "the node" kubectl wait --for=condition=Ready node/node1 --timeout 1s
wait_for "the default service account" kubectl get serviceaccount default
export CONTAINERD_ADDRESS=$dir/containerd/containerd.sock
"$@"
