import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { naiveVerdict } from "../testing/naive.ts";
import { after, type Event, historyArbitrary, tell } from "../testing/random-history.ts";
import { clusterOf, podOf, type SmallCluster } from "../testing/table.ts";
import { parseRange } from "./addresses.ts";
import { check, connections } from "./check.ts";
import { type Endpoint, isEndpoint, sharedFamilies } from "./endpoint.ts";
import { createEngine, type Engine, type Touched } from "./engine.ts";
import { ALL_PORTS, NO_PORTS, portTexts } from "./ports.ts";
import { reachability } from "./queries.ts";

/** More, or others: `RANDOM_CLUSTERS=5000 RANDOM_SEED=7 vitest run cases-events`. */
const numRuns = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 5);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);
const unhurried = { timeout: 3_600_000 };

test("an engine answers after every event as the naive reference does", unhurried, () => {
  const law = fc.property(historyArbitrary(40), (events) => {
    follow(events, (engine, cluster) => {
      expect(disagreements(engine, cluster)).toEqual([]);
    });
  });
  fc.assert(law, { numRuns, seed });
});

test("a pod is seen as it is now by a policy that looks at what nobody looked at before", () => {
  const policy = policyOf({ podSelector: { matchExpressions: [{ key: "role", operator: "DoesNotExist" }] } });
  const other = podOf("x/other", { ips: ["10.0.0.1"], labels: { role: "a" } });
  const before = podOf("x/a", { ips: ["10.0.0.2"], labels: { role: "a" } });
  const now = podOf("x/a", { ips: ["10.0.0.2"], labels: {} });
  const client = podOf("y/b", "10.0.0.3");
  // The engine took another pod, or the pod as it was earlier on, for one of the same class.
  for (const alike of [other, before]) {
    const engine = createEngine();
    for (const pod of [alike, now, client]) engine.putPod(pod);
    expect(between(engine, client, now)[0]).not.toEqual([]);
    engine.putPolicy(policy);
    expect(between(engine, client, now)).toEqual([[], []]);
  }
});

test(
  "the classes hold every pod once, and the pod that stands for one speaks for all of its members",
  unhurried,
  () => {
    const law = fc.property(historyArbitrary(20), (events) => {
      follow(events, (engine, cluster) => {
        const classes = [...engine.classes()];
        const members = classes.flatMap((each) => [...each.members.values()]);
        expect(members.map(keyText).toSorted()).toEqual(
          cluster.pods.filter(isEndpoint).map(keyText).toSorted(),
        );
        for (const [one, other] of pairsOf(classes).filter(([a, b]) => a !== b)) {
          const expected = between(engine, one.pod, other.pod);
          for (const from of one.members.values()) {
            for (const to of other.members.values()) expect(between(engine, from, to)).toEqual(expected);
          }
        }
      });
    });
    fc.assert(law, { numRuns, seed });
  },
);

test("who reaches whom, by classes, is what is between any two of their pods", unhurried, () => {
  const law = fc.property(historyArbitrary(20), (events) => {
    follow(events, (engine) => {
      const { open, edges } = reachability(engine);
      for (const [one, other] of pairsOf([...engine.classes()]).filter(([a, b]) => haveFlow(a.pod, b.pod))) {
        const edge = edges.find(({ from, to }) => from === one && to === other);
        const isOpen = open.from.includes(one) && open.to.includes(other);
        const shown = isOpen
          ? { allowed: ALL_PORTS, unknown: NO_PORTS }
          : (edge ?? { allowed: NO_PORTS, unknown: NO_PORTS });
        for (const from of one.members.values()) {
          for (const to of [...other.members.values()].filter((pod) => pod !== from)) {
            expect([keyText(from), keyText(to), ...between(engine, from, to)]).toEqual([
              keyText(from),
              keyText(to),
              portTexts(shown.allowed),
              portTexts(shown.unknown),
            ]);
          }
        }
        expect([
          isOpen && edge !== undefined,
          edges.filter((each) => each.from === one && each.to === other).length > 1,
        ]).toEqual([false, false]);
      }
    });
  });
  fc.assert(law, { numRuns, seed });
});

test("an event names the classes of every pair of pods that it judges anew", unhurried, () => {
  const law = fc.property(historyArbitrary(30), (events) => {
    let before: ReadonlyMap<string, string> = new Map();
    follow(events, (engine, { pods }, { classes }) => {
      const now = verdicts(engine, pods);
      const isNamed = (pod: Pod): boolean =>
        classes === "all" || classes.some((each) => each.members.get(pod.name) === pod);
      const changed = pairsOf(pods).filter(([from, to]) => {
        const pair = `${keyText(from)} > ${keyText(to)}`;
        return before.has(pair) && before.get(pair) !== now.get(pair);
      });
      expect(
        changed.filter(([from, to]) => isEndpoint(from) && isEndpoint(to) && !isNamed(from) && !isNamed(to)),
      ).toEqual([]);
      before = now;
    });
  });
  fc.assert(law, { numRuns, seed });
});

/** Ends without a common address family have no flow between them, and are no part of the answer. */
function haveFlow(a: Pod, b: Pod): boolean {
  return sharedFamilies({ kind: "pod", pod: a }, { kind: "pod", pod: b }).length > 0;
}

/** Looks after every event, so that whatever the engine remembers is there to be wrong. */
function follow(
  events: readonly Event[],
  look: (engine: Engine, cluster: SmallCluster, touched: Touched) => void,
): void {
  const engine = createEngine();
  let cluster = clusterOf({ pods: {} });
  for (const event of events) {
    cluster = after(cluster, event);
    const touched = tell(engine, event);
    look(engine, cluster, touched);
  }
}

function verdicts(engine: Engine, pods: readonly Pod[]): ReadonlyMap<string, string> {
  return new Map(
    pairsOf(pods).map(([from, to]) => [
      `${keyText(from)} > ${keyText(to)}`,
      JSON.stringify(between(engine, from, to)),
    ]),
  );
}

/** Every pair of pods, and every pod with an address outside. */
function disagreements(engine: Engine, cluster: SmallCluster): readonly string[] {
  return pairsOf([...cluster.pods, "192.0.2.1"]).flatMap(([from, to]) => {
    if (typeof from === "string" && typeof to === "string") return [];
    const expected = naiveVerdict(cluster, from, to, "TCP", 80);
    const { verdict } = check(engine, endpoint(from), endpoint(to), { protocol: "TCP", port: 80 });
    return verdict === expected ? [] : [`${name(from)} > ${name(to)}: ${expected}, not ${verdict}`];
  });
}

function policyOf(spec: NetworkPolicySpec): NetworkPolicy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace: "x", name: "p" },
    spec: { policyTypes: ["Ingress"], ...spec },
  };
}

function between(engine: Engine, from: Pod, to: Pod): readonly (readonly string[])[] {
  const { allowed, unknown } = connections(engine, endpoint(from), endpoint(to));
  return [portTexts(allowed), portTexts(unknown)];
}

function endpoint(end: Pod | string): Endpoint {
  if (typeof end !== "string") return { kind: "pod", pod: end };
  const address = parseRange(end);
  if (address === undefined) throw new Error(`${end} is no address`);
  return { kind: "address", address };
}

function name(end: Pod | string): string {
  return typeof end === "string" ? end : keyText(end);
}

function pairsOf<T>(list: readonly T[]): readonly (readonly [T, T])[] {
  return list.flatMap((a) => list.map((b) => [a, b] as const));
}
