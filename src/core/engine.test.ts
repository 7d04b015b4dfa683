import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod, Service } from "../model/world.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { policyOf, smallWorld } from "../testing/small-world.ts";
import { connections } from "./check.ts";
import { isEndpoint, sharedFamilies } from "./endpoint.ts";
import { createEngine, type Engine } from "./engine.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { ALL_PORTS, NO_PORTS, portTexts } from "./ports.ts";
import { reachability, whoReaches } from "./queries.ts";

const EVENTS = Number(process.env["ENGINE_EVENTS"] ?? 100_000);
const SEED = Number(process.env["ENGINE_SEED"] ?? 20261121);

test(`after ${EVENTS} random events of all kinds the engine answers as one that is built anew`, () => {
  const random = randomFrom(SEED);
  const pool = poolOf(SEED);
  const engine = createEngine();
  const world = emptyWorld();
  for (let event = 1; event <= EVENTS; event += 1) {
    happen(random, pool, engine, world);
    if (event % 1000 === 0) expectNoDifference(engine, world, event);
  }
  expectNoDifference(engine, world, EVENTS);
}, 120_000);

test("the answer for a whole cluster is the answer for each of its pairs", () => {
  fc.assert(
    fc.property(clusterArbitrary(), (cluster) => {
      const evaluator = compileCluster(cluster);
      const pods = cluster.pods.filter(isEndpoint).map((pod) => ({ ...pod, node: "", nodeAddresses: [] }));
      expect(expanded(evaluator)).toEqual(pairwise(evaluator, pods));
    }),
    { numRuns: 400, seed: SEED },
  );
});

test("who reaches a class is what the whole answer says of it", () => {
  fc.assert(
    fc.property(clusterArbitrary(), (cluster) => {
      const evaluator = compileCluster(cluster);
      const all = expanded(evaluator);
      for (const to of evaluator.classes()) {
        for (const edge of whoReaches(evaluator, to)) {
          const [from] = edge.from.members.values();
          const target = [...to.members.values()].find((pod) => pod !== from);
          if (from === undefined || target === undefined) continue;
          expect(all[`${keyText(from)} > ${keyText(target)}`]).toEqual(texts(edge));
        }
      }
    }),
    { numRuns: 150, seed: SEED },
  );
});

function expectNoDifference(engine: Engine, world: Known, event: number): void {
  expect(answers(engine, world), `event ${event}`).toEqual(answers(anew(world), world));
}

interface Pool {
  readonly pods: readonly Pod[];
  readonly policies: readonly NetworkPolicy[];
  readonly namespaces: readonly Namespace[];
  readonly tiers: readonly TierPolicy[];
  readonly nodes: readonly Node[];
  readonly services: readonly Service[];
}

interface Known {
  readonly pods: Map<string, Pod>;
  readonly policies: Map<string, NetworkPolicy>;
  readonly namespaces: Map<string, Namespace>;
  readonly tiers: Map<string, TierPolicy>;
  readonly nodes: Map<string, Node>;
  readonly services: Map<string, Service>;
}

function emptyWorld(): Known {
  return {
    pods: new Map(),
    policies: new Map(),
    namespaces: new Map(),
    tiers: new Map(),
    nodes: new Map(),
    services: new Map(),
  };
}

function poolOf(seed: number): Pool {
  const clusters = fc.sample(clusterArbitrary(), { numRuns: 150, seed });
  return {
    pods: clusters.flatMap((cluster) => cluster.pods),
    policies: clusters.flatMap((cluster) => [...cluster.policies, TO_SERVICES]),
    namespaces: clusters.flatMap((cluster) => [...cluster.namespaces.values()]),
    tiers: TIERS,
    nodes: NODES,
    services: SERVICES,
  };
}

/** Mostly pods and policies, as in life; each is put, changed or removed. */
function happen(random: Random, pool: Pool, engine: Engine, world: Known): void {
  const dice = random(100);
  if (dice < 45) return change(random, pool.pods, world.pods, keyText, engine.putPod, engine.removePod);
  if (dice < 85) {
    const key = (policy: NetworkPolicy): string => keyText(policy.metadata);
    const remove = (policy: NetworkPolicy) => engine.removePolicy(policy.metadata);
    return change(random, pool.policies, world.policies, key, engine.putPolicy, remove);
  }
  const byName = ({ name }: { readonly name: string }): string => name;
  if (dice < 92) {
    const remove = ({ name }: Namespace) => engine.removeNamespace(name);
    return change(random, pool.namespaces, world.namespaces, byName, engine.putNamespace, remove);
  }
  if (dice < 97) {
    const key = ({ kind, name }: TierPolicy): string => `${kind}/${name}`;
    return change(random, pool.tiers, world.tiers, key, engine.putTier, (each) =>
      engine.removeTier(key(each)),
    );
  }
  if (dice < 98)
    return change(random, pool.services, world.services, keyText, engine.putService, engine.removeService);
  change(random, pool.nodes, world.nodes, byName, engine.putNode, ({ name }) => engine.removeNode(name));
}

function change<T>(
  random: Random,
  pool: readonly T[],
  known: Map<string, T>,
  keyOf: (item: T) => string,
  put: (item: T) => unknown,
  remove: (item: T) => unknown,
): void {
  const item = pool[random(pool.length)];
  if (item === undefined) return;
  const key = keyOf(item);
  if (known.has(key) && random(3) === 0) {
    known.delete(key);
    remove(item);
  } else {
    known.set(key, item);
    put(item);
  }
}

function anew(world: Known): Evaluator {
  return compileCluster({
    pods: world.pods.values(),
    namespaces: world.namespaces,
    policies: world.policies.values(),
    tierPolicies: world.tiers.values(),
    nodes: world.nodes.values(),
    services: world.services.values(),
  });
}

function answers(evaluator: Evaluator, world: Known): Answers {
  return { ...pairwise(evaluator, [...world.pods.values()].filter(isEndpoint)), ...expanded(evaluator) };
}

type Answers = Record<string, readonly (readonly string[])[]>;

function pairwise(evaluator: Evaluator, pods: readonly Pod[]): Answers {
  const rows = pods.flatMap((from) =>
    pods
      .filter((to) => (from !== to || from.replicas > 1) && sharesFamily(from, to))
      .map((to) => {
        const found = connections(evaluator, { kind: "pod", pod: from }, { kind: "pod", pod: to });
        return [`${keyText(from)} > ${keyText(to)}`, texts(found)] as const;
      }),
  );
  return Object.fromEntries(rows.filter(([, found]) => found.flat().length > 0));
}

/** The classes' answer written out for every pod. */
function expanded(evaluator: Evaluator): Answers {
  const { open, edges } = reachability(evaluator);
  const everything = open.from.flatMap((from) =>
    open.to.map((to) => ({ from, to, allowed: ALL_PORTS, unknown: NO_PORTS })),
  );
  const rows = [...everything, ...edges].flatMap((edge) =>
    [...edge.from.members.values()].flatMap((from) =>
      [...edge.to.members.values()]
        .filter((to) => (from !== to || from.replicas > 1) && sharesFamily(from, to))
        .map((to) => [`${keyText(from)} > ${keyText(to)}`, texts(edge)] as const),
    ),
  );
  return Object.fromEntries(rows);
}

function sharesFamily(a: Pod, b: Pod): boolean {
  return sharedFamilies({ kind: "pod", pod: a }, { kind: "pod", pod: b }).length > 0;
}

function texts({
  allowed,
  unknown,
}: {
  readonly allowed: typeof ALL_PORTS;
  readonly unknown: typeof ALL_PORTS;
}) {
  return [portTexts(allowed), portTexts(unknown)] as const;
}

type Random = (below: number) => number;

/** mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const NODES: readonly Node[] = [
  { name: "n1", labels: { role: "web" }, addresses: ["10.9.0.1"] },
  { name: "n1", labels: { role: "db" }, addresses: ["10.9.0.1", "fd09::1"] },
  { name: "n2", labels: { role: "web" }, addresses: ["10.9.0.2"] },
];

const SERVICES: readonly Service[] = [["10.96.0.10"], ["10.96.0.10", "fd96::a"], []].flatMap(
  (clusterAddresses) => [...smallWorld({ services: { "x/dns": { clusterAddresses } } }).services.values()],
);

/** What a pod of unknown address is to this policy hangs on whether there is such a Service. */
const TO_SERVICES = policyOf("x/to-services", {
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [{ to: [{ ipBlock: { cidr: "10.96.0.10/32" } }, { ipBlock: { cidr: "fd96::a/128" } }] }],
});

const anywhere = { namespaceSelector: {}, podSelector: undefined };
const ofX = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "x" } },
  podSelector: undefined,
};
const withA = { namespaceSelector: {}, podSelector: { matchLabels: { a: "1" } } };
const tcp80 = [{ kind: "range", protocol: "TCP", from: 80, to: 80 }] as const;

function tierOf(name: string, rest: Partial<TierPolicy>): TierPolicy {
  const shape = { tier: "Admin", priority: 10, subject: anywhere, ingress: [], egress: [] } as const;
  return { kind: "ClusterNetworkPolicy", name, ...shape, ...rest };
}

const TIERS: readonly TierPolicy[] = [
  tierOf("deny", {
    subject: ofX,
    ingress: [{ name: "", action: "Deny", peers: [{ kind: "pods", scope: withA }], ports: tcp80 }],
  }),
  tierOf("deny", {
    subject: withA,
    ingress: [{ name: "", action: "Accept", peers: [{ kind: "pods", scope: ofX }], ports: tcp80 }],
  }),
  tierOf("same", {
    ingress: [{ name: "", action: "Accept", peers: [{ kind: "pods", scope: withA }], ports: undefined }],
  }),
  tierOf("pass", {
    priority: 5,
    egress: [
      { name: "", action: "Pass", peers: [{ kind: "networks", cidrs: ["10.0.1.0/30"] }], ports: undefined },
    ],
  }),
  tierOf("base", {
    tier: "Baseline",
    egress: [
      {
        name: "",
        action: "Deny",
        peers: [{ kind: "nodes", selector: { matchLabels: { role: "web" } } }],
        ports: undefined,
      },
    ],
  }),
  tierOf("base", {
    tier: "Baseline",
    subject: withA,
    ingress: [
      {
        name: "",
        action: "Deny",
        peers: [{ kind: "pods", scope: anywhere }],
        ports: [{ kind: "named", name: "web" }],
      },
    ],
  }),
];
