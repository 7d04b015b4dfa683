import fc from "fast-check";
import { expect, test } from "vitest";
import { endpointOf, naiveEndOf } from "../testing/ask.ts";
import { naiveVerdictWithTiers, type TieredCluster } from "../testing/naive-tiers.ts";
import { OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { tieredClusterArbitrary } from "../testing/random-tiers.ts";
import { readPort } from "../testing/table.ts";
import { check, connections } from "./check.ts";
import { compileCluster } from "./evaluator.ts";
import { hasPort } from "./ports.ts";

/** More clusters, or others: `RANDOM_CLUSTERS=5000 RANDOM_SEED=7 vitest run cases-tiers-random`. */
const runs = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 2);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);

test("tiers around policies are judged as the naive reference judges them", { timeout: 3_600_000 }, () => {
  const seen = new Map<string, number>();
  const property = fc.property(tieredClusterArbitrary(), (cluster) => {
    expect(disagreements(cluster, seen)).toEqual([]);
  });
  fc.assert(property, { numRuns: runs, seed });
  expect([...seen.keys()].toSorted()).toEqual(["Allowed", "Denied", "Unknown"]);
});

/** The flows on which check, connections and the reference do not say the same. */
function disagreements(cluster: TieredCluster, seen: Map<string, number>): readonly string[] {
  const evaluator = compileCluster(cluster);
  return pairs(cluster).flatMap(([from, to]) => {
    const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
    const naiveEnds = [naiveEndOf(cluster, from), naiveEndOf(cluster, to)] as const;
    const { allowed, unknown } = connections(evaluator, ...ends);
    return PROBED.flatMap((port) => {
      const { protocol, number } = readPort(port);
      const expected = naiveVerdictWithTiers(cluster, ...naiveEnds, protocol, number);
      seen.set(expected, (seen.get(expected) ?? 0) + 1);
      const { verdict } = check(evaluator, ...ends, { protocol, port: number });
      const maybe = hasPort(unknown, protocol, number) ? "Unknown" : "Denied";
      const passing = hasPort(allowed, protocol, number) ? "Allowed" : maybe;
      const agree = verdict === expected && passing === expected;
      return agree ? [] : [`${from} > ${to} ${port}: ${expected}, not ${verdict} and ${passing}`];
    });
  });
}

/** Every pod to every pod, itself included, and to and from every address outside. */
function pairs({ pods }: TieredCluster): readonly (readonly [string, string])[] {
  const names = pods.map(({ uid }) => uid);
  return names.flatMap((pod) => [
    ...names.map((other) => [pod, other] as const),
    ...OUTSIDE.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
  ]);
}
