import type { NetworkPolicy } from "../../../model/network-policy.ts";
import { type House, HOUSES, type Step, type Subtest } from "./houses.ts";
import { pairs } from "./order.ts";
import { type Action, clusterPolicy, labelled, podsOf, rule, type Rule, type Way } from "./rules.ts";

/** A tier against another, and against NetworkPolicies: two tests. */
export function layerTests(): readonly Subtest[] {
  return [...priorityTest(), ...integrationTest()];
}

const PORTS = ["TCP/80", "TCP/8080"];

function flows(way: Way, subject: House, house: House): readonly string[] {
  return pairs(way, subject, house).flatMap((pair) => PORTS.map((port) => `${pair} ${port}`));
}

function allowed(list: readonly string[]): Pick<Step, "allowed" | "denied"> {
  return { allowed: list, denied: [] };
}

function denied(list: readonly string[]): Pick<Step, "allowed" | "denied"> {
  return { allowed: [], denied: list };
}

const INTO = flows("ingress", "G", "S");
const OUT = flows("egress", "G", "S");

/** Slytherin to and from gryffindor, in one rule a direction. */
function about(peer: object, ingress: Action, egress: Action): Readonly<Record<Way, readonly Rule[]>> {
  return { ingress: [rule(ingress, "ingress", peer)], egress: [rule(egress, "egress", peer)] };
}

function priorityTest(): readonly Subtest[] {
  const test = "CNPAdminTierPriorityField";
  const later = { clusterPolicies: passingAt(60) };
  return [
    { test, name: "a denial before a pass keeps them out", steps: [{ ...later, ...denied(INTO) }] },
    { test, name: "a denial before a pass keeps them in", steps: [{ ...later, ...denied(OUT) }] },
    {
      test,
      name: "a pass before a denial leaves it to the baseline",
      steps: [{ clusterPolicies: passingAt(40), ...allowed([...INTO, ...OUT]) }],
    },
  ];
}

/** Passing slytherin at this priority, denying it at 50, and accepting it in the end. */
function passingAt(priority: number): readonly object[] {
  const [pods, slytherin] = [podsOf("G"), podsOf("S")];
  return [
    clusterPolicy("Admin", pods, about(slytherin, "Deny", "Deny"), { name: "deny", priority: 50 }),
    clusterPolicy("Admin", pods, about(slytherin, "Pass", "Pass"), { name: "pass", priority }),
    clusterPolicy("Baseline", pods, about(slytherin, "Accept", "Accept")),
  ];
}

const ADMITS_SLYTHERIN: NetworkPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: HOUSES.G, name: "slytherin" },
  spec: {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ namespaceSelector: { matchLabels: { "conformance-house": HOUSES.S } } }] }],
    egress: [{ to: [{ namespaceSelector: { matchLabels: { "conformance-house": HOUSES.S } } }] }],
  },
};

/** Slytherin is denied by the baseline, and by the Admin tier or not. */
function between(ingress: Action, egress: Action): readonly object[] {
  return [
    clusterPolicy("Admin", labelled("G"), about(labelled("S"), ingress, egress)),
    clusterPolicy("Baseline", labelled("G"), about(labelled("S"), "Deny", "Deny")),
  ];
}

function integrationTest(): readonly Subtest[] {
  const test = "CNPAdminTierIntegration";
  const policies = [ADMITS_SLYTHERIN];
  const refused = { clusterPolicies: between("Deny", "Deny"), policies };
  const halfPassed = { clusterPolicies: between("Pass", "Deny"), policies };
  const passed = { clusterPolicies: between("Pass", "Pass"), policies };
  const alone = { clusterPolicies: between("Pass", "Pass") };
  return [
    { test, name: "denied before a NetworkPolicy admits, in", steps: [{ ...refused, ...denied(INTO) }] },
    { test, name: "denied before a NetworkPolicy admits, out", steps: [{ ...refused, ...denied(OUT) }] },
    { test, name: "passed to a NetworkPolicy, in", steps: [{ ...halfPassed, ...allowed(INTO) }] },
    { test, name: "passed to a NetworkPolicy, out", steps: [{ ...passed, ...allowed(OUT) }] },
    { test, name: "passed to the baseline, in", steps: [{ ...alone, ...denied(INTO) }] },
    { test, name: "passed to the baseline, out", steps: [{ ...alone, ...denied(OUT) }] },
  ];
}
