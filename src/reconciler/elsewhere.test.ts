import { expect, test } from "vitest";
import { permitsNameElsewhere } from "../generator/names.ts";
import { keyText } from "../model/key.ts";
import type { Labels } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Condition, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import { answering } from "../testing/answering-cluster.ts";
import { accessOf, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import type { Cluster } from "./cluster.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "db" };
const REMOTE = permitsNameElsewhere(KEY);
const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false, namespaces: { selector: { matchLabels: { buys: "yes" } } } },
};
const SKETCH: WorldSketch = {
  namespaces: { a: { buys: "yes" }, b: { buys: "yes" }, c: {} },
  accepts: { a: ["shop"] },
  pods: {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" }, owner: "StatefulSet/db" },
    "a/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
    "b/web-0": { ips: ["10.0.0.3"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
  },
};

function clusterWith(spec = SPEC, more: WorldSketch = {}): InMemoryCluster {
  return inMemoryCluster(storeOf(smallWorld({ ...SKETCH, ...more, accesses: [accessOf("shop/db", spec)] })));
}

/** What is written in one run, but for statuses; the remote name in short. */
async function run(cluster: InMemoryCluster, through: Cluster = cluster): Promise<readonly string[]> {
  const before = cluster.changes.length;
  await reconcile(KEY, through, () => new Date("2026-11-21T08:00:00.123Z"));
  return cluster.changes
    .slice(before)
    .filter((change) => !change.startsWith("status"))
    .map((change) => change.replace(REMOTE, "REMOTE"));
}

function access(cluster: InMemoryCluster): ServiceAccess {
  const found = cluster.store.world.accesses.get("shop/db");
  if (found === undefined) throw new Error("there is no ServiceAccess shop/db");
  return found;
}

function said(cluster: InMemoryCluster, type: string): string | undefined {
  const found = access(cluster).status?.conditions?.find((each: Condition) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
}

function annotate(
  cluster: InMemoryCluster,
  name: string,
  accepts: readonly string[],
  labels = { buys: "yes" },
) {
  const object = { ...namespaceOf(name, labels), acceptsPermitsFrom: accepts };
  cluster.store.put({ kind: "Namespace", object });
}

function change(cluster: InMemoryCluster, how: (access: ServiceAccess) => ServiceAccess): void {
  cluster.store.put({ kind: "ServiceAccess", object: how(access(cluster)) });
}

const withSpec = (spec: ServiceAccessSpec) => (each: ServiceAccess) => ({ ...each, spec });
const withMeta = (more: Partial<ServiceAccess["metadata"]>) => (each: ServiceAccess) => ({
  ...each,
  metadata: { ...each.metadata, ...more },
});

test("an object is held before its first policy elsewhere is written, and stays held while there is one", async () => {
  const cluster = clusterWith();
  expect(await run(cluster)).toEqual([
    "hold shop/db",
    "apply shop/db-rights",
    "apply shop/db-permits",
    "apply a/REMOTE",
  ]);
  expect(await run(cluster)).toEqual([]);
  expect(access(cluster).metadata.finalizers).toEqual(["serviceaccess.dev/permits"]);
});

test("who consents, who does not, and what that means is said", async () => {
  const cluster = clusterWith();
  await run(cluster);
  expect(said(cluster, "PermitsConsented")).toBe(
    "False PermitsNotConsented: no policy is written in b: annotate the Namespace with serviceaccess.dev/accept-permits-from=shop",
  );
  expect(said(cluster, "Ready")).toBe("True Reconciled: every policy is as asked");
  expect(access(cluster).status?.policies?.map(keyText)).toEqual([
    "shop/db-rights",
    "shop/db-permits",
    `a/${REMOTE}`,
  ]);
  expect(access(cluster).status?.target?.clients).toBe(2);
  expect(
    access(cluster).status?.isolates?.map(({ namespace, workload }) => `${namespace} ${workload}`),
  ).toEqual(["a Deployment/web", "shop StatefulSet/db"]);
  expect(
    access(cluster).status?.reachability?.map(
      ({ from, verdict }) => `${from.namespace} ${from.permit} ${verdict}`,
    ),
  ).toEqual(["a true Allowed", "b true Allowed"]);
  expect(access(cluster).status?.findings?.map(({ type, object }) => `${type} ${object}`)).toEqual([
    "PermitsNotConsented b/Deployment/web",
  ]);
});

test("consent that is given brings a policy, consent that is withdrawn takes it away", async () => {
  const cluster = clusterWith();
  await run(cluster);
  annotate(cluster, "b", ["*"]);
  expect(await run(cluster)).toEqual(["apply b/REMOTE"]);
  expect(said(cluster, "PermitsConsented")).toBe("True Consented: the permits are accepted by a, b");
  annotate(cluster, "a", []);
  expect(await run(cluster)).toEqual(["remove a/REMOTE"]);
  annotate(cluster, "b", ["elsewhere"]);
  expect(await run(cluster)).toEqual(["remove b/REMOTE", "release shop/db"]);
  expect(access(cluster).metadata.finalizers).toEqual([]);
});

test("a namespace that is relabelled, made or going away gets, loses or keeps its policy", async () => {
  const cluster = clusterWith();
  await run(cluster);
  annotate(cluster, "c", ["shop"]);
  expect(await run(cluster)).toEqual(["apply c/REMOTE"]);
  annotate(cluster, "c", ["shop"], { buys: "no" });
  expect(await run(cluster)).toEqual(["remove c/REMOTE"]);
  annotate(cluster, "d", ["shop"]);
  expect(await run(cluster)).toEqual(["apply d/REMOTE"]);
  const going = { ...namespaceOf("d", { buys: "yes" }), acceptsPermitsFrom: ["shop"], terminating: true };
  cluster.store.put({ kind: "Namespace", object: going });
  expect(await run(cluster)).toEqual([]);
  cluster.store.remove("NetworkPolicy", `d/${REMOTE}`);
  cluster.store.remove("Namespace", "d");
  expect(await run(cluster)).toEqual([]);
});

test("a spec that asks for nothing elsewhere takes the policies away, and then the finalizer", async () => {
  const cluster = clusterWith();
  await run(cluster);
  const { permits: _permits, ...spec } = SPEC;
  change(cluster, withSpec({ ...spec, permits: { dns: false } }));
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "remove a/REMOTE", "release shop/db"]);
  expect(said(cluster, "PermitsConsented")).toBeUndefined();
});

test("finalizers of others are kept, and one of ours that somebody took away is back", async () => {
  const cluster = clusterWith();
  change(cluster, withMeta({ finalizers: ["example.org/theirs"] }));
  await run(cluster);
  expect(access(cluster).metadata.finalizers).toEqual(["example.org/theirs", "serviceaccess.dev/permits"]);
  change(cluster, withMeta({ finalizers: [] }));
  expect(await run(cluster)).toEqual(["hold shop/db"]);
});

test("where the object cannot be held nothing is written elsewhere, and it says so", async () => {
  const cluster = clusterWith();
  const refused = { kind: "refused", reason: "Forbidden", message: "no right to patch" } as const;
  const through = answering(cluster, { "hold shop/db": refused });
  expect(await run(cluster, through)).toEqual(["apply shop/db-rights", "apply shop/db-permits"]);
  expect(said(cluster, "Programmed")).toContain(
    `False Forbidden: a/${REMOTE}: not written, because the object`,
  );
  expect(await run(cluster)).toEqual(["hold shop/db", "apply a/REMOTE"]);
});

test("an object that was held when the operator died before its first write gets the rest", async () => {
  const cluster = clusterWith();
  change(cluster, withMeta({ finalizers: ["serviceaccess.dev/permits"] }));
  expect(await run(cluster)).toContain("apply a/REMOTE");
  const none = clusterWith({ ...SPEC, permits: { dns: false } });
  change(none, withMeta({ finalizers: ["serviceaccess.dev/permits"] }));
  expect(await run(none)).toContain("release shop/db");
});

test("a suspended object writes nothing elsewhere, and is not held", async () => {
  const cluster = clusterWith({ ...SPEC, suspend: true });
  expect(await run(cluster)).toEqual([]);
});

test("a policy of somebody else under our name elsewhere is left alone", async () => {
  const theirs = policyOf(`a/${REMOTE}`, { podSelector: {}, policyTypes: ["Egress"] });
  const cluster = clusterWith(SPEC, { policies: [theirs] });
  expect(await run(cluster)).toEqual(["apply shop/db-rights", "apply shop/db-permits"]);
  expect(said(cluster, "Programmed")).toContain(`False Conflict: NetworkPolicy a/${REMOTE} is not ours`);
});

test("an object that was made again takes over what the old one left, without taking it away first", async () => {
  const cluster = clusterWith();
  await run(cluster);
  change(cluster, withMeta({ uid: "another", finalizers: [] }));
  const writes = await run(cluster);
  expect(writes.filter((write) => write.startsWith("remove"))).toEqual([]);
  expect(writes).toContain("apply a/REMOTE");
  expect(uidLabel(cluster.store.world.policies.get(`a/${REMOTE}`))).toBe("another");
});

test("a policy of ours elsewhere under an older name goes after the new one is there", async () => {
  const cluster = clusterWith();
  await run(cluster);
  const { metadata, ...rest } = policyAt(cluster, `a/${REMOTE}`);
  cluster.store.put({ kind: "NetworkPolicy", object: { ...rest, metadata: { ...metadata, name: "older" } } });
  cluster.store.remove("NetworkPolicy", `a/${REMOTE}`);
  expect(await run(cluster)).toEqual(["apply a/REMOTE", "remove a/older"]);
});

const MINE = { "serviceaccess.dev/owner-uid": "uid-of-db" };
const MANAGED = { "app.kubernetes.io/managed-by": "serviceaccess" };

test.each<[string, Labels]>([
  ["who manages it", { ...MINE, "app.kubernetes.io/managed-by": "somebody" }],
  ["whose it is", { ...MANAGED, "serviceaccess.dev/owner-name": "other" }],
  ["all but one of our labels", MANAGED],
  ["all but the uid", MINE],
])(
  "permits elsewhere in which somebody changed %s are restored, and go with their object",
  async (_, labels) => {
    const cluster = clusterWith();
    await run(cluster);
    const before = policyAt(cluster, `a/${REMOTE}`);
    relabel(cluster, labels);
    expect(await run(cluster)).toEqual(["apply a/REMOTE"]);
    expect(policyAt(cluster, `a/${REMOTE}`).metadata.labels).toEqual(before.metadata.labels);
    // The operator was away meanwhile: nobody has put the labels back.
    relabel(cluster, labels);
    annotate(cluster, "a", []);
    expect(await run(cluster)).toEqual(["remove a/REMOTE", "release shop/db"]);
  },
);

test("permits elsewhere without any sign of ours are nobody's, and that is said", async () => {
  const cluster = clusterWith();
  await run(cluster);
  relabel(cluster, {});
  expect(await run(cluster)).toEqual([]);
  expect(said(cluster, "Programmed")).toContain(`False Conflict: NetworkPolicy a/${REMOTE} is not ours`);
});

function relabel(cluster: InMemoryCluster, labels: Labels): void {
  const { metadata, ...rest } = policyAt(cluster, `a/${REMOTE}`);
  cluster.store.put({ kind: "NetworkPolicy", object: { ...rest, metadata: { ...metadata, labels } } });
}

test("where the Namespace cannot be read any more, what is there stays", async () => {
  const cluster = clusterWith();
  await run(cluster);
  const kind = { kind: "Namespace", namespace: "", name: "a" };
  cluster.store.remove("Namespace", "a");
  cluster.store.put({ kind: "Unreadable", object: { ...kind, reason: "metadata.labels: must be a map" } });
  expect(await run(cluster)).toEqual([]);
  expect(access(cluster).metadata.finalizers).toEqual(["serviceaccess.dev/permits"]);
});

test("nothing is made in a namespace of its own that is going away, and it says so", async () => {
  const cluster = clusterWith();
  await run(cluster);
  const going = { ...namespaceOf("shop", {}), terminating: true };
  cluster.store.put({ kind: "Namespace", object: going });
  cluster.store.remove("NetworkPolicy", "shop/db-rights");
  expect(await run(cluster)).toEqual([]);
  expect(said(cluster, "Programmed")).toBe(
    "False NamespaceTerminating: shop/db-rights is missing, and its namespace is going away",
  );
});

function policyAt(cluster: InMemoryCluster, key: string): NetworkPolicy {
  const found = cluster.store.world.policies.get(key);
  if (found === undefined) throw new Error(`${key} is not there`);
  return found;
}

function uidLabel(policy: NetworkPolicy | undefined): string | undefined {
  return policy?.metadata.labels?.["serviceaccess.dev/owner-uid"];
}
