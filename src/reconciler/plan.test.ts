import { expect, test } from "vitest";
import type { NetworkPolicy, ObjectMeta } from "../model/network-policy.ts";
import type { World } from "../model/world.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { simulate } from "./in-memory.ts";
import { planFor } from "./plan.ts";

const db = accessOf("shop/db", {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
});

/** What is planned when the rights have this metadata, after all was in order. */
async function planAfter(change: (metadata: ObjectMeta) => ObjectMeta): Promise<readonly string[]> {
  const { world } = await simulate(smallWorld({ accesses: [db] }), () => new Date(0));
  const rights = world.policies.get("shop/db-rights");
  if (rights === undefined) throw new Error("there are no rights");
  const plan = planFor(db, changed(world, { ...rights, metadata: change(rights.metadata) }));
  return [
    ...plan.actions.map(({ kind, policy }) => `${kind} ${policy.metadata.name}`),
    ...plan.conflicts.map(({ metadata }) => `conflict ${metadata.name}`),
  ];
}

function changed(world: World, policy: NetworkPolicy): World {
  return { ...world, policies: new Map(world.policies).set("shop/db-rights", policy) };
}

test("a policy that is as asked asks for nothing", async () => {
  expect(await planAfter((metadata) => metadata)).toEqual([]);
});

test("a policy that lost its labels is ours by its owner, and gets them back", async () => {
  expect(await planAfter((metadata) => ({ ...metadata, labels: {} }))).toEqual(["apply db-rights"]);
});

test("a policy that lost its owner is ours by its labels, and gets it back", async () => {
  expect(await planAfter((metadata) => ({ ...metadata, ownerReferences: [] }))).toEqual(["apply db-rights"]);
});

test("a policy that lost both is nobody's, and left alone", async () => {
  expect(await planAfter(({ namespace, name }) => ({ namespace, name }))).toEqual(["conflict db-rights"]);
});

test("a policy of another owner is not ours, whatever it is called", async () => {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "db", uid: "other", controller: true };
  const change = ({ namespace, name }: ObjectMeta) => ({ namespace, name, ownerReferences: [owner] });
  expect(await planAfter(change)).toEqual(["conflict db-rights"]);
});
