import type { NetworkPolicySpec, PolicyPeer } from "../../../model/network-policy.ts";
import { type Bound, type GeneratedCase, NONE, policy, reach, step, within } from "./case.ts";

/** Thirteen of the Kubernetes end-to-end cases, on the nine pods. */
export function upstreamCases(): readonly GeneratedCase[] {
  return [
    upstream("deny all ingress", [{ policyTypes: ["Ingress"] }], { pods: X, in: NONE }),
    upstream("deny all", [{ policyTypes: ["Ingress", "Egress"] }], { pods: X, in: NONE, out: NONE }),
    into("from pod b of the own namespace", [{ podSelector: { matchLabels: { pod: "b" } } }], "x/b"),
    into("from namespace y", [NAMESPACE_Y], "y/*"),
    into("from pod b by expression", [{ podSelector: within("pod", "b") }], "x/b"),
    into("from namespace y by expression", [{ namespaceSelector: within("ns", "y") }], "y/*"),
    into(
      "from pod b or outside x",
      [{ podSelector: { matchLabels: { pod: "b" } } }, OUTSIDE_X],
      "x/b y/* z/*",
    ),
    into("from b outside x", [{ ...OUTSIDE_X, podSelector: { matchLabels: { pod: "b" } } }], "y/b z/b"),
    into(
      "from b or c outside x",
      [{ ...OUTSIDE_X, podSelector: within("pod", "b", "c") }],
      "y/b y/c z/b z/c",
    ),
    upstream("from y on 81", [fromYOn(81)], { pods: ["x/a"], in: reach("TCP/81", "y/*") }),
    upstream("from y on 81 and, stacked, on 80", [fromYOn(81), fromYOn(80)], {
      pods: ["x/a"],
      in: reach("TCP/80 TCP/81", "y/*"),
    }),
    upstream(
      "a named port",
      [{ ...TO_A, policyTypes: ["Ingress"], ingress: [{ ports: [{ port: "serve-81-tcp" }] }] }],
      {
        pods: ["x/a"],
        in: reach("TCP/81", "*"),
      },
    ),
    upstream(
      "egress to a named port",
      [{ policyTypes: ["Egress"], egress: [{ ports: [{ port: "serve-80-tcp" }] }] }],
      {
        pods: X,
        out: reach("TCP/80", "*"),
      },
    ),
  ];
}

const X = ["x/a", "x/b", "x/c"];
const TO_A: NetworkPolicySpec = { podSelector: { matchLabels: { pod: "a" } } };
const NAMESPACE_Y: PolicyPeer = { namespaceSelector: { matchLabels: { ns: "y" } } };
const OUTSIDE_X: PolicyPeer = {
  namespaceSelector: { matchExpressions: [{ key: "ns", operator: "NotIn", values: ["x"] }] },
};

function fromYOn(port: number): NetworkPolicySpec {
  return {
    ...TO_A,
    policyTypes: ["Ingress"],
    ingress: [{ from: [NAMESPACE_Y], ports: [{ protocol: "TCP", port }] }],
  };
}

function into(name: string, from: readonly PolicyPeer[], sources: string): GeneratedCase {
  const spec: NetworkPolicySpec = { ...TO_A, policyTypes: ["Ingress"], ingress: [{ from }] };
  return upstream(name, [spec], { pods: ["x/a"], in: reach("*", sources) });
}

function upstream(name: string, specs: readonly NetworkPolicySpec[], bound: Bound): GeneratedCase {
  const policies = specs.map((spec, i) => policy("x", `p-${i}`, { podSelector: {}, ...spec }));
  return { group: "upstream", name, steps: [step(policies, [bound])] };
}
