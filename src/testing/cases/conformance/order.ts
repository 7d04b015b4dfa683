import type { House, Step, Subtest } from "./houses.ts";
import { clusterPolicy, named, type Rule, rule, swapped, type Tier, type Way } from "./rules.ts";

/** One house is open, Slytherin is cut off at some ports, one house is let in at some ports only. */
interface Plan {
  readonly what: string;
  readonly subject: House;
  readonly open: House;
  readonly cut: readonly string[];
  readonly partly: House;
  readonly letIn: Readonly<Record<Way, readonly string[]>>;
  /** What the servers listen on. */
  readonly served: readonly string[];
}

const PLANS: readonly Plan[] = [
  {
    what: "TCP",
    subject: "G",
    open: "R",
    cut: ["TCP/80"],
    partly: "H",
    letIn: { egress: ["TCP/8080"], ingress: ["TCP/80"] },
    served: ["TCP/80", "TCP/8080"],
  },
  {
    what: "UDP",
    subject: "H",
    open: "R",
    cut: ["UDP/5353"],
    partly: "G",
    letIn: { egress: ["UDP/53"], ingress: ["UDP/53"] },
    served: ["UDP/53", "UDP/5353"],
  },
  {
    what: "SCTP",
    subject: "R",
    open: "G",
    cut: ["SCTP/9003"],
    partly: "H",
    letIn: { egress: ["SCTP/9003"], ingress: ["SCTP/9003"] },
    served: ["SCTP/9003", "SCTP/9005"],
  },
];

/** Both directions in one policy, and all protocols. */
const COMBINED: Plan = {
  what: "",
  subject: "G",
  open: "R",
  cut: ["TCP/80", "UDP/53", "SCTP/9003"],
  partly: "H",
  letIn: { egress: ["TCP/8080", "UDP/5353", "SCTP/9003"], ingress: ["TCP/80", "UDP/5353", "SCTP/9003"] },
  served: ["TCP/80", "TCP/8080", "UDP/53", "UDP/5353", "SCTP/9003", "SCTP/9005"],
};

/** The fourteen tests about the order of rules. */
export function orderTests(): readonly Subtest[] {
  return (["Admin", "Baseline"] as const).flatMap((tier) => [
    ...PLANS.flatMap((plan) => subtests(`CNP${tier}TierEgress${plan.what}`, tier, ["egress"], plan)),
    ...PLANS.flatMap((plan) => subtests(`CNP${tier}TierIngress${plan.what}`, tier, ["ingress"], plan)),
    ...subtests(`CNP${tier}TierGress`, tier, ["egress", "ingress"], COMBINED),
  ]);
}

/** The suite changes one policy from subtest to subtest: what was swapped stays so. */
function subtests(test: string, tier: Tier, ways: readonly Way[], plan: Plan): readonly Subtest[] {
  const { open, partly } = plan;
  const step = (swaps: Swaps, house: House, passes: Passes): readonly Step[] => [
    stepOf(tier, ways, plan, swaps, house, passes),
  ];
  const isLetIn: Passes = (way, port) => plan.letIn[way].includes(port);
  const isCut: Passes = (_, port) => plan.cut.includes(port);
  const denyFirst: Swaps = [[0, 1]];
  const passFirst: Swaps = [...denyFirst, [0, 2]];
  const passAtPort: Swaps = [...passFirst, [3, 4]];
  const all = [
    { test, name: "accept stands before deny", steps: step([], open, () => true) },
    { test, name: "accept at a port", steps: step([], partly, isLetIn) },
    { test, name: "deny stands before accept", steps: step(denyFirst, open, () => false) },
    { test, name: "deny at a port", steps: step(denyFirst, "S", (way, port) => !isCut(way, port)) },
    { test, name: "pass stands before the others", steps: step(passFirst, open, () => true) },
    { test, name: "pass at a port", steps: step(passAtPort, "S", () => true) },
  ];
  return tier === "Admin" ? all : all.slice(0, 4);
}

type Swaps = readonly (readonly [number, number])[];
type Passes = (way: Way, port: string) => boolean;

function stepOf(
  tier: Tier,
  ways: readonly Way[],
  plan: Plan,
  swaps: Swaps,
  house: House,
  passes: Passes,
): Step {
  const rules = Object.fromEntries(
    ways.map((way) => [way, swaps.reduce((list, [i, j]) => swapped(list, i, j), rulesOf(tier, way, plan))]),
  );
  const flows = (isWanted: boolean): readonly string[] =>
    ways.flatMap((way) =>
      plan.served
        .filter((port) => passes(way, port) === isWanted)
        .flatMap((port) => pairs(way, plan.subject, house).map((pair) => `${pair} ${port}`)),
    );
  return {
    clusterPolicies: [clusterPolicy(tier, named(plan.subject), rules)],
    allowed: flows(true),
    denied: flows(false),
  };
}

/** Passing is what the Admin tier is tested for. */
function rulesOf(tier: Tier, way: Way, { open, cut, partly, letIn }: Plan): readonly Rule[] {
  const passing = (...rules: readonly Rule[]): readonly Rule[] => (tier === "Admin" ? rules : []);
  return [
    rule("Accept", way, named(open)),
    rule("Deny", way, named(open)),
    ...passing(rule("Pass", way, named(open))),
    rule("Deny", way, named("S"), ...cut),
    ...passing(rule("Pass", way, named("S"), ...cut)),
    rule("Accept", way, named(partly), ...letIn[way]),
    rule("Deny", way, named(partly)),
  ];
}

/** Every pod of the one with every pod of the other. */
export function pairs(way: Way, subject: House, house: House): readonly string[] {
  return [0, 1].flatMap((i) =>
    [0, 1].map((j) => (way === "egress" ? `${subject}${i} > ${house}${j}` : `${house}${i} > ${subject}${j}`)),
  );
}
