import { expect, test } from "vitest";
import { policyOf } from "../testing/small-world.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { createStore } from "./store.ts";

const RIGHTS = policyOf("shop/db-rights", { podSelector: {}, policyTypes: ["Ingress"] });

/** A cluster that holds the policy, and the policy as it is stored. */
async function withRights() {
  const cluster = inMemoryCluster(createStore());
  await cluster.applyPolicy(RIGHTS, undefined);
  return { cluster, stored: stored(cluster) };
}

function stored({ store }: InMemoryCluster) {
  const policy = store.world.policies.get("shop/db-rights");
  if (policy === undefined) throw new Error("shop/db-rights is not there");
  return policy;
}

test("a policy that somebody else has made in the meantime is not overwritten", async () => {
  const { cluster, stored } = await withRights();
  await expect(cluster.applyPolicy({ ...RIGHTS, spec: {} }, undefined)).rejects.toThrow("another object");
  expect(cluster.store.world.policies.get("shop/db-rights")).toBe(stored);
});

test("a policy keeps its uid and what others put beside our metadata, and gets a new version", async () => {
  const { cluster, stored: first } = await withRights();
  const noted = { ...first, metadata: { ...first.metadata, labels: { team: "a" } } };
  cluster.store.put({ kind: "NetworkPolicy", object: noted });
  await cluster.applyPolicy({ ...RIGHTS, metadata: { ...RIGHTS.metadata, labels: { ours: "b" } } }, noted);
  const { uid, resourceVersion, labels } = stored(cluster).metadata;
  expect({ uid, labels }).toEqual({ uid: first.metadata.uid, labels: { team: "a", ours: "b" } });
  expect(resourceVersion).not.toBe(first.metadata.resourceVersion);
});

test("a policy that has changed in the meantime is not removed, and one that is gone is no error", async () => {
  const { cluster, stored } = await withRights();
  await cluster.applyPolicy({ ...RIGHTS, spec: { podSelector: {} } }, stored);
  await expect(cluster.removePolicy(stored)).rejects.toThrow("shop/db-rights has changed by now");
  const now = cluster.store.world.policies.get("shop/db-rights") ?? stored;
  expect(await cluster.removePolicy(now)).toEqual({ kind: "removed" });
  expect(await cluster.removePolicy(now)).toEqual({ kind: "removed" });
  expect(cluster.changes.filter((change) => change.startsWith("remove"))).toHaveLength(1);
});
