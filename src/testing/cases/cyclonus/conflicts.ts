import type { NetworkPolicy, NetworkPolicySpec, PolicyPeer } from "../../../model/network-policy.ts";
import { type Bound, DNS, type GeneratedCase, NONE, policy, reach, step } from "./case.ts";

const EVERYONE = reach("*", "*");

/** Policies that seem to contradict each other: x/b is the source, y/c the destination. */
export function conflictCases(): readonly GeneratedCase[] {
  return [
    conflict(
      "the source may not leave, the destination admits",
      [outOf([]), intoYc([{}])],
      [
        { pods: ["x/b"], out: NONE },
        { pods: ["y/c"], in: EVERYONE },
      ],
    ),
    conflict(
      "the source may leave, the destination does not admit",
      [outOf([{}]), intoYc([])],
      [
        { pods: ["x/b"], out: EVERYONE },
        { pods: ["y/c"], in: NONE },
      ],
    ),
    conflict(
      "the source may not leave, and may",
      [outOf([]), outOf([{}])],
      [{ pods: ["x/b"], out: EVERYONE }],
    ),
    conflict(
      "the destination does not admit, and does",
      [intoYc([]), intoYc([{}])],
      [{ pods: ["y/c"], in: EVERYONE }],
    ),
    ...OVERLAPS.map(([name, peers]) => egressOf(name, peers, EVERYONE)),
    ...OVERLAPS.map(([name, peers]) => ingressOf(name, peers, EVERYONE)),
    ...DENIALS.map(([name, peers]) => egressOf(name, peers, NONE)),
    ...DENIALS.map(([name, peers]) => ingressOf(name, peers, NONE)),
  ];
}

/** One policy for each entry: its only peer, or no rule at all. */
type Peers = readonly (PolicyPeer | "no rule")[];

const ANY_POD: PolicyPeer = { namespaceSelector: {} };
const ANY_IPV4: PolicyPeer = { ipBlock: { cidr: "0.0.0.0/0" } };
/** Blocks and labels that no pod has: a policy that denies in a roundabout way. */
const NO_ADDRESS: PolicyPeer = { ipBlock: { cidr: "0.0.0.0/31" } };
const NO_LABEL: PolicyPeer = { podSelector: { matchLabels: { never: "used" } }, namespaceSelector: {} };

const OVERLAPS: readonly (readonly [string, Peers])[] = [
  ["denied, and allowed by pod", ["no rule", ANY_POD]],
  ["denied, and allowed by address", ["no rule", ANY_IPV4]],
  ["denied by address, and allowed by pod", [NO_ADDRESS, ANY_POD]],
  ["denied by pod, and allowed by address", [NO_LABEL, ANY_IPV4]],
];

const DENIALS: readonly (readonly [string, Peers])[] = [
  ["denied by address", [NO_ADDRESS]],
  ["denied by pod", [NO_LABEL]],
];

function egressOf(name: string, peers: Peers, out: Bound["out"] & object): GeneratedCase {
  const policies = peers.map((peer) => outOf(peer === "no rule" ? [] : [{ to: [peer] }]));
  return conflict(`egress ${name}`, policies, [{ pods: ["x/b"], out }]);
}

function ingressOf(name: string, peers: Peers, into: Bound["in"] & object): GeneratedCase {
  const specs = peers.map((peer) => ingress("b", peer === "no rule" ? [] : [{ from: [peer] }]));
  return conflict(
    `ingress ${name}`,
    specs.map((spec) => policy("x", "in", spec)),
    [{ pods: ["x/b"], in: into }],
  );
}

/** Nobody lives without DNS, so what closes egress opens that. */
function outOf(rules: NonNullable<NetworkPolicySpec["egress"]>): NetworkPolicy {
  const podSelector = { matchLabels: { pod: "b" } };
  return policy("x", "out", { podSelector, policyTypes: ["Egress"], egress: [...rules, { ports: DNS }] });
}

function intoYc(rules: NonNullable<NetworkPolicySpec["ingress"]>): NetworkPolicy {
  return policy("y", "in", ingress("c", rules));
}

function ingress(pod: string, rules: NonNullable<NetworkPolicySpec["ingress"]>): NetworkPolicySpec {
  return { podSelector: { matchLabels: { pod } }, policyTypes: ["Ingress"], ingress: rules };
}

/** Every policy gets a name of its own. */
function conflict(name: string, policies: readonly NetworkPolicy[], bounds: readonly Bound[]): GeneratedCase {
  const named = policies.map((each, i) => ({
    ...each,
    metadata: { ...each.metadata, name: `${each.metadata.name}-${i}` },
  }));
  return { group: "conflict", name, steps: [step(named, bounds)] };
}
