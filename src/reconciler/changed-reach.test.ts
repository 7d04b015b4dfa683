import fc from "fast-check";
import { expect, test } from "vitest";
import { contains, parseRange } from "../core/addresses.ts";
import { compileCluster } from "../core/evaluator.ts";
import { hasPort } from "../core/ports.ts";
import { supposing } from "../core/supposing.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import { type Pod, PROTOCOLS, type World } from "../model/world.ts";
import { type NaiveEnd, naiveVerdict } from "../testing/naive.ts";
import { specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import type { SmallCluster } from "../testing/table.ts";
import { changedReach } from "./changed-reach.ts";
import { type ChangedPlace, type ChangedRow, isGain } from "./changed-row.ts";
import { planFor } from "./plan.ts";
import { suppositionOf } from "./preview.ts";

fc.configureGlobal({ seed: 20_261_121 });

const NUMBERS = [1, 53, 79, 80, 81, 8080, 8081, 9000, 65535];
const PORTS = PROTOCOLS.flatMap((protocol) => NUMBERS.map((port) => ({ protocol, port })));
const OUTSIDE = ["9.9.9.9", "10.0.0.2", "10.0.1.9", "192.0.2.0", "192.0.2.64", "192.0.2.200"];

const referred = smallWorld({
  services: {
    ...CLUSTER_DNS.services,
    "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] },
  },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});

interface Case {
  readonly cluster: SmallCluster;
  /** What is in force, if anything, and what is to be. */
  readonly specs: readonly [ServiceAccessSpec | undefined, ServiceAccessSpec];
}

const UNREAD = { kind: "NetworkPolicy", namespace: "x", name: "broken", reason: "nobody knows" };

/** Any clusters, with an object in force or not; in some there is a policy that nobody can read. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    cluster: clusterArbitrary(),
    unreadable: fc.constantFrom([], [], [], [UNREAD]),
    specs: fc.tuple(fc.option(specArbitrary(), { nil: undefined }), specArbitrary()),
  })
  .map(({ cluster, unreadable, specs }) => {
    const inhabited: SmallCluster = { ...cluster, unreadable, pods: cluster.pods.map(owned) };
    return { cluster: specs[0] === undefined ? inhabited : enforced(inhabited, specs[0]), specs };
  });

/** Mostly in the object's namespace; pods of one workload may differ. A pod's own node is no matter of policies. */
function owned(pod: Pod, n: number): Pod {
  return {
    ...pod,
    namespace: n < 3 ? "x" : pod.namespace,
    owner: { kind: "Deployment", name: pod.labels["app"] ?? "none" },
    node: "",
    nodeAddresses: [],
  };
}

/** The cluster once the object is enforced. */
function enforced(cluster: SmallCluster, spec: ServiceAccessSpec): SmallCluster {
  const policies = new Map(cluster.policies.map((policy) => [keyText(policy.metadata), policy]));
  for (const { kind, policy } of planFor(accessOf("x/db", { ...spec, mode: "Enforce" }), worldOf(cluster))
    .actions) {
    if (kind === "apply") policies.set(keyText(policy.metadata), policy);
    else policies.delete(keyText(policy.metadata));
  }
  return { ...cluster, policies: [...policies.values()] };
}

function worldOf(cluster: SmallCluster): World {
  return {
    ...smallWorld({ policies: cluster.policies }),
    namespaces: cluster.namespaces,
    services: referred.services,
    workloads: referred.workloads,
    pods: new Map(cluster.pods.map((pod) => [keyText(pod), pod])),
  };
}

function rowsOf({ cluster, specs }: Case): readonly ChangedRow[] {
  const world = worldOf(cluster);
  const evaluator = compileCluster(cluster);
  const plan = planFor(accessOf("x/db", { ...specs[1], mode: "DryRun" }), world);
  const supposition = suppositionOf(plan.withheld);
  return supposing(evaluator, supposition, (after) => {
    return changedReach({ before: evaluator, after, supposition }, world);
  });
}

interface Flow {
  readonly from: NaiveEnd;
  readonly to: NaiveEnd;
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly port: number;
}

function flowsOf({ pods }: SmallCluster): readonly Flow[] {
  const pairs = pods.flatMap((from): (readonly [NaiveEnd, NaiveEnd])[] => [
    ...pods.filter((to) => to !== from).map((to) => [from, to] as const),
    ...OUTSIDE.flatMap((address) => [[from, address] as const, [address, from] as const]),
  ]);
  return pairs.flatMap(([from, to]) => PORTS.map((port) => ({ from, to, ...port })));
}

function isAt(place: ChangedPlace, end: NaiveEnd): boolean {
  if (place.kind === "workload") return typeof end !== "string" && place.pods.has(end);
  const address = typeof end === "string" ? parseRange(end) : undefined;
  if (place.kind === "others" || address === undefined) return false;
  return place.ranges.some((range) => contains(range, address));
}

function isFor(row: ChangedRow, { from, to, protocol, port }: Flow): boolean {
  return isAt(row.from, from) && isAt(row.to, to) && hasPort(row.ports, protocol, port);
}

/** Whether the row speaks of everybody else, and this flow is one of theirs. */
function isForOthers(row: ChangedRow, { from, to, protocol, port }: Flow): boolean {
  if (typeof from === "string" || typeof to === "string" || !hasPort(row.ports, protocol, port)) return false;
  if (row.from.kind === "others") return isAt(row.to, to);
  return row.to.kind === "others" && isAt(row.from, from);
}

function flowText({ from, to, protocol, port }: Flow): string {
  const text = (end: NaiveEnd): string => (typeof end === "string" ? end : keyText(end));
  return `${text(from)} > ${text(to)} ${protocol}/${port}`;
}

/** Neighbours get a row of their own. */
function areNear({ from, to }: Flow): boolean {
  return typeof from === "string" || typeof to === "string" || from.namespace === to.namespace;
}

/** Of pods on their node's network it is not defined whether a rule for every pod means them: no row speaks for those. */
function isOnHost({ from, to }: Flow): boolean {
  return [from, to].some((end) => typeof end !== "string" && end.hostNetwork);
}

test("enforcing changes exactly the flows that the rows say, and as they say", { timeout: 3_600_000 }, () => {
  const seen = { exact: 0, others: 0 };
  const law = fc.property(cases, (each) => {
    const rows = rowsOf(each);
    const then = enforced(each.cluster, each.specs[1]);
    for (const flow of flowsOf(each.cluster)) {
      const { from, to, protocol, port } = flow;
      const before = naiveVerdict(each.cluster, from, to, protocol, port);
      const after = naiveVerdict(then, from, to, protocol, port);
      const told = rows.filter((row) => isFor(row, flow)).map((row) => [row.before, row.after]);
      const isTold = before !== after && (told.length > 0 || areNear(flow));
      const expected = isTold ? [[before, after]] : [];
      if (JSON.stringify(told) !== JSON.stringify(expected))
        expect([flowText(flow), told]).toEqual([flowText(flow), expected]);
      if (isTold) seen.exact += 1;
      if (before === after || isTold || isOnHost(flow)) continue;
      seen.others += 1;
      const wide = rows.filter((row) => isForOthers(row, flow)).map(isGain);
      expect([flowText(flow), wide]).toContainEqual(flowText(flow));
      expect([
        flowText(flow),
        wide.includes(isGain({ ports: rows[0]?.ports ?? NONE, before, after })),
      ]).toEqual([flowText(flow), true]);
    }
  });
  fc.assert(law, { numRuns: 40 });
  expect(seen.exact).toBeGreaterThan(500);
  expect(seen.others).toBeGreaterThan(50);
});

const NONE = { TCP: [], UDP: [], SCTP: [] };

test("the rows are the same whatever the order in which pods and policies came", () => {
  const law = fc.property(cases, (each) => {
    const { pods, policies } = each.cluster;
    const cluster = { ...each.cluster, pods: pods.toReversed(), policies: policies.toReversed() };
    expect(rowsOf({ ...each, cluster })).toEqual(rowsOf(each));
  });
  fc.assert(law, { numRuns: 60 });
});
