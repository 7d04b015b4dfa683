import { expect, test } from "vitest";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { Unreadable } from "../model/world.ts";
import { accessOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const KEY = { namespace: "shop", name: "db" };
const PODS: WorldSketch = {
  pods: {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" } },
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" } },
  },
};

function unread(kind: string, namespace: string, name: string): Unreadable {
  return { kind, namespace, name, reason: "spec: must be an object" };
}

/** What the conditions are with this object among the others. */
async function conditions(
  object: Unreadable | undefined,
  spec = SPEC,
): Promise<Readonly<Record<string, string>>> {
  const world = smallWorld({ ...PODS, accesses: [accessOf("shop/db", spec)] });
  const cluster = inMemoryCluster(storeOf(world));
  if (object !== undefined) cluster.store.put({ kind: "Unreadable", object });
  await reconcile(KEY, cluster, () => new Date(0));
  return said(cluster);
}

function said({ store }: InMemoryCluster): Readonly<Record<string, string>> {
  const found = store.world.accesses.get("shop/db")?.status?.conditions ?? [];
  return Object.fromEntries(
    found.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

test("a NetworkPolicy that cannot be read leaves open whether others get in, and is named", async () => {
  expect((await conditions(undefined))["Exclusive"]).toMatch(/^True/);
  const told = await conditions(unread("NetworkPolicy", "shop", "broken"));
  expect(told["Exclusive"]).toMatch(
    /^Unknown Undetermined: .*shop\/broken.*; NetworkPolicy shop\/broken is there and cannot be read: spec: must be an object$/,
  );
  // What our policies let pass surely stays so, for policies add up.
  expect(told["Effective"]).toMatch(/^True/);
});

test("in another namespace it changes what its pods may send, and nothing of those that are not there", async () => {
  const told = await conditions(unread("NetworkPolicy", "far", "broken"));
  expect([told["Exclusive"], told["Effective"]]).toEqual([
    expect.stringMatching(/^True/),
    expect.stringMatching(/^True/),
  ]);
});

test("a cluster-scoped policy that cannot be read leaves everything open", async () => {
  const told = await conditions(unread("ClusterNetworkPolicy", "", "broken"));
  expect(told["Effective"]).toMatch(/^Unknown Undetermined: .*ClusterNetworkPolicy\/broken/);
  expect(told["Exclusive"]).toMatch(/^Unknown Undetermined: .*ClusterNetworkPolicy\/broken/);
});

test("a pod that cannot be read may be a client or a stranger", async () => {
  const told = await conditions(unread("Pod", "shop", "odd"));
  const expected = "Unknown Unreadable: Pod shop/odd is there and cannot be read: spec: must be an object";
  expect([told["Effective"], told["Exclusive"]]).toEqual([expected, expected]);
  expect(told["Ready"]).toMatch(/^True/);
});

test("who misses a Service learns that it is there and cannot be read", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, target: { service: { name: "db" } } };
  expect((await conditions(unread("Service", "shop", "db"), spec))["Ready"]).toBe(
    "False ServiceNotFound: target.service: there is no Service shop/db; Service shop/db is there and cannot be read: spec: must be an object",
  );
});

test("once it can be read, everything is known again", async () => {
  const cluster = inMemoryCluster(storeOf(smallWorld({ ...PODS, accesses: [accessOf("shop/db", SPEC)] })));
  const broken = unread("NetworkPolicy", "shop", "broken");
  cluster.store.put({ kind: "Unreadable", object: broken });
  await reconcile(KEY, cluster, () => new Date(0));
  cluster.store.remove("Unreadable", "NetworkPolicy shop/broken");
  await reconcile(KEY, cluster, () => new Date(0));
  expect(said(cluster)["Exclusive"]).toMatch(/^True/);
});

test("permits in a namespace that cannot be read stay as they are", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, permits: { dns: false, namespaces: { names: ["far"] } } };
  const cluster = inMemoryCluster(storeOf(smallWorld({ ...PODS, accesses: [accessOf("shop/db", spec)] })));
  const far = { ...namespaceOf("far", {}), acceptsPermitsFrom: ["shop"] };
  cluster.store.put({ kind: "Namespace", object: far });
  await reconcile(KEY, cluster, () => new Date(0));
  const policies = [...cluster.store.world.policies.keys()];
  expect(policies.filter((key) => key.startsWith("far/"))).toHaveLength(1);

  cluster.store.remove("Namespace", "far");
  cluster.store.put({ kind: "Unreadable", object: unread("Namespace", "", "far") });
  await reconcile(KEY, cluster, () => new Date(0));
  expect([...cluster.store.world.policies.keys()]).toEqual(policies);

  cluster.store.remove("Unreadable", "Namespace far");
  cluster.store.put({ kind: "Namespace", object: { ...far, acceptsPermitsFrom: [] } });
  await reconcile(KEY, cluster, () => new Date(0));
  expect([...cluster.store.world.policies.keys()].filter((key) => key.startsWith("far/"))).toEqual([]);
});
