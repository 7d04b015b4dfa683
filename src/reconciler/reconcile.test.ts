import { expect, test } from "vitest";
import { policiesFor } from "../generator/policies.ts";
import { resolve } from "../generator/references.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";
import type { Condition, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import { answering } from "../testing/answering-cluster.ts";
import { accessOf, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import type { Cluster, RefusalReason } from "./cluster.ts";
import { type InMemoryCluster, inMemoryCluster, simulate } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "db" };
const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const PODS: WorldSketch = {
  pods: {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" }, owner: "StatefulSet/db" },
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
  },
};

const SPEC_OF_RIGHTS: NetworkPolicySpec = {
  podSelector: { matchLabels: { app: "db" } },
  policyTypes: ["Ingress"],
  ingress: [
    {
      from: [{ podSelector: { matchLabels: { "netpol/db": "true" } } }],
      ports: [{ protocol: "TCP", port: 5432 }],
    },
  ],
};

function clusterWith(spec: ServiceAccessSpec, more: WorldSketch = {}): InMemoryCluster {
  return inMemoryCluster(storeOf(smallWorld({ ...PODS, ...more, accesses: [accessOf("shop/db", spec)] })));
}

/** What is written in one run. */
async function run(
  cluster: InMemoryCluster,
  through: Cluster = cluster,
  at = "08:00",
): Promise<readonly string[]> {
  const before = cluster.changes.length;
  await reconcile(KEY, through, () => new Date(`2026-11-21T${at}:00.123Z`));
  return cluster.changes.slice(before);
}

function access(cluster: InMemoryCluster): ServiceAccess {
  const found = cluster.store.world.accesses.get("shop/db");
  if (found === undefined) throw new Error("there is no ServiceAccess shop/db");
  return found;
}

function condition(cluster: InMemoryCluster, type: string): Condition | undefined {
  return access(cluster).status?.conditions?.find((each) => each.type === type);
}

/** `True Reconciled`, or nothing where the condition is not there. */
function said(cluster: InMemoryCluster, type: string): string | undefined {
  const found = condition(cluster, type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
}

function policy(cluster: InMemoryCluster, name: string): NetworkPolicy | undefined {
  return cluster.store.world.policies.get(`shop/${name}`);
}

function change(cluster: InMemoryCluster, spec: ServiceAccessSpec): void {
  const { metadata, ...rest } = access(cluster);
  const generation = (metadata.generation ?? 0) + 1;
  cluster.store.put({
    kind: "ServiceAccess",
    object: { ...rest, metadata: { ...metadata, generation }, spec },
  });
}

function edit(cluster: InMemoryCluster, name: string, how: (policy: NetworkPolicy) => NetworkPolicy): void {
  const found = policy(cluster, name);
  if (found !== undefined) cluster.store.put({ kind: "NetworkPolicy", object: how(found) });
}

test("a new object gets its rights, then its permits, then its status", async () => {
  const cluster = clusterWith(SPEC);
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "apply shop/db-permits", "status shop/db"]);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  expect(said(cluster, "Programmed")).toBe("True Applied");
  expect(policy(cluster, "db-rights")?.spec).toEqual(SPEC_OF_RIGHTS);
});

test("a second run writes nothing", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  expect(await run(cluster, cluster, "09:00")).toEqual([]);
});

test("what is unknown or going away is left to others", async () => {
  const cluster = clusterWith(SPEC);
  expect(await reconcile({ namespace: "shop", name: "gone" }, cluster, () => new Date())).toBe("absent");
  const { metadata, ...rest } = access(cluster);
  const going = { ...rest, metadata: { ...metadata, deletionTimestamp: "2026-11-21T08:00:00Z" } };
  cluster.store.put({ kind: "ServiceAccess", object: going });
  expect(await reconcile(KEY, cluster, () => new Date())).toBe("absent");
  expect(cluster.changes).toEqual([]);
});

test.each<[string, (policy: NetworkPolicy) => NetworkPolicy]>([
  ["opened to everyone", (found) => ({ ...found, spec: { ...found.spec, ingress: [{}] } })],
  [
    "with its sources taken away",
    (found) => ({ ...found, spec: { ...found.spec, ingress: [{ ports: [{ port: 5432 }] }] } }),
  ],
  ["emptied", (found) => ({ ...found, spec: { podSelector: {} } })],
  ["without one of our labels", (found) => relabelled(found, { "serviceaccess.dev/half": undefined })],
  [
    "with a label of ours changed",
    (found) => relabelled(found, { "serviceaccess.dev/owner-namespace": "x" }),
  ],
  ["without its owner", (found) => ({ ...found, metadata: { ...found.metadata, ownerReferences: [] } })],
  ["without its description", (found) => ({ ...found, metadata: { ...found.metadata, annotations: {} } })],
])("a policy of ours that was %s is restored, and nothing else is written", async (_, how) => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  const before = policy(cluster, "db-rights");
  edit(cluster, "db-rights", how);
  const writes = await run(cluster);
  expect(writes.filter((write) => !write.startsWith("status"))).toEqual(["apply shop/db-rights"]);
  const after = policy(cluster, "db-rights");
  expect(after?.spec).toEqual(before?.spec);
  expect(after?.metadata.labels).toEqual(before?.metadata.labels);
  expect(await run(cluster)).toEqual([]);
});

function relabelled(
  found: NetworkPolicy,
  labels: Readonly<Record<string, string | undefined>>,
): NetworkPolicy {
  const all = Object.entries({ ...found.metadata.labels, ...labels });
  const kept = all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return { ...found, metadata: { ...found.metadata, labels: Object.fromEntries(kept) } };
}

test("a policy of ours that was deleted comes back", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  cluster.store.remove("NetworkPolicy", "shop/db-permits");
  expect(await run(cluster)).toEqual(["apply shop/db-permits", "status shop/db"]);
});

test("what others add to the metadata is theirs, even under our prefix", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  edit(cluster, "db-rights", (found) => ({
    ...found,
    metadata: {
      ...found.metadata,
      labels: { ...found.metadata.labels, team: "a", "serviceaccess.dev/reviewed": "yes" },
      annotations: { ...found.metadata.annotations, note: "seen" },
    },
  }));
  expect(await run(cluster)).toEqual([]);
});

test("defaults that the API server writes out are no drift", async () => {
  const closed: ServiceAccessSpec = { target: { podSelector: {} }, rights: { policyTypes: ["Ingress"] } };
  const cluster = clusterWith(closed);
  await run(cluster);
  edit(cluster, "db-rights", (found) => ({ ...found, spec: { ...found.spec, ingress: [], egress: null } }));
  expect(await run(cluster)).toEqual([]);
});

const FOREIGN = policyOf("shop/db-rights", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] });

test("a policy of our name that is not ours is a conflict and left alone", async () => {
  const cluster = clusterWith(SPEC, { policies: [FOREIGN] });
  expect(await run(cluster)).toEqual(["apply shop/db-permits", "status shop/db"]);
  expect(policy(cluster, "db-rights")).toEqual(FOREIGN);
  expect(said(cluster, "Ready")).toBe("False Conflict");
  expect(said(cluster, "Stalled")).toBe("True Conflict");
  expect(condition(cluster, "Ready")?.message).toContain("NetworkPolicy shop/db-rights is not ours");
  expect(access(cluster).status?.policies?.map(({ name }) => name)).toEqual(["db-permits"]);
  expect(access(cluster).status?.isolates?.map(({ direction }) => direction)).toEqual(["Egress"]);
  expect(await run(cluster)).toEqual([]);
});

test.each([
  [
    "is managed for another object",
    { "app.kubernetes.io/managed-by": "serviceaccess", "serviceaccess.dev/owner-name": "other" },
  ],
  [
    "is managed by somebody else",
    { "app.kubernetes.io/managed-by": "helm", "serviceaccess.dev/owner-name": "db" },
  ],
  ["says nothing of who manages it", { "serviceaccess.dev/owner-name": "db" }],
])("a policy of our name that %s is a conflict", async (_, labels) => {
  const cluster = clusterWith(SPEC, {
    policies: [{ ...FOREIGN, metadata: { ...FOREIGN.metadata, labels } }],
  });
  await run(cluster);
  expect(said(cluster, "Ready")).toBe("False Conflict");
});

test("a foreign policy under a name that this object does not need is nobody's conflict", async () => {
  const other = policyOf("shop/db-permits", { podSelector: {} });
  const cluster = clusterWith({ ...SPEC, permits: { policy: "None" } }, { policies: [other] });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "status shop/db"]);
  expect(policy(cluster, "db-permits")).toEqual(other);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  expect(said(cluster, "Stalled")).toBeUndefined();
});

test.each([
  ["true", ["apply shop/db-rights", "apply shop/db-permits", "status shop/db"]],
  ["yes", ["apply shop/db-permits", "status shop/db"]],
])("a foreign policy annotated adopt: %s", async (value, writes) => {
  const annotations = { "serviceaccess.dev/adopt": value };
  const cluster = clusterWith(SPEC, {
    policies: [{ ...FOREIGN, metadata: { ...FOREIGN.metadata, uid: "u", annotations } }],
  });
  expect(await run(cluster)).toEqual(writes);
  expect(await run(cluster)).toEqual([]);
});

test("the policies of a former object of the same name are taken over", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  const { metadata, ...rest } = access(cluster);
  cluster.store.put({
    kind: "ServiceAccess",
    object: { ...rest, metadata: { ...metadata, uid: "second-life" } },
  });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "apply shop/db-permits"]);
  expect(policy(cluster, "db-rights")?.metadata).toMatchObject({
    labels: { "serviceaccess.dev/owner-uid": "second-life" },
    ownerReferences: [{ uid: "second-life" }],
  });
});

test("changed ports change both halves", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  change(cluster, { ...SPEC, ports: [{ port: 5433 }] });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "apply shop/db-permits", "status shop/db"]);
  expect(condition(cluster, "Ready")?.observedGeneration).toBe(2);
  expect(access(cluster).status?.observedGeneration).toBe(2);
});

test("permits that are no longer wanted go after the rights have changed", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  change(cluster, { ...SPEC, ports: [{ port: 80 }], permits: { policy: "None" } });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "remove shop/db-permits", "status shop/db"]);
  expect(access(cluster).status?.policies?.map(({ half }) => half)).toEqual(["rights"]);
});

test("a target given up takes the rights with it", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  change(cluster, {
    permits: { dns: false, egress: [{ to: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
  });
  expect(await run(cluster)).toEqual(["apply shop/db-permits", "remove shop/db-rights", "status shop/db"]);
});

test("a suspended object is never written for, and says that it is behind", async () => {
  const cluster = clusterWith({ ...SPEC, suspend: true });
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(said(cluster, "Programmed")).toBe("False Suspended");
  expect(said(cluster, "Ready")).toBe("False Suspended");
  expect(said(cluster, "Stalled")).toBeUndefined();
});

test("a suspended object whose policies are as asked is ready", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  change(cluster, { ...SPEC, suspend: true });
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe("True Suspended");
  edit(cluster, "db-rights", (found) => ({ ...found, spec: { podSelector: {} } }));
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe("False Suspended");
});

const BY_SERVICE: ServiceAccessSpec = { target: { service: { name: "db" } }, permits: { dns: false } };
const SERVICE: WorldSketch = {
  services: { "shop/db": { selector: { app: "db" }, ports: [{ port: 80, targetPort: 5432 }] } },
};

test("a target Service that is not there yet is waited for", async () => {
  const cluster = clusterWith(BY_SERVICE);
  expect(await reconcile(KEY, cluster, () => new Date())).toBe("waiting");
  expect(cluster.changes).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe("False ServiceNotFound");
  expect(said(cluster, "Stalled")).toBeUndefined();
  for (const service of smallWorld(SERVICE).services.values())
    cluster.store.put({ kind: "Service", object: service });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "apply shop/db-permits", "status shop/db"]);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
});

test("a target Service that goes away leaves the policies, and nothing is claimed of them", async () => {
  const cluster = clusterWith(BY_SERVICE, SERVICE);
  await run(cluster);
  cluster.store.remove("Service", "shop/db");
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(policy(cluster, "db-rights")).toBeDefined();
  expect(access(cluster).status?.policies?.map(({ half }) => half)).toEqual(["rights", "permits"]);
  expect(access(cluster).status?.isolates?.map(({ direction }) => direction)).toEqual(["Egress", "Ingress"]);
  expect(said(cluster, "Effective")).toBe("Unknown ServiceNotFound");
  expect(said(cluster, "Exclusive")).toBe("Unknown ServiceNotFound");
  expect(access(cluster).status?.summary).toBe("target.service: there is no Service shop/db");
});

test.each<RefusalReason>(["Forbidden", "Invalid", "NotFound", "NamespaceTerminating"])(
  "a write refused as %s becomes a condition, the other one is done, and the status is written",
  async (reason) => {
    const cluster = clusterWith(SPEC);
    const refusing = answering(cluster, {
      "apply shop/db-rights": { kind: "refused", reason, message: "because" },
    });
    expect(await run(cluster, refusing)).toEqual(["apply shop/db-permits", "status shop/db"]);
    expect(said(cluster, "Ready")).toBe(`False ${reason}`);
    expect(said(cluster, "Programmed")).toBe(`False ${reason}`);
    expect(condition(cluster, "Programmed")?.message).toBe("shop/db-rights: because");
    expect(said(cluster, "Exclusive")).toBe("False OthersAllowed");
    expect(await run(cluster)).toEqual(["apply shop/db-rights", "status shop/db"]);
    expect(said(cluster, "Ready")).toBe("True Reconciled");
  },
);

test("a removal that is refused is said, too", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  change(cluster, { ...SPEC, permits: { policy: "None" } });
  const refusing = answering(cluster, {
    "remove shop/db-permits": { kind: "refused", reason: "Forbidden", message: "no" },
  });
  expect(await run(cluster, refusing)).toEqual(["status shop/db"]);
  expect(said(cluster, "Programmed")).toBe("False Forbidden");
});

test("what may pass by itself is thrown, for the queue to try again", async () => {
  const cluster = clusterWith(SPEC);
  const broken = answering(cluster, { "apply shop/db-permits": new Error("503") });
  await expect(run(cluster, broken)).rejects.toThrow("503");
  expect(cluster.changes).toEqual(["apply shop/db-rights"]);
});

test("a policy that the API stored without its peers is not taken for ours", async () => {
  const cluster = clusterWith(SPEC);
  const lossy: Cluster = {
    ...cluster,
    applyPolicy: async (policy, observed) => {
      const ingress = policy.spec.ingress?.map(({ ports }) => ({ ports: ports ?? [] }));
      const lost = ingress === undefined ? policy : { ...policy, spec: { ...policy.spec, ingress } };
      return await cluster.applyPolicy(lost, observed);
    },
  };
  await run(cluster, lossy);
  expect(said(cluster, "Programmed")).toBe("False StoredDifferently");
  expect(said(cluster, "Ready")).toBe("False StoredDifferently");
  expect(said(cluster, "Exclusive")).toBe("False OthersAllowed");
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "status shop/db"]);
});

test("conditions keep the time at which their status changed", async () => {
  const cluster = clusterWith(BY_SERVICE, SERVICE);
  await run(cluster, cluster, "08:00");
  cluster.store.remove("Service", "shop/db");
  await run(cluster, cluster, "09:00");
  expect(condition(cluster, "Ready")?.lastTransitionTime).toBe("2026-11-21T09:00:00Z");
  change(cluster, { ...BY_SERVICE, target: {} });
  await run(cluster, cluster, "10:00");
  expect(said(cluster, "Ready")).toBe("False InvalidSpec");
  expect(condition(cluster, "Ready")?.lastTransitionTime).toBe("2026-11-21T09:00:00Z");
  expect(condition(cluster, "Stalled")?.lastTransitionTime).toBe("2026-11-21T10:00:00Z");
});

test("a condition that no longer applies is gone", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  expect(access(cluster).status?.conditions?.map(({ type }) => type)).toEqual([
    "Ready",
    "Programmed",
    "Effective",
    "Exclusive",
    "Enforced",
    "Portable",
  ]);
  change(cluster, { target: { podSelector: {} } });
  await run(cluster);
  expect(access(cluster).status?.conditions?.map(({ type }) => type)).toEqual([
    "Ready",
    "Programmed",
    "Enforced",
    "Portable",
  ]);
});

test("pods that come and go write a status, and one that changes nothing does not", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  const [pod] = [
    ...smallWorld({
      pods: { "shop/web-1": { ips: ["10.0.0.3"], labels: { "netpol/db": "true" } } },
    }).pods.values(),
  ];
  if (pod !== undefined) cluster.store.put({ kind: "Pod", object: pod });
  expect(await run(cluster)).toEqual(["status shop/db"]);
  if (pod !== undefined)
    cluster.store.put({
      kind: "Pod",
      object: { ...pod, uid: "another", labels: { ...pod.labels, seen: "yes" } },
    });
  expect(await run(cluster)).toEqual([]);
});

test("a simulation ends, and what it ends with needs nothing more", async () => {
  const world = smallWorld({
    ...PODS,
    accesses: [accessOf("shop/db", SPEC), accessOf("shop/web", { target: { podSelector: {} } })],
    policies: [
      {
        ...policyOf("shop/db-rights", { podSelector: {} }),
        metadata: {
          namespace: "shop",
          name: "db-rights",
          labels: {
            "app.kubernetes.io/managed-by": "serviceaccess",
            "serviceaccess.dev/owner-name": "db",
            "serviceaccess.dev/older-label": "x",
          },
        },
      },
    ],
  });
  const { world: after, changes } = await simulate(world, () => new Date("2026-11-21T08:00:00Z"));
  expect(changes.filter((change) => !change.startsWith("status"))).toEqual([
    "apply shop/db-rights",
    "apply shop/db-permits",
    "apply shop/web-rights",
  ]);
  expect(world.policies.size).toBe(1);
  expect((await simulate(after, () => new Date("2027-01-01T00:00:00Z"))).changes).toEqual([]);
});

test("what is desired is what the generator makes", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  const { policies } = policiesFor(access(cluster), resolve(access(cluster), cluster.store.world));
  for (const desired of policies) {
    expect(cluster.store.world.policies.get(keyText(desired.metadata))).toMatchObject({ spec: desired.spec });
  }
});
