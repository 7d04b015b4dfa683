import { type House, HOUSES } from "./houses.ts";

export type Action = "Accept" | "Deny" | "Pass";
export type Tier = "Admin" | "Baseline";
export type Way = "egress" | "ingress";

/** A rule as it is written in a ClusterNetworkPolicy. */
export interface Rule {
  readonly action: Action;
  readonly from?: readonly object[];
  readonly to?: readonly object[];
  readonly protocols?: readonly object[];
}

export function clusterPolicy(
  tier: Tier,
  subject: object,
  rules: Partial<Record<Way, readonly Rule[]>>,
  { name = tier.toLowerCase(), priority = 10 } = {},
): object {
  return {
    apiVersion: "policy.networking.k8s.io/v1alpha2",
    kind: "ClusterNetworkPolicy",
    metadata: { name },
    spec: { tier, priority, subject, ...rules },
  };
}

/** A rule about a whole house. */
export function rule(action: Action, way: Way, peer: object, ...ports: readonly string[]): Rule {
  const peers = way === "egress" ? { to: [peer] } : { from: [peer] };
  return { action, ...peers, ...(ports.length === 0 ? {} : { protocols: ports.map(protocol) }) };
}

/** `TCP/80`, `TCP/80-90`, or the name of a port. */
function protocol(text: string): object {
  const [, name = "", start, end] = /^(TCP|UDP|SCTP)\/(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (start === undefined) return { destinationNamedPort: text };
  const destinationPort =
    end === undefined ? { number: Number(start) } : { range: { start: Number(start), end: Number(end) } };
  return { [name.toLowerCase()]: { destinationPort } };
}

/** A house by the name of its namespace, by the label of its namespace, or by the labels of namespace and pods. */
export function named(house: House): object {
  return { namespaces: { matchLabels: { "kubernetes.io/metadata.name": HOUSES[house] } } };
}

export function labelled(house: House): object {
  return { namespaces: { matchLabels: { "conformance-house": HOUSES[house] } } };
}

export function podsOf(house: House): object {
  const selector = { matchLabels: { "conformance-house": HOUSES[house] } };
  return { pods: { namespaceSelector: selector, podSelector: selector } };
}

export function swapped<T>(list: readonly T[], i: number, j: number): readonly T[] {
  const [a, b] = [list[i], list[j]];
  return a === undefined || b === undefined ? list : list.with(i, b).with(j, a);
}
