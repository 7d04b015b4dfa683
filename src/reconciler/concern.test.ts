import fc from "fast-check";
import { expect, test } from "vitest";
import { profileNamed, SPECIFICATION } from "../core/profile.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import { type Workload, workloadKey } from "../model/world.ts";
import { type Event, historyArbitrary } from "../testing/random-history.ts";
import { tierPolicyArbitrary } from "../testing/random-tiers.ts";
import { accessOf, policyOf, smallWorld } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { planFor } from "./plan.ts";
import { reportOf } from "./status.ts";
import { type Change, createStore, type Store, storeOf } from "./store.ts";

const seed = 20261121;

/** None in three of four, for where there are some nearly everything concerns everyone. */
const tiers = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(tierPolicyArbitrary("p"), { minLength: 1, maxLength: 2 }) },
);

const history = fc
  .tuple(historyArbitrary(25), fc.array(workloadEvent(), { maxLength: 8 }))
  .map(([events, workloads]): readonly AnyEvent[] => [...events, ...workloads])
  .chain((all) => fc.shuffledSubarray([...all], { minLength: all.length }));

/** Plugins differ in what they ask of blocks and names, and so do the divergences that a status tells of. */
const profiles = fc.constantFrom(SPECIFICATION, profileNamed("cilium"), profileNamed("ovn-kubernetes"));

test("a status that a change is said not to concern is what it was", () => {
  let spared = 0;
  const law = fc.property(
    history,
    tiers,
    profiles,
    fc.boolean(),
    (events, tierPolicies, profile, isApplied) => {
      const store = createStore(profile);
      for (const object of tierPolicies) store.put({ kind: "TierPolicy", object });
      for (const [name, spec] of Object.entries(SPECS)) put(store, name, spec);
      if (isApplied) apply(store);
      const statuses = new Map([...store.world.accesses.keys()].map((key) => [key, look(store, key)]));
      for (const event of events) {
        const change = happen(store, event);
        const affected = new Set(affectedKeys(change, store));
        for (const key of store.world.accesses.keys()) {
          const before = statuses.get(key);
          if (affected.has(key)) statuses.set(key, look(store, key));
          else {
            expect(glance(store, key), `${key} after ${event.kind}`).toEqual(before);
            spared += change === undefined ? 0 : 1;
          }
        }
      }
    },
  );
  fc.assert(law, { numRuns: 60, seed });
  // A law that is kept by working everything out anew says nothing.
  expect(spared).toBeGreaterThan(2_000);
}, 60_000);

test("one more pod of a kind that no object has to do with concerns none of them", () => {
  const store = createStore();
  for (const [name, spec] of Object.entries(SPECS)) put(store, name, spec);
  const pod = (name: string, labels: Record<string, string>) =>
    store.put({ kind: "Pod", object: { ...POD, namespace: "z", name, labels } });
  pod("one", { role: "idle" });
  for (const key of store.world.accesses.keys()) look(store, key);
  const change = pod("two", { role: "idle" });
  expect(affectedKeys(change, store)).toEqual([]);
});

test("whoever is warned that nobody at home carries a label is told when somebody does", () => {
  const store = createStore();
  for (const [name, spec] of Object.entries(SPECS)) put(store, name, spec);
  const to = [
    { podSelector: { matchLabels: { role: "idle" } } },
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "y" } } },
  ];
  const spec = {
    podSelector: { matchLabels: { app: "a" } },
    policyTypes: ["Ingress", "Egress"],
    egress: [{ to }],
  } as const;
  store.put({ kind: "NetworkPolicy", object: policyOf("x/by-hand", spec) });
  const pod = (name: string, labels: Record<string, string>) =>
    store.put({ kind: "Pod", object: { ...POD, namespace: "x", name, labels } });
  pod("target", { app: "a" });
  for (const key of store.world.accesses.keys()) look(store, key);
  expect(JSON.stringify(look(store, "x/plain"))).toContain("SelectorsDetached");
  expect(affectedKeys(pod("idle", { role: "idle" }), store)).toContain("x/plain");
  expect(JSON.stringify(look(store, "x/plain"))).not.toContain("SelectorsDetached");
});

const POD = {
  uid: "",
  owner: undefined,
  addresses: ["10.0.0.9"],
  node: "",
  nodeAddresses: [],
  hostNetwork: false,
  phase: "Running",
  terminating: false,
  ports: [],
  replicas: 1,
  fromTemplate: false,
} as const;

/** Small objects, each with another way to be concerned. */
const SPECS: Readonly<Record<string, ServiceAccessSpec>> = {
  plain: { target: { podSelector: { matchLabels: { app: "a" } } }, ports: [{ port: 80 }] },
  everyone: {
    target: { podSelector: {} },
    ports: [{ port: 80 }],
    rights: { policyTypes: ["Egress"], egress: [] },
  },
  elsewhere: {
    target: { podSelector: { matchLabels: { app: "b" } } },
    ports: [{ port: "web" }],
    rights: { ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { role: "a" } } }] }] },
    permits: { label: { key: "role", value: "b" } },
  },
  "of-y": {
    target: { podSelector: { matchLabels: { app: "b" } } },
    ports: [{ port: 80 }],
    permits: { label: { key: "role", value: "a" }, namespaces: { names: ["y"] } },
  },
  "of-some": {
    target: { podSelector: { matchLabels: { app: "a" } } },
    ports: [{ port: 81 }],
    permits: {
      label: { key: "netpol/plain", value: "true" },
      namespaces: { selector: { matchLabels: { app: "a" } } },
    },
  },
  "of-addresses": {
    target: { podSelector: { matchLabels: { app: "a" } } },
    ports: [{ port: 80 }],
    rights: {
      ingress: [{ from: [{ ipBlock: { cidr: "10.0.1.0/24" } }] }],
      egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/30" } }], ports: [{ port: 80 }] }],
    },
  },
  "to-anywhere": {
    permits: {
      label: { key: "app", value: "a" },
      egress: [{ to: [{ preset: "Anywhere" }], ports: [{ port: 80 }] }],
    },
  },
  "to-pods": {
    permits: {
      label: { key: "app", value: "b" },
      egress: [
        { to: [{ namespaces: ["y"], podSelector: { matchLabels: { app: "a" } } }], ports: [{ port: 80 }] },
      ],
    },
  },
};

function put(store: Store, name: string, spec: ServiceAccessSpec): void {
  const metadata = { namespace: "x", name, uid: name, generation: 1 };
  const object: ServiceAccess = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata,
    spec,
  };
  store.put({ kind: "ServiceAccess", object });
}

/** The policies that the objects ask for at the beginning. */
function apply(store: Store): void {
  for (const access of store.world.accesses.values())
    for (const object of planFor(access, store.world).generated.policies)
      store.put({ kind: "NetworkPolicy", object });
}

/** Works the status out and remembers from what, as the reconciler does. */
function look(store: Store, key: string): unknown {
  const report = reportFor(store, key);
  if (report !== undefined) store.concerns.set(key, report.concern);
  return report === undefined ? undefined : { claims: report.claims, body: report.body };
}

function glance(store: Store, key: string): unknown {
  const report = reportFor(store, key);
  return report === undefined ? undefined : { claims: report.claims, body: report.body };
}

function reportFor(store: Store, key: string) {
  const access = store.world.accesses.get(key);
  if (access === undefined) return undefined;
  return reportOf(access, planFor(access, store.world), [], {
    whole: store.world,
    world: store.world,
    evaluator: store.evaluator(),
    isKnown: true,
  });
}

type AnyEvent = Event | { readonly kind: "put workload" | "remove workload"; readonly workload: Workload };

/** The owners of the pods, as their names come and go, with the client label of `plain` where it does not belong. */
function workloadEvent(): fc.Arbitrary<AnyEvent> {
  return fc.record({
    kind: fc.constantFrom("put workload" as const, "remove workload" as const),
    workload: fc
      .record({
        namespace: fc.constantFrom("x", "x", "y"),
        name: fc.constantFrom("a", "b", "c"),
        owner: fc.constantFrom(undefined, { kind: "Deployment", name: "web" }),
        labels: fc.constantFrom({}, { "netpol/plain": "true" }),
      })
      .map((details) => ({
        ...details,
        kind: "ReplicaSet",
        uid: "",
        selector: undefined,
        template,
        replicas: 1,
      })),
  });
}

const template = { labels: {}, hostNetwork: false, ports: [] };

function affectedKeys(change: Change | undefined, store: Store): readonly string[] {
  return change === undefined ? [] : affectedBy(change, store).map(({ key }) => keyText(key));
}

function happen(store: Store, event: AnyEvent): Change | undefined {
  switch (event.kind) {
    case "put pod": {
      const owner = { kind: "ReplicaSet", name: event.pod.name };
      return store.put({ kind: "Pod", object: { ...event.pod, owner } });
    }
    case "put workload":
      return store.put({ kind: "Workload", object: event.workload });
    case "remove workload":
      return store.remove("Workload", workloadKey(event.workload.namespace, event.workload));
    case "remove pod":
      return store.remove("Pod", keyText(event.pod));
    case "put policy":
      return store.put({ kind: "NetworkPolicy", object: event.policy });
    case "remove policy":
      return store.remove("NetworkPolicy", keyText(event.policy.metadata));
    case "put namespace":
      return store.put({ kind: "Namespace", object: event.namespace });
    case "remove namespace":
      return store.remove("Namespace", event.namespace.name);
  }
}

test("where one end of what is declared denies it, a policy of the other end still is of concern", () => {
  const world = smallWorld({
    pods: { "x/client": { labels: { app: "b" } }, "y/destination": { labels: { app: "a" } } },
    policies: [policyOf("x/closed", { podSelector: {}, policyTypes: ["Egress"] })],
    accesses: [accessOf("x/to-pods", SPECS["to-pods"] ?? {})],
  });
  const store = storeOf(world);
  look(store, "x/to-pods");
  const other = policyOf("y/closed", { podSelector: {}, policyTypes: ["Ingress"] });
  const change = store.put({ kind: "NetworkPolicy", object: other });
  expect(affectedKeys(change, store)).toEqual(["x/to-pods"]);
});
