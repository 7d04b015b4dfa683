import { expect, test } from "vitest";
import { permitsNameElsewhere } from "../generator/names.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { type Answers, answering } from "../testing/answering-cluster.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "db" };
const REMOTE = permitsNameElsewhere(KEY);

/** A cluster with policies in two other namespaces, whose object was deleted at 08:00. */
async function leaving(more: Partial<ServiceAccess["metadata"]> = {}): Promise<InMemoryCluster> {
  const access = accessOf("shop/db", {
    target: { podSelector: {} },
    ports: [{ port: 80 }],
    permits: { dns: false, namespaces: { names: ["a", "b"] } },
  });
  const cluster = inMemoryCluster(
    storeOf(
      smallWorld({ accesses: [access], namespaces: { a: {}, b: {} }, accepts: { a: ["*"], b: ["*"] } }),
    ),
  );
  await reconcile(KEY, cluster, () => new Date("2026-11-21T07:00:00Z"));
  const object = cluster.store.world.accesses.get("shop/db") ?? access;
  const metadata = { ...object.metadata, deletionTimestamp: "2026-11-21T08:00:00Z", ...more };
  cluster.store.put({ kind: "ServiceAccess", object: { ...object, metadata } });
  return cluster;
}

async function run(cluster: InMemoryCluster, at: string, answers: Answers = {}): Promise<readonly string[]> {
  const before = cluster.changes.length;
  await reconcile(KEY, answering(cluster, answers), () => new Date(`2026-11-21T${at}:00Z`));
  return cluster.changes.slice(before).map((change) => change.replace(REMOTE, "REMOTE"));
}

const FORBIDDEN: Answers = {
  [`remove a/${REMOTE}`]: { kind: "refused", reason: "Forbidden", message: "no right to delete" },
};
const BROKEN: Answers = { [`remove a/${REMOTE}`]: new Error("webhook does not answer") };

test("a deleted object takes its policies elsewhere with it before it goes", async () => {
  const cluster = await leaving();
  expect(await run(cluster, "08:00")).toEqual(["remove a/REMOTE", "remove b/REMOTE", "release shop/db"]);
  expect(cluster.store.world.accesses.size).toBe(0);
  expect(await run(cluster, "08:01")).toEqual([]);
});

test("suspended or not", async () => {
  const cluster = await leaving();
  const object = cluster.store.world.accesses.get("shop/db");
  if (object === undefined) throw new Error("gone");
  cluster.store.put({
    kind: "ServiceAccess",
    object: { ...object, spec: { ...object.spec, suspend: true } },
  });
  expect(await run(cluster, "08:00")).toContain("release shop/db");
});

test("finalizers of others keep it, but not ours", async () => {
  const cluster = await leaving({ finalizers: ["example.org/theirs", "serviceaccess.dev/permits"] });
  await run(cluster, "08:00");
  expect(cluster.store.world.accesses.get("shop/db")?.metadata.finalizers).toEqual(["example.org/theirs"]);
  expect(await run(cluster, "08:01")).toEqual([]);
});

test("a namespace that is going away, or gone, keeps nobody waiting", async () => {
  const cluster = await leaving();
  cluster.store.put({ kind: "Namespace", object: { ...namespaceOf("a", {}), terminating: true } });
  cluster.store.remove("NetworkPolicy", `b/${REMOTE}`);
  cluster.store.remove("Namespace", "b");
  expect(await run(cluster, "08:00")).toEqual(["release shop/db"]);
});

test("what cannot be removed is said once, tried again, and ends when it may be removed", async () => {
  const cluster = await leaving();
  expect(await run(cluster, "08:00", FORBIDDEN)).toEqual(["remove b/REMOTE", "status shop/db"]);
  const said = cluster.store.world.accesses.get("shop/db")?.status?.conditions?.at(-1);
  expect(said).toMatchObject({ type: "PermitsRemoved", status: "False", reason: "Forbidden" });
  expect(said?.message).toBe(`the object is kept because a/${REMOTE} cannot be removed: no right to delete`);
  expect(await run(cluster, "08:05", FORBIDDEN)).toEqual([]);
  const otherwise = { kind: "refused", reason: "Forbidden", message: "still no right" } as const;
  expect(await run(cluster, "08:06", { [`remove a/${REMOTE}`]: otherwise })).toEqual(["status shop/db"]);
  expect(cluster.told.filter((text) => text.startsWith("Warning PermitsNotRemoved"))).toHaveLength(1);
  expect(await run(cluster, "08:09")).toEqual(["remove a/REMOTE", "release shop/db"]);
});

test("after ten minutes of refusals the object goes, and what it leaves is told", async () => {
  const cluster = await leaving();
  await run(cluster, "08:00", FORBIDDEN);
  expect(await run(cluster, "08:09", FORBIDDEN)).toEqual([]);
  expect(await run(cluster, "08:10", FORBIDDEN)).toEqual(["release shop/db"]);
  expect(cluster.told.at(-1)).toContain(
    `Warning PermitsLeftBehind shop/db: the object goes though a/${REMOTE}`,
  );
});

test("an operator that was away for long says it first and tries for a while", async () => {
  const cluster = await leaving();
  expect(await run(cluster, "08:30", FORBIDDEN)).toEqual(["remove b/REMOTE", "status shop/db"]);
  expect(await run(cluster, "08:35", FORBIDDEN)).toEqual(["release shop/db"]);
});

test("what fails is for the queue to try again, but not for ever", async () => {
  const cluster = await leaving();
  await expect(run(cluster, "08:01", BROKEN)).rejects.toThrow("webhook does not answer");
  await expect(run(cluster, "08:59", BROKEN)).rejects.toThrow("webhook does not answer");
  expect(await run(cluster, "09:00", BROKEN)).toEqual(["release shop/db"]);
  expect(cluster.told.at(-1)).toContain("Warning PermitsLeftBehind shop/db");
});

test("an object that cannot be let go says so", async () => {
  const cluster = await leaving();
  const refused = { kind: "refused", reason: "Forbidden", message: "no right to patch" } as const;
  const answers = { "release shop/db": refused };
  expect(await run(cluster, "08:00", answers)).toEqual([
    "remove a/REMOTE",
    "remove b/REMOTE",
    "status shop/db",
  ]);
  expect(await run(cluster, "08:05")).toEqual(["release shop/db"]);
});
