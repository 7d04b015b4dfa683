import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer } from "../model/network-policy.ts";
import { workloadKey, type World } from "../model/world.ts";
import type { Unresolved } from "./peers.ts";

/** virtctl ssh and port-forward reach a machine through the pods of this Deployment of KubeVirt. */
const VIRT_API = { kind: "Deployment", name: "virt-api" } as const;

/** Where nearly everybody installs it; elsewhere it is found. */
const USUAL = "kubevirt";

export function virtctlPeers(world: World): NonEmpty<PolicyPeer> | Unresolved {
  const namespace = [USUAL, ...world.namespaces.keys()].find((name) => hasVirtApi(name, world));
  if (namespace === undefined) {
    return { reason: "KubeVirtNotFound", message: "no namespace has KubeVirt's Deployment virt-api" };
  }
  return [
    {
      podSelector: { matchLabels: { "kubevirt.io": "virt-api" } },
      namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } },
    },
  ];
}

export function isVirtApi(key: string): boolean {
  return key.endsWith(`/${VIRT_API.kind}/${VIRT_API.name}`);
}

function hasVirtApi(namespace: string, { workloads }: World): boolean {
  return workloads.has(workloadKey(namespace, VIRT_API));
}
