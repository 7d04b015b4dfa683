import { expect, test } from "vitest";
import { ownershipLabels } from "../generator/names.ts";
import type { Labels } from "../model/labels.ts";
import type { NetworkPolicy, ObjectMeta } from "../model/network-policy.ts";
import { accessOf, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { inMemoryCluster } from "./in-memory.ts";
import { orphansIn, sweep } from "./orphans.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const GONE = { namespace: "shop", name: "gone", uid: "uid-of-gone" };
const LABELS = ownershipLabels(GONE, "permits");

function left(metadata: Partial<ObjectMeta> = {}, key = "a/gone-permits-x"): NetworkPolicy {
  const policy = policyOf(key, { podSelector: {}, policyTypes: ["Egress"] });
  return {
    ...policy,
    metadata: { ...policy.metadata, uid: "1", resourceVersion: "1", labels: LABELS, ...metadata },
  };
}

function found(policy: NetworkPolicy, more: WorldSketch = {}): boolean {
  return orphansIn(smallWorld({ ...more, policies: [policy] })).length > 0;
}

const without = (name: string): Labels =>
  Object.fromEntries(Object.entries(LABELS).filter(([key]) => !key.endsWith(name)));
const owner = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "2" };

test("permits elsewhere of an object that is gone are an orphan", () => {
  expect(found(left())).toBe(true);
});

test.each<[string, NetworkPolicy, WorldSketch?]>([
  ["its object is there", left(), { accesses: [accessOf("shop/gone", { target: { podSelector: {} } })] }],
  [
    "an object was made again under its name, and takes it over",
    left({ labels: { ...LABELS, "serviceaccess.dev/owner-uid": "older" } }),
    { accesses: [accessOf("shop/gone", { target: { podSelector: {} } })] },
  ],
  [
    "somebody changed the name in its labels, but its object is there by the uid",
    left({ labels: { ...LABELS, "serviceaccess.dev/owner-name": "other" } }),
    { accesses: [accessOf("shop/gone", { target: { podSelector: {} } })] },
  ],
  ["somebody else manages it", left({ labels: { ...LABELS, "app.kubernetes.io/managed-by": "helm" } })],
  ["nobody says who manages it", left({ labels: without("managed-by") })],
  ["it does not say the uid", left({ labels: without("owner-uid") })],
  ["it does not say the object", left({ labels: without("owner-name") })],
  ["it does not say where the object was", left({ labels: without("owner-namespace") })],
  ["it does not say which half it is", left({ labels: without("half") })],
  ["it has an owner, so that it is the garbage collector's", left({ ownerReferences: [owner] })],
  ["it lies beside where its object was", left({}, "shop/gone-permits")],
  ["it is going away", left({ deletionTimestamp: "2026-11-21T08:00:00Z" })],
  ["its namespace is going away", left(), { terminating: ["a"] }],
  ["it has no labels", left({ labels: {} })],
])("a policy is no orphan where %s", (_, policy, more = {}) => {
  expect(found(policy, more)).toBe(false);
});

test("a sweep removes orphans and nothing else", async () => {
  const theirs = left({ labels: { ...LABELS, "app.kubernetes.io/managed-by": "me" } }, "b/copied");
  const cluster = inMemoryCluster(storeOf(smallWorld({ policies: [left(), theirs] })));
  expect(await sweep(orphansIn(cluster.store.world), cluster)).toEqual([]);
  expect(cluster.changes).toEqual(["remove a/gone-permits-x"]);
});

test("nothing is removed while the API has the object, whatever our watch has seen", async () => {
  const cluster = inMemoryCluster(storeOf(smallWorld({ policies: [left()] })));
  const behind = { ...cluster, isGone: () => Promise.resolve(false) };
  await sweep(orphansIn(cluster.store.world), behind);
  expect(cluster.changes).toEqual([]);
});

test("an orphan that somebody changes in the meantime is left for the next time", async () => {
  const cluster = inMemoryCluster(storeOf(smallWorld({ policies: [left()] })));
  const orphans = orphansIn(cluster.store.world);
  cluster.store.put({ kind: "NetworkPolicy", object: left({ resourceVersion: "2" }) });
  expect(await sweep(orphans, cluster)).toMatchObject([{ reason: "Failed" }]);
  expect(cluster.changes).toEqual([]);
});

test("what an object leaves whose finalizer was taken away goes when the object is seen to be gone", async () => {
  const cluster = inMemoryCluster(storeOf(smallWorld({ policies: [left()] })));
  await reconcile(GONE, cluster, () => new Date());
  expect(cluster.changes).toEqual(["remove a/gone-permits-x"]);
});
