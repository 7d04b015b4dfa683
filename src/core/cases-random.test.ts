import fc from "fast-check";
import { expect, test } from "vitest";
import { endpointOf, naiveEndOf } from "../testing/ask.ts";
import { naiveVerdict } from "../testing/naive.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { readPort, type SmallCluster } from "../testing/table.ts";
import { check, connections } from "./check.ts";
import { compileCluster } from "./evaluator.ts";
import { hasPort } from "./ports.ts";

/** More clusters, or others: `RANDOM_CLUSTERS=20000 RANDOM_SEED=7 vitest run cases-random`. */
const runs = Number(process.env["RANDOM_CLUSTERS"] ?? 300);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);

test("the evaluator agrees with the naive reference on random clusters", { timeout: 3_600_000 }, () => {
  const seen = new Set<string>();
  const property = fc.property(clusterArbitrary(), (cluster) => {
    expect(disagreements(cluster, seen)).toEqual([]);
  });
  fc.assert(property, { numRuns: runs, seed });
  expect([...seen].toSorted()).toEqual(["Allowed", "Denied", "Unknown"]);
});

/** The flows on which the evaluator's check, its connections and the reference do not say the same. */
function disagreements(cluster: SmallCluster, seen: Set<string>): readonly string[] {
  const evaluator = compileCluster(cluster);
  return pairs(cluster).flatMap(([from, to]) => {
    const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
    const naiveEnds = [naiveEndOf(cluster, from), naiveEndOf(cluster, to)] as const;
    const { allowed, unknown } = connections(evaluator, ...ends);
    return PROBED.flatMap((port) => {
      const { protocol, number } = readPort(port);
      const expected = naiveVerdict(cluster, ...naiveEnds, protocol, number);
      seen.add(expected);
      const { verdict } = check(evaluator, ...ends, { protocol, port: number });
      const passing = hasPort(allowed, protocol, number)
        ? "Allowed"
        : hasPort(unknown, protocol, number)
          ? "Unknown"
          : "Denied";
      const agree = verdict === expected && passing === expected;
      return agree ? [] : [`${from} > ${to} ${port}: ${expected}, not ${verdict} and ${passing}`];
    });
  });
}

/** Every pod to every pod, itself included, and to and from every address outside. */
function pairs(cluster: SmallCluster): readonly (readonly [string, string])[] {
  const pods = cluster.pods.map(({ uid }) => uid);
  return [
    ...pods.flatMap((from) => pods.map((to) => [from, to] as const)),
    ...pods.flatMap((pod) =>
      OUTSIDE.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
    ),
  ];
}
