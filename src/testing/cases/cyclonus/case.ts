import type {
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  PolicyPort,
} from "../../../model/network-policy.ts";
import type { ClusterSketch, PodSketch } from "../../table.ts";

/**
 * The cases that cyclonus generates, generated again from their description. Nine pods in three namespaces; what a
 * policy does is restated beside it as who gets in and where its pods get out, never computed from the policy.
 */
export interface GeneratedCase {
  readonly group: Group;
  readonly name: string;
  readonly steps: readonly GeneratedStep[];
}

export type Group =
  | "target"
  | "rules"
  | "peers"
  | "ports"
  | "example"
  | "action"
  | "conflict"
  | "default label"
  | "upstream";

export interface GeneratedStep extends ClusterSketch {
  readonly bounds: readonly Bound[];
}

/** What some pods are restricted to; a direction that is not given is not restricted. */
export interface Bound {
  readonly pods: readonly string[];
  readonly in?: Reach;
  readonly out?: Reach;
}

/** These ports of, or for, these pods. */
export interface Reach {
  readonly ports: readonly string[];
  readonly pods: readonly string[];
}

/** x, y and z with a, b and c each; the addresses put four pods in the /24 around z/c beside it, two of them in its /28. */
export const NINE_PODS: Readonly<Record<string, string>> = {
  "x/a": "10.0.1.1",
  "x/b": "10.0.1.2",
  "x/c": "10.0.1.3",
  "y/a": "10.0.3.60",
  "y/b": "10.0.3.40",
  "y/c": "10.0.2.3",
  "z/a": "10.0.3.33",
  "z/b": "10.0.3.50",
  "z/c": "10.0.3.35",
};

const NAMESPACE_LABELS = { x: { ns: "x" }, y: { ns: "y" }, z: { ns: "z" } } as const;

export const ALL_PORTS = ["TCP/80", "TCP/81", "UDP/80", "UDP/81", "SCTP/80", "SCTP/81"];

/** `TCP/80` and `x/b y/*`; `*` alone is every pod or every port. */
export function reach(ports: string, pods: string): Reach {
  return { ports: ports === "*" ? ALL_PORTS : ports.split(" "), pods: podsOf(pods) };
}

export const NONE: Reach = { ports: [], pods: [] };

/** What the base policy lets in and out. */
export const BASE_IN = reach("TCP/80", "x/b x/c y/b y/c");
export const BASE_OUT = reach("TCP/80", "y/a y/b z/a z/b");

export const DNS: readonly PolicyPort[] = [
  { protocol: "TCP", port: 53 },
  { protocol: "UDP", port: 53 },
];

/** Ingress and egress of x/a on TCP/80, for and from some pods of some namespaces, and DNS. */
export function baseSpec(changes: BaseChanges = {}): NetworkPolicySpec {
  const tcp80: readonly PolicyPort[] = [{ protocol: "TCP", port: 80 }];
  const sources: readonly PolicyPeer[] = [
    { podSelector: within("pod", "b", "c"), namespaceSelector: within("ns", "x", "y") },
  ];
  const destinations: readonly PolicyPeer[] = [
    { podSelector: within("pod", "a", "b"), namespaceSelector: within("ns", "y", "z") },
  ];
  return {
    podSelector: { matchLabels: { pod: "a" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: changes.from ?? sources, ports: changes.ingressPorts ?? tcp80 }],
    egress: [{ to: changes.to ?? destinations, ports: changes.egressPorts ?? tcp80 }, { ports: DNS }],
  };
}

export interface BaseChanges {
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
  readonly ingressPorts?: readonly PolicyPort[];
  readonly egressPorts?: readonly PolicyPort[];
}

export function within(key: string, ...values: readonly string[]): NonNullable<PolicyPeer["podSelector"]> {
  return { matchExpressions: [{ key, operator: "In", values }] };
}

export function policy(namespace: string, name: string, spec: NetworkPolicySpec): NetworkPolicy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { namespace, name }, spec };
}

/** The nine pods under some policies. */
export function step(policies: readonly NetworkPolicy[], bounds: readonly Bound[]): GeneratedStep {
  return { pods: NINE_PODS, namespaces: NAMESPACE_LABELS, policies, bounds };
}

/** The base policy, changed, with what x/a is then restricted to. */
export function baseStep(changes: BaseChanges, bound: Partial<Bound> = {}): GeneratedStep {
  return step(
    [policy("x", "base", baseSpec(changes))],
    [{ pods: ["x/a"], in: BASE_IN, out: BASE_OUT, ...bound }],
  );
}

export function withPods(given: GeneratedStep, pods: Readonly<Record<string, PodSketch>>): GeneratedStep {
  return { ...given, pods: { ...given.pods, ...pods } };
}

export function withNamespace(
  given: GeneratedStep,
  name: string,
  labels: Readonly<Record<string, string>>,
): GeneratedStep {
  return { ...given, namespaces: { ...given.namespaces, [name]: labels } };
}

function podsOf(text: string): readonly string[] {
  const all = Object.keys(NINE_PODS);
  return text
    .split(" ")
    .flatMap((word) =>
      word === "*" ? all : word.endsWith("/*") ? all.filter((pod) => pod[0] === word[0]) : [word],
    );
}
