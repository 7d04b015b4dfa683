import fc from "fast-check";
import { expect, test } from "vitest";
import type { TierPolicy } from "../model/tier-policy.ts";
import type { Pod } from "../model/world.ts";
import { endpointOf, naiveEndOf } from "../testing/ask.ts";
import { naiveVerdictWithTiers, type TieredCluster } from "../testing/naive-tiers.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { nodesArbitrary, tieredClusterArbitrary, tierPolicyArbitrary } from "../testing/random-tiers.ts";
import { readPort } from "../testing/table.ts";
import { check, connections } from "./check.ts";
import { isEndpoint, sharedFamilies } from "./endpoint.ts";
import { createEngine, type Engine } from "./engine.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { ALL_PORTS, hasPort, NO_PORTS, portTexts } from "./ports.ts";
import { reachability } from "./queries.ts";

/** More clusters, or others: `RANDOM_CLUSTERS=5000 RANDOM_SEED=7 vitest run cases-tiers-random`. */
const runs = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 2);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);

const unhurried = { timeout: 3_600_000 };

test("tiers around policies are judged as the naive reference judges them", unhurried, () => {
  const seen = new Map<string, number>();
  const property = fc.property(tieredClusterArbitrary(), (cluster) => {
    expect(disagreements(cluster, seen)).toEqual([]);
  });
  fc.assert(property, { numRuns: runs, seed });
  expect([...seen.keys()].toSorted()).toEqual(["Allowed", "Denied", "Unknown"]);
});

test(
  "an engine that policies, nodes and namespaces come and go in answers as the reference",
  unhurried,
  () => {
    const events = fc.array(eventArbitrary(), { minLength: 4, maxLength: 12 });
    const property = fc.property(tieredClusterArbitrary(), events, (start, history) => {
      const engine = engineOf(start);
      let cluster = start;
      for (const change of history) {
        cluster = change(cluster, engine);
        expect(misjudged(cluster, engine)).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: Math.ceil(runs / 4), seed });
  },
);

test("the answer for a whole cluster with tiers is the answer for each of its pairs", unhurried, () => {
  const property = fc.property(tieredClusterArbitrary(), (cluster) => {
    const evaluator = compileCluster(cluster);
    const whole = wholeAnswer(evaluator);
    const pods = cluster.pods.filter(isEndpoint).map((pod) => ({ ...pod, node: "", nodeAddresses: [] }));
    for (const from of pods) {
      for (const to of pods.filter((pod) => pod !== from && shareFamily(from, pod))) {
        const key = `${from.uid} > ${to.uid}`;
        expect([key, whole.get(key) ?? NOTHING]).toEqual([key, between(evaluator, from, to)]);
      }
    }
  });
  fc.assert(property, { numRuns: runs, seed });
});

/** An event: what the engine is told, and the cluster as it is then. */
type Change = (cluster: TieredCluster, engine: Engine) => TieredCluster;

function eventArbitrary(): fc.Arbitrary<Change> {
  const name = fc.constantFrom("p0", "p1", "p2");
  const policies = name.chain(tierPolicyArbitrary).map((policy): Change => (cluster, engine) => {
    engine.putTier(policy);
    return { ...cluster, tierPolicies: [...cluster.tierPolicies.filter(isNot(policy)), policy] };
  });
  const removals = fc.nat(3).map((n): Change => (cluster, engine) => {
    const policy = cluster.tierPolicies[n];
    if (policy === undefined) return cluster;
    engine.removeTier(`${policy.kind}/${policy.name}`);
    return { ...cluster, tierPolicies: cluster.tierPolicies.filter(isNot(policy)) };
  });
  const nodes = nodesArbitrary().map((known): Change => (cluster, engine) => {
    for (const node of cluster.nodes) engine.removeNode(node.name);
    for (const node of known) engine.putNode(node);
    return { ...cluster, nodes: known };
  });
  const namespaces = clusterArbitrary().map((other): Change => (cluster, engine) => {
    for (const namespace of other.namespaces.values()) engine.putNamespace(namespace);
    return { ...cluster, namespaces: other.namespaces };
  });
  return fc.oneof({ weight: 4, arbitrary: policies }, removals, nodes, namespaces);
}

function isNot(policy: TierPolicy): (other: TierPolicy) => boolean {
  return ({ kind, name }) => kind !== policy.kind || name !== policy.name;
}

function engineOf({ namespaces, pods, policies, tierPolicies, nodes }: TieredCluster): Engine {
  const engine = createEngine();
  for (const pod of pods) engine.putPod(pod);
  for (const namespace of namespaces.values()) engine.putNamespace(namespace);
  for (const policy of policies) engine.putPolicy(policy);
  for (const policy of tierPolicies) engine.putTier(policy);
  for (const node of nodes) engine.putNode(node);
  return engine;
}

/** The flows of pods on one port, and to two addresses, that the engine does not judge as the reference does. */
function misjudged(cluster: TieredCluster, engine: Engine): readonly string[] {
  const names = cluster.pods.map(({ uid }) => uid);
  return names.flatMap((from) =>
    [...names, "192.0.2.1", "10.9.0.1"].flatMap((to) => {
      const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
      const naiveEnds = [naiveEndOf(cluster, from), naiveEndOf(cluster, to)] as const;
      const expected = naiveVerdictWithTiers(cluster, ...naiveEnds, "TCP", 80);
      const { verdict } = check(engine, ...ends, { protocol: "TCP", port: 80 });
      return verdict === expected ? [] : [`${from} > ${to}: ${expected}, not ${verdict}`];
    }),
  );
}

/** The classes' answer written out for every pair of pods, by their uids. */
function wholeAnswer(evaluator: Evaluator): ReadonlyMap<string, readonly (readonly string[])[]> {
  const { open, edges } = reachability(evaluator);
  const everything = open.from.flatMap((from) =>
    open.to.map((to) => ({ from, to, allowed: ALL_PORTS, unknown: NO_PORTS })),
  );
  return new Map(
    [...everything, ...edges].flatMap(({ from, to, allowed, unknown }) =>
      [...from.members.values()].flatMap((one) =>
        [...to.members.values()].map(
          (other) => [`${one.uid} > ${other.uid}`, [portTexts(allowed), portTexts(unknown)]] as const,
        ),
      ),
    ),
  );
}

const NOTHING: readonly (readonly string[])[] = [[], []];

function between(evaluator: Evaluator, from: Pod, to: Pod): readonly (readonly string[])[] {
  const { allowed, unknown } = connections(evaluator, { kind: "pod", pod: from }, { kind: "pod", pod: to });
  return [portTexts(allowed), portTexts(unknown)];
}

function shareFamily(a: Pod, b: Pod): boolean {
  return sharedFamilies({ kind: "pod", pod: a }, { kind: "pod", pod: b }).length > 0;
}

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
