import type { Family } from "../../../core/answer.ts";
import { networkOf, type Step, type Subtest } from "./houses.ts";
import { clusterPolicy, named, podsOf, rule, type Rule, type Tier, type Way } from "./rules.ts";

/** Networks, nodes and the names of ports: eight tests. */
export function peerTests(family: Family): readonly Subtest[] {
  return (["Admin", "Baseline"] as const).flatMap((tier) => [
    ...networksTest(tier, family),
    ...nodesTest(tier),
    ...namedPortTests(tier),
  ]);
}

const EVERYWHERE = { networks: ["0.0.0.0/0", "::/0"] };
const SERVED = ["TCP/80", "UDP/53", "SCTP/9003"];

function toAll(pods: readonly string[]): readonly string[] {
  return pods.flatMap((pod) => SERVED.map((port) => `G1 > ${pod} ${port}`));
}

/** The suite names the subject by its pods in one tier and by its namespace in the other. */
function gryffindor(tier: Tier): object {
  return tier === "Admin" ? podsOf("G") : named("G");
}

function networksTest(tier: Tier, family: Family): readonly Subtest[] {
  const test = `CNP${tier}TierEgressInlineCIDRPeers`;
  const rules = [rule("Accept", "egress", podsOf("S")), rule("Deny", "egress", EVERYWHERE)];
  const opened = { networks: [networkOf("R", 0, family), networkOf("H", 0, family)] };
  const step = (egress: readonly Rule[], expected: Omit<Step, "clusterPolicies">): Step => ({
    clusterPolicies: [clusterPolicy(tier, gryffindor(tier), { egress })],
    ...expected,
  });
  return [
    {
      test,
      name: "networks are the addresses of pods, too",
      steps: [
        step(rules, { allowed: toAll(["S0", "S1"]), denied: toAll(["R0", "R1", "H0", "H1"]) }),
        step(rules, { disguised: { S: "none" }, allowed: [], denied: toAll(["S0", "S1"]) }),
        step(rules, { allowed: toAll(["S0"]), denied: [] }),
      ],
    },
    {
      test,
      name: "networks of one address open exactly that one",
      steps: [
        step([rule("Accept", "egress", opened), ...rules], {
          allowed: toAll(["R0", "H0"]),
          denied: toAll(["R1", "H1"]),
        }),
      ],
    },
  ];
}

const LINUX = { nodes: { matchLabels: { "kubernetes.io/os": "linux" } } };

/** The forest's pods have the addresses of their nodes. */
function nodesTest(tier: Tier): readonly Subtest[] {
  const test = `CNP${tier}TierEgressNodePeers`;
  const admin = [
    rule("Accept", "egress", LINUX, "TCP/4080"),
    rule("Pass", "egress", LINUX, "UDP/4053"),
    { action: "Deny", to: [podsOf("S"), LINUX, EVERYWHERE] } as const,
  ];
  const baseline = [
    rule("Accept", "egress", LINUX, "TCP/4080-4081"),
    { action: "Deny", to: [LINUX, EVERYWHERE] } as const,
  ];
  const clusterPolicies = [
    clusterPolicy(tier, gryffindor(tier), { egress: tier === "Admin" ? admin : baseline }),
  ];
  const step = (allowed: readonly string[], denied: readonly string[]): readonly Step[] => [
    { clusterPolicies, allowed: allowed.map(toForest), denied: denied.map(toForest) },
  ];
  const accepted = tier === "Admin" ? ["TCP/4080"] : ["TCP/4080", "TCP/4081"];
  const refused = tier === "Admin" ? ["TCP/4081"] : [];
  const all = [
    { test, name: "nodes are accepted at a port", steps: step(accepted, []) },
    { test, name: "nodes are passed at a port", steps: step(["UDP/4053"], []) },
    { test, name: "nodes are denied at all others", steps: step([], [...refused, "UDP/4054", "SCTP/4900"]) },
  ];
  return tier === "Admin" ? all : all.filter(({ name }) => !name.includes("passed"));
}

function toForest(port: string): string {
  return `G1 > F1 ${port}`;
}

/** One rule of the tests about order, with the name of a port in place of its number. */
function namedPortTests(tier: Tier): readonly Subtest[] {
  const web = { port: "web", allowed: "TCP/80", denied: "TCP/8080" };
  const dns = { port: "dns", allowed: "UDP/53", denied: "UDP/5353" };
  return tier === "Admin"
    ? [namedPortTest(tier, "egress", ["G", "H"], web), namedPortTest(tier, "ingress", ["H", "G"], dns)]
    : [namedPortTest(tier, "egress", ["H", "G"], dns), namedPortTest(tier, "ingress", ["G", "H"], web)];
}

function namedPortTest(
  tier: Tier,
  way: Way,
  [subject, house]: readonly ["G" | "H", "G" | "H"],
  { port, allowed, denied }: { readonly port: string; readonly allowed: string; readonly denied: string },
): Subtest {
  const rules = [rule("Accept", way, named(house), port), rule("Deny", way, named(house))];
  const [from, to] = way === "egress" ? [subject, house] : [house, subject];
  return {
    test: `CNP${tier}Tier${way === "egress" ? "Egress" : "Ingress"}NamedPort`,
    name: "a port by its name",
    steps: [
      {
        clusterPolicies: [clusterPolicy(tier, named(subject), { [way]: rules })],
        allowed: [0, 1].map((n) => `${from}${n} > ${to}1 ${allowed}`),
        denied: [0, 1].map((n) => `${from}${n} > ${to}1 ${denied}`),
      },
    ],
  };
}
