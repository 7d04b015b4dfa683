#!/usr/bin/env bash
# A cluster to try the operator in, for people with Docker, kind and kubectl: `hack/kind.sh up`, `hack/kind.sh down`.
# kind's own network plugin enforces NetworkPolicies since kind 0.24.
set -euo pipefail
cd "$(dirname "$0")/.."

cluster=${KIND_CLUSTER:-serviceaccess}
version=$(sed -n 's/.*"version": "\(.*\)",/\1/p' package.json)
image=serviceaccess:$version

main() {
  case "${1:-}" in
    up) need docker kind kubectl && up ;;
    down) need kind && kind delete cluster --name "$cluster" ;;
    *) echo "usage: hack/kind.sh up|down" >&2 && exit 2 ;;
  esac
}

need() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || { echo "hack/kind.sh needs $command" >&2 && exit 1; }
  done
}

up() {
  kind get clusters 2>/dev/null | grep -qx "$cluster" || kind create cluster --name "$cluster" --wait 120s
  docker build --tag "$image" .
  kind load docker-image "$image" --name "$cluster"
  k apply -k config/default
  k -n serviceaccess-system rollout restart deployment/serviceaccess
  k -n serviceaccess-system rollout status deployment/serviceaccess --timeout=120s
  k apply -k config/samples/abcdesktop
  k wait serviceaccess --all --all-namespaces --for=condition=Ready --timeout=120s
  k get serviceaccess --all-namespaces
}

# Never the cluster that happens to be current.
k() {
  kubectl --context "kind-$cluster" "$@"
}

main "$@"
