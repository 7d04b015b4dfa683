import type { NetworkPolicySpec, PolicyPeer } from "../../../model/network-policy.ts";
import {
  BASE_IN,
  BASE_OUT,
  baseSpec,
  baseStep,
  type Bound,
  type GeneratedCase,
  NONE,
  policy,
  reach,
  step,
  within,
} from "./case.ts";

/** Whom the policy is for: another namespace, more pods. */
export function targetCases(): readonly GeneratedCase[] {
  const podA = { matchLabels: { pod: "a" } };
  return [
    ...["x", "y", "z"].map((name) => target(`namespace ${name}`, name, podA, [`${name}/a`])),
    target("all pods", "x", {}, ["x/a", "x/b", "x/c"]),
    target("pod a", "x", podA, ["x/a"]),
    target("pods a and b", "x", within("pod", "a", "b"), ["x/a", "x/b"]),
  ];
}

function target(
  name: string,
  namespace: string,
  podSelector: NonNullable<PolicyPeer["podSelector"]>,
  pods: readonly string[],
): GeneratedCase {
  const policies = [policy(namespace, "base", { ...baseSpec(), podSelector })];
  return { group: "target", name, steps: [step(policies, [{ pods, in: BASE_IN, out: BASE_OUT }])] };
}

/** No rule, and one that restricts nothing. */
export function ruleCases(): readonly GeneratedCase[] {
  return [
    rule("no egress rule", { egress: [] }, { out: NONE }),
    rule("an empty egress rule", { egress: [{}] }, { out: reach("*", "*") }),
    rule("no ingress rule", { ingress: [] }, { in: NONE }),
    rule("an empty ingress rule", { ingress: [{}] }, { in: reach("*", "*") }),
  ];
}

function rule(name: string, rules: Partial<NetworkPolicySpec>, bound: Partial<Bound>): GeneratedCase {
  const policies = [policy("x", "base", { ...baseSpec(), ...rules })];
  return {
    group: "rules",
    name,
    steps: [step(policies, [{ pods: ["x/a"], in: BASE_IN, out: BASE_OUT, ...bound }])],
  };
}

/** Each peer and the pods that it means in a policy of x. */
const PEERS: readonly { readonly name: string; readonly peer: PolicyPeer; readonly pods: string }[] = [
  { name: "pods {}", peer: { podSelector: {} }, pods: "x/*" },
  { name: "pod c", peer: { podSelector: { matchLabels: { pod: "c" } } }, pods: "x/c" },
  { name: "namespaces {}", peer: { namespaceSelector: {} }, pods: "*" },
  { name: "namespaces {}, pods {}", peer: { namespaceSelector: {}, podSelector: {} }, pods: "*" },
  {
    name: "namespaces {}, pod c",
    peer: { namespaceSelector: {}, podSelector: { matchLabels: { pod: "c" } } },
    pods: "x/c y/c z/c",
  },
  { name: "namespace x", peer: { namespaceSelector: { matchLabels: { ns: "x" } } }, pods: "x/*" },
  {
    name: "namespace x, pods {}",
    peer: { namespaceSelector: { matchLabels: { ns: "x" } }, podSelector: {} },
    pods: "x/*",
  },
  {
    name: "namespace x, pod c",
    peer: { namespaceSelector: { matchLabels: { ns: "x" } }, podSelector: { matchLabels: { pod: "c" } } },
    pods: "x/c",
  },
  { name: "/24 around z/c", peer: { ipBlock: { cidr: "10.0.3.35/24" } }, pods: "y/a y/b z/a z/b z/c" },
  {
    name: "/24 around z/c without its /28",
    peer: { ipBlock: { cidr: "10.0.3.0/24", except: ["10.0.3.35/28"] } },
    pods: "y/a z/b",
  },
];

/** None, each, and every two of the peers, as sources and as destinations. */
export function peerCases(): readonly GeneratedCase[] {
  const pairs = PEERS.flatMap((one, i) => PEERS.slice(i + 1).map((other) => [one, other]));
  const lists = [...PEERS.map((one) => [one]), ...pairs];
  const named = lists.map((list) => ({
    name: list.map((each) => each.name).join(" or "),
    peers: list.map((each) => each.peer),
    pods: list.map((each) => each.pods).join(" "),
  }));
  return [{ name: "no peers", peers: [], pods: "*" }, ...named].flatMap(
    ({ name, peers, pods }): GeneratedCase[] => [
      {
        group: "peers",
        name: `from ${name}`,
        steps: [baseStep({ from: peers }, { in: reach("TCP/80", pods) })],
      },
      {
        group: "peers",
        name: `to ${name}`,
        steps: [baseStep({ to: peers }, { out: reach("TCP/80", pods) })],
      },
    ],
  );
}

/** Peers by the label that every namespace has. */
export function defaultLabelCases(): readonly GeneratedCase[] {
  const peers: readonly PolicyPeer[] = [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "z" } } },
  ];
  return [
    {
      group: "default label",
      name: "from z",
      steps: [baseStep({ from: peers }, { in: reach("TCP/80", "z/*") })],
    },
    {
      group: "default label",
      name: "to z",
      steps: [baseStep({ to: peers }, { out: reach("TCP/80", "z/*") })],
    },
  ];
}
