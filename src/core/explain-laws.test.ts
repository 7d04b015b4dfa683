import fc from "fast-check";
import { expect, test } from "vitest";
import { endpointOf } from "../testing/ask.ts";
import type { TieredCluster } from "../testing/naive-tiers.ts";
import { OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { tieredClusterArbitrary } from "../testing/random-tiers.ts";
import { readPort } from "../testing/table.ts";
import type { Answer, Direction, FlowPort, Verdict } from "./answer.ts";
import { check } from "./check.ts";
import { type Endpoint, endpointText } from "./endpoint.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { explain } from "./explain.ts";
import type { Explanation, RuleAt, SideExplanation, Step } from "./explained.ts";

/** Machines may be busy. */
const LONG = { timeout: 60_000 };

const DIRECTIONS = ["egress", "ingress"] as const;

interface Flow {
  readonly evaluator: Evaluator;
  readonly cluster: TieredCluster;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: FlowPort;
}

/** Expects the law to hold for every flow of random clusters with tiers. */
function expectOfEveryFlow(law: (explanations: readonly Explanation[], flow: Flow) => boolean): void {
  const property = fc.property(tieredClusterArbitrary(), (cluster) => {
    const broken = flowsOf(cluster).filter((flow) => {
      return !law(explain(flow.evaluator, flow.from, flow.to, flow.port), flow);
    });
    expect(broken.map(flowText)).toEqual([]);
  });
  fc.assert(property, { numRuns: 60, seed: 20_261_121 });
}

function flowText({ from, to, port }: Flow): string {
  return `${endpointText(from)} > ${endpointText(to)} ${port.protocol}/${port.port}`;
}

function flowsOf(cluster: TieredCluster): readonly Flow[] {
  const evaluator = compileCluster(cluster);
  const pods = cluster.pods.map(({ uid }) => endpointOf(cluster, uid));
  const others = [...pods, ...OUTSIDE.map((address) => endpointOf(cluster, address))];
  const pairs = pods.flatMap((pod) =>
    others.flatMap((other) => [
      [pod, other] as const,
      ...(other.kind === "address" ? [[other, pod] as const] : []),
    ]),
  );
  return pairs.flatMap(([from, to]) =>
    PROBED.map(readPort).map(({ protocol, number }) => ({
      evaluator,
      cluster,
      from,
      to,
      port: { protocol, port: number },
    })),
  );
}

function sides(explanations: readonly Explanation[]): readonly SideExplanation[] {
  return explanations.flatMap(({ egress, ingress }) => [egress, ingress]);
}

test("what is explained is the answer that check gives", LONG, () => {
  expectOfEveryFlow((explanations, { evaluator, from, to, port }) => {
    const answer = check(evaluator, from, to, port);
    const [only, ...others] = explanations;
    if (only === undefined) return answer.verdict === "Unknown";
    if (others.length === 0) return saidBy(only) === saidBy(answer);
    return answer.verdict === "Unknown" || explanations.every(({ verdict }) => verdict === answer.verdict);
  });
});

function saidBy({ verdict, egress, ingress }: Pick<Answer, "verdict" | Direction>): string {
  return JSON.stringify([verdict, egress.verdict, egress.reason, ingress.verdict, ingress.reason]);
}

test("where nothing on the way is in doubt, the first policy that settles it gives the verdict", LONG, () => {
  let settled = 0;
  expectOfEveryFlow((explanations) =>
    sides(explanations).every(({ walk, verdict }) => {
      const found = walk.length === 0 ? undefined : settledBy(walk);
      settled += found === undefined ? 0 : 1;
      return found === undefined || found === verdict;
    }),
  );
  expect(settled).toBeGreaterThan(1000);
});

/** Read off the walk alone; undefined where a step is in doubt. */
function settledBy(walk: readonly Step[]): Verdict | undefined {
  if (walk.some(({ doubts, did }) => doubts.length > 0 || did === "undetermined")) return undefined;
  const passed = walk.findIndex(({ did, tier }) => did === "passes" && tier === "Admin");
  const end = walk
    .filter(({ tier }, i) => tier !== "Admin" || passed < 0 || i < passed)
    .find(({ did, tier }) => did !== "skips" && (did !== "passes" || tier === "Baseline"));
  if (end?.tier !== "NetworkPolicy") return end?.did === "denies" ? "Denied" : "Allowed";
  const union = walk.filter(({ tier }) => tier === "NetworkPolicy");
  return union.some(({ did }) => did === "accepts") ? "Allowed" : "Denied";
}

test("the policies that decide are those that the answer names, and they are all on the way", LONG, () => {
  expectOfEveryFlow((explanations) =>
    sides(explanations).every(({ walk, by }) => {
      const deciding = walk.filter(({ decides }) => decides).map(({ policy }) => policy);
      return deciding.toSorted().join() === by.join();
    }),
  );
});

test("rules, peers and ports are counted as they were written", LONG, () => {
  expectOfEveryFlow((explanations, { cluster }) =>
    DIRECTIONS.every((direction) =>
      explanations
        .flatMap((explanation) => placesOf(explanation[direction]))
        .every(([policy, at]) => isWritten(cluster, policy, direction, at)),
    ),
  );
});

type Place = readonly [policy: string, at: RuleAt];

function placesOf({ walk, nearest }: SideExplanation): readonly Place[] {
  const places = walk.flatMap(({ policy, rule }): readonly Place[] =>
    rule === undefined ? [] : [[policy, rule]],
  );
  return nearest?.at === undefined ? places : [...places, [nearest.policy, nearest.at]];
}

function isWritten(cluster: TieredCluster, name: string, direction: Direction, at: RuleAt): boolean {
  const ofNamespace = cluster.policies.find(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}` === name,
  );
  const ofCluster = cluster.tierPolicies.find(({ kind, name: own }) => `${kind}/${own}` === name);
  const rule = ofNamespace?.spec[direction]?.[at.rule] ?? ofCluster?.[direction][at.rule];
  if (rule === undefined) return false;
  const peers = "peers" in rule ? rule.peers : "from" in rule ? rule.from : "to" in rule ? rule.to : [];
  return isIndexOf(at.peer, peers) && isIndexOf(at.port, rule.ports);
}

function isIndexOf(index: number | undefined, list: readonly unknown[] | null | undefined): boolean {
  return index === undefined || index < (list ?? []).length;
}

test(
  "where only the port keeps the nearest rule of a NetworkPolicy from it, the port that is told gets through",
  LONG,
  () => {
    let told = 0;
    expectOfEveryFlow((explanations, { evaluator, from, to }) => {
      if (explanations.length !== 1) return true;
      return DIRECTIONS.every((direction) => {
        const { nearest, walk } = explanations[0]?.[direction] ?? { walk: [] };
        const [lack, ...others] = nearest?.lacks ?? [];
        const isUnion = walk.every(({ tier }) => tier === "NetworkPolicy");
        if (!isUnion || lack?.kind !== "port" || others.length > 0) return true;
        const { protocol, number } = readPort(lack.allowed[0]?.split("-")[0] ?? "");
        told += 1;
        return check(evaluator, from, to, { protocol, port: number })[direction].verdict !== "Denied";
      });
    });
    expect(told).toBeGreaterThan(100);
  },
);

test(
  "every denial by a NetworkPolicy has a nearest miss, and nothing else but a denial has one",
  LONG,
  () => {
    let missed = 0;
    expectOfEveryFlow((explanations) =>
      sides(explanations).every(({ verdict, walk, nearest }) => {
        missed += nearest === undefined ? 0 : 1;
        if (verdict !== "Denied") return nearest === undefined;
        return nearest !== undefined || !walk.some(({ did, decides }) => did === "isolates" && decides);
      }),
    );
    expect(missed).toBeGreaterThan(1000);
  },
);
