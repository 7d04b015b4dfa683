import { expect, test } from "vitest";
import type { Condition, ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, policyOf, smallWorld } from "../testing/small-world.ts";
import { answering } from "../testing/answering-cluster.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";
import { tellOfStatus } from "./tidings.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const NOT_OURS = "is not ours and is left alone";

test("policies that are made are told in one Event, and an object at rest tells nothing", async () => {
  const cluster = clusterWith(SPEC);
  expect(await told(cluster)).toEqual([
    "Normal PolicyCreated shop/db: created shop/db-rights, shop/db-permits",
  ]);
  expect(await told(cluster)).toEqual([]);
});

test("what is changed and what is removed are told apart", async () => {
  const cluster = clusterWith(SPEC);
  await told(cluster);
  change(cluster, { ...SPEC, ports: [{ port: 1 }], permits: { policy: "None" } });
  expect(await told(cluster)).toEqual([
    "Normal PolicyChanged shop/db: changed shop/db-rights",
    "Normal PolicyRemoved shop/db: removed shop/db-permits",
  ]);
});

test("a policy that we were given is told as one that we took over", async () => {
  const given = policyOf("shop/db-rights", { podSelector: {} });
  const annotations = { "serviceaccess.dev/adopt": "true" };
  const cluster = clusterWith(SPEC, [{ ...given, metadata: { ...given.metadata, annotations } }]);
  expect(await told(cluster)).toEqual([
    "Normal PolicyCreated shop/db: created shop/db-permits",
    "Normal PolicyAdopted shop/db: took over shop/db-rights",
  ]);
});

test("a conflict is told when it begins, and that it is over", async () => {
  const cluster = clusterWith(SPEC, [policyOf("shop/db-rights", { podSelector: {} })]);
  const first = await told(cluster);
  expect(first.map((line) => line.split(": ")[0])).toEqual([
    "Normal PolicyCreated shop/db",
    "Warning Conflict shop/db",
  ]);
  expect(first[1]).toContain(NOT_OURS);
  expect(await told(cluster)).toEqual([]);
  cluster.store.remove("NetworkPolicy", "shop/db-rights");
  expect(await told(cluster)).toEqual([
    "Normal PolicyCreated shop/db: created shop/db-rights",
    "Normal Ready shop/db: every policy is as asked",
  ]);
});

test("a write that is refused is a warning with the API server's words, once", async () => {
  const cluster = clusterWith(SPEC);
  const no = { kind: "refused", reason: "Forbidden", message: "quota is used up" } as const;
  const refusing = answering(cluster, { "apply shop/db-rights": no });
  expect(await told(cluster, refusing)).toEqual([
    "Normal PolicyCreated shop/db: created shop/db-permits",
    "Warning Forbidden shop/db: shop/db-rights: quota is used up",
  ]);
  expect(await told(cluster, refusing)).toEqual([]);
});

test("to be suspended is no warning", () => {
  const cluster = inMemoryCluster();
  const conditions = [ready("False", "Suspended")];
  tellOfStatus(accessOf("shop/db", SPEC), { conditions }, cluster);
  expect(cluster.told).toEqual(["Normal Suspended shop/db: it is so"]);
});

test("who is not Ready for the same reason as before tells nothing, whatever else has changed", () => {
  const cluster = inMemoryCluster();
  const conditions = [ready("False", "Conflict")];
  const access = { ...accessOf("shop/db", SPEC), status: { conditions, summary: "before" } };
  tellOfStatus(access, { conditions, summary: "after" }, cluster);
  expect(cluster.told).toEqual([]);
});

function ready(status: Condition["status"], reason: string): Condition {
  const lastTransitionTime = "2026-11-21T08:00:00Z";
  return { type: "Ready", status, reason, message: "it is so", lastTransitionTime };
}

function clusterWith(spec: ServiceAccessSpec, policies: readonly ReturnType<typeof policyOf>[] = []) {
  return inMemoryCluster(storeOf(smallWorld({ accesses: [accessOf("shop/db", spec)], policies })));
}

function change(cluster: InMemoryCluster, spec: ServiceAccessSpec): void {
  const access = cluster.store.world.accesses.get("shop/db");
  if (access !== undefined) cluster.store.put({ kind: "ServiceAccess", object: { ...access, spec } });
}

/** What one run tells. */
async function told(cluster: InMemoryCluster, through: Parameters<typeof reconcile>[1] = cluster) {
  const before = cluster.told.length;
  await reconcile({ namespace: "shop", name: "db" }, through, () => new Date("2026-11-21T08:00:00Z"));
  return cluster.told.slice(before);
}
