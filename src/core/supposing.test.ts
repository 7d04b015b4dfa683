import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { after, type Event, historyArbitrary, tell } from "../testing/random-history.ts";
import { clusterOf, type SmallCluster } from "../testing/table.ts";
import { check, connections } from "./check.ts";
import { type Endpoint, isEndpoint, sharedFamilies } from "./endpoint.ts";
import { createEngine, type Engine } from "./engine.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { ALL_PORTS, NO_PORTS, portTexts } from "./ports.ts";
import { reachability } from "./queries.ts";
import type { PodClass } from "./room.ts";
import { supposing, type Supposition } from "./supposing.ts";

const numRuns = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 3);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);
const unhurried = { timeout: 3_600_000 };

/** What happened to a cluster, and policies that come or go in a supposition. */
const histories = fc.tuple(
  fc.oneof(historyArbitrary(30), historyArbitrary(30).map(withoutPolicies)),
  historyArbitrary(12),
);

/** Nobody has looked at anything yet: what is supposed has to tell the pods apart by itself. */
function withoutPolicies(events: readonly Event[]): readonly Event[] {
  return events.filter((event) => !("policy" in event));
}

test("what is supposed is answered as by an engine for which it is so", unhurried, () => {
  const law = fc.property(histories, ([events, others]) => {
    const { engine, cluster } = follow(events);
    const { supposition, supposed } = supposeOf(cluster, others);
    const expected = compileCluster(supposed);
    supposing(engine, supposition, (evaluator) => {
      expect(pairwise(evaluator, cluster)).toEqual(pairwise(expected, cluster));
    });
  });
  fc.assert(law, { numRuns, seed });
});

test(
  "its classes hold every pod once, and the whole answer by classes is that of each pair",
  unhurried,
  () => {
    const law = fc.property(histories, ([events, others]) => {
      const { engine, cluster } = follow(events);
      const { supposition } = supposeOf(cluster, others);
      supposing(engine, supposition, (evaluator) => {
        const members = [...evaluator.classes()].flatMap((each) => [...each.members.values()]);
        expect(members.map(keyText).toSorted()).toEqual(
          cluster.pods.filter(isEndpoint).map(keyText).toSorted(),
        );
        expect(byClasses(evaluator)).toEqual(pairwise(evaluator, cluster));
      });
    });
    fc.assert(law, { numRuns, seed });
  },
);

test("the classes of a namespace are those of the cluster that lie in it", unhurried, () => {
  const law = fc.property(histories, ([events, others]) => {
    const { engine, cluster } = follow(events);
    supposing(engine, supposeOf(cluster, others).supposition, (evaluator) => {
      for (const each of [engine, evaluator]) {
        const inX = [...each.classes()].filter(({ namespace }) => namespace === "x");
        expect([...each.classesIn("x")].map(keyOf).toSorted()).toEqual(inX.map(keyOf).toSorted());
      }
    });
  });
  fc.assert(law, { numRuns, seed });
});

test("an engine that was asked is as one that never was, whatever comes later", unhurried, () => {
  const law = fc.property(histories, historyArbitrary(8), ([events, others], later) => {
    const asked = follow(events);
    const never = follow(events);
    supposing(asked.engine, supposeOf(asked.cluster, others).supposition, (evaluator) =>
      reachability(evaluator),
    );
    expect(stateOf(asked.engine)).toEqual(stateOf(never.engine));
    for (const event of later) {
      const told = [tell(asked.engine, event), tell(never.engine, event)].map(
        ({ classes, isStructural }) => ({
          classes: classes === "all" ? classes : classes.map(keyOf),
          isStructural,
        }),
      );
      expect(told[0]).toEqual(told[1]);
    }
    expect(stateOf(asked.engine)).toEqual(stateOf(never.engine));
  });
  fc.assert(law, { numRuns, seed });
});

function keyOf({ namespace, key }: PodClass): string {
  return `${namespace}/${key}`;
}

/** Classes in their order with their members in their order, and all that passes between them. */
function stateOf(engine: Engine): unknown {
  const classes = [...engine.classes()].map((each) => [keyOf(each), [...each.members.keys()], each.pod]);
  return { classes, passes: byClasses(engine) };
}

function follow(events: readonly Event[]): { readonly engine: Engine; readonly cluster: SmallCluster } {
  const engine = createEngine();
  let cluster = clusterOf({ pods: {} });
  for (const event of events) {
    tell(engine, event);
    cluster = after(cluster, event);
    // Asked in between, so that whatever it remembers is there to be wrong.
    reachability(engine);
  }
  return { engine, cluster };
}

/** The policies of these events as a supposition, and the cluster in which it is so. */
function supposeOf(
  cluster: SmallCluster,
  events: readonly Event[],
): { readonly supposition: Supposition; readonly supposed: SmallCluster } {
  const changes = events.filter((event) => "policy" in event);
  const put = new Map<string, NetworkPolicy>();
  const without = new Map<string, NetworkPolicy["metadata"]>();
  for (const { kind, policy } of changes) {
    const key = keyText(policy.metadata);
    if (kind === "put policy") put.set(key, policy);
    else put.delete(key);
    if (kind === "put policy") without.delete(key);
    else without.set(key, policy.metadata);
  }
  return {
    supposition: { put: [...put.values()], without: [...without.values()] },
    supposed: changes.reduce(after, cluster),
  };
}

/** All that passes between two pods, and the verdict on one port, with a reason that names the policies. */
function pairwise(evaluator: Evaluator, { pods }: SmallCluster): Readonly<Record<string, unknown>> {
  const running = pods.filter(isEndpoint);
  return Object.fromEntries(
    running.flatMap((from) =>
      running.flatMap((to) => {
        const ends: readonly [Endpoint, Endpoint] = [
          { kind: "pod", pod: from },
          { kind: "pod", pod: to },
        ];
        if (from === to || sharedFamilies(...ends).length === 0) return [];
        const { allowed, unknown } = connections(evaluator, ...ends);
        const { verdict } = check(evaluator, ...ends, { protocol: "TCP", port: 80 });
        const passes = [portTexts(allowed), portTexts(unknown), verdict];
        return [[`${keyText(from)} > ${keyText(to)}`, passes] as const];
      }),
    ),
  );
}

function byClasses(evaluator: Evaluator): Readonly<Record<string, unknown>> {
  const { open, edges } = reachability(evaluator);
  const classes = [...evaluator.classes()];
  return Object.fromEntries(
    classes.flatMap((one) =>
      classes.flatMap((other) => {
        const edge = edges.find(({ from, to }) => from === one && to === other);
        const isOpen = open.from.includes(one) && open.to.includes(other);
        const { allowed, unknown } = isOpen
          ? { allowed: ALL_PORTS, unknown: NO_PORTS }
          : (edge ?? { allowed: NO_PORTS, unknown: NO_PORTS });
        return [...one.members.values()].flatMap((from) =>
          [...other.members.values()].flatMap((to) => {
            const ends: readonly [Endpoint, Endpoint] = [
              { kind: "pod", pod: from },
              { kind: "pod", pod: to },
            ];
            if (from === to || sharedFamilies(...ends).length === 0) return [];
            const { verdict } = check(evaluator, ...ends, { protocol: "TCP", port: 80 });
            const passes = [portTexts(allowed), portTexts(unknown), verdict];
            return [[`${keyText(from)} > ${keyText(to)}`, passes] as const];
          }),
        );
      }),
    ),
  );
}
