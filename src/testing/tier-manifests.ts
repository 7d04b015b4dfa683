import type { TierPeer, TierPolicy, TierPort, TierRule } from "../model/tier-policy.ts";
import type { Node } from "../model/world.ts";

/** Cluster-scoped policies and nodes as people would keep them in a file: one `v1` List. */
export function tierManifestsOf(policies: readonly object[], nodes: readonly Node[]): string {
  const items = [...policies, ...nodes.map(nodeManifest)];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** A policy in the fields of its own API; what is unknown is written as something that no version knows. */
export function tierManifest(policy: TierPolicy): object {
  const { kind, name, tier, priority, subject, ingress, egress } = policy;
  const isCluster = kind === "ClusterNetworkPolicy";
  return {
    apiVersion: `policy.networking.k8s.io/${isCluster ? "v1alpha2" : "v1alpha1"}`,
    kind,
    metadata: { name: kind === "BaselineAdminNetworkPolicy" ? "default" : name },
    spec: {
      ...(isCluster && { tier }),
      ...(kind !== "BaselineAdminNetworkPolicy" && { priority }),
      subject: subject === undefined ? { elsewhere: {} } : scope(subject),
      ingress: ingress.map((rule) => ({ ...ruleManifest(rule, isCluster), from: rule.peers.map(peer) })),
      egress: egress.map((rule) => ({ ...ruleManifest(rule, isCluster), to: rule.peers.map(peer) })),
    },
  };
}

function ruleManifest({ action, ports }: TierRule, isCluster: boolean): object {
  const written = !isCluster && action === "Accept" ? "Allow" : action;
  if (ports === undefined) return { action: written };
  return isCluster
    ? { action: written, protocols: ports.map(clusterPort) }
    : { action: written, ports: ports.map(adminPort) };
}

function scope({ namespaceSelector, podSelector }: NonNullable<TierPolicy["subject"]>): object {
  return podSelector === undefined
    ? { namespaces: namespaceSelector }
    : { pods: { namespaceSelector, podSelector } };
}

function peer(each: TierPeer): object {
  switch (each.kind) {
    case "pods":
      return scope(each.scope);
    case "networks":
      return { networks: each.cidrs };
    case "nodes":
      return { nodes: each.selector };
    case "domainNames":
      return { domainNames: each.names };
    case "unknown":
      return { wormholes: {} };
  }
}

function adminPort(port: TierPort): object {
  if (port.kind === "named") return { namedPort: port.name };
  if (port.kind === "unknown") return { wormhole: {} };
  const { protocol, from, to } = port;
  return from === to
    ? { portNumber: { protocol, port: from } }
    : { portRange: { protocol, start: from, end: to } };
}

function clusterPort(port: TierPort): object {
  if (port.kind === "named") return { destinationNamedPort: port.name };
  if (port.kind === "unknown") return { wormhole: {} };
  const { protocol, from, to } = port;
  const destinationPort = from === to ? { number: from } : { range: { start: from, end: to } };
  return { [protocol.toLowerCase()]: { destinationPort } };
}

function nodeManifest({ name, labels, addresses }: Node): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    status: {
      addresses: [
        { type: "Hostname", address: name },
        ...addresses.map((address) => ({ type: "InternalIP", address })),
      ],
    },
  };
}
