import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import { answering } from "../testing/answering-cluster.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import type { Cluster, Obstacle, WriteResult } from "./cluster.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "db" };

function unwritten(): InMemoryCluster {
  const db = accessOf("shop/db", {
    target: { podSelector: { matchLabels: { app: "db" } } },
    ports: [{ port: 5432 }],
    permits: { dns: false },
  });
  return inMemoryCluster(storeOf(smallWorld({ accesses: [db] })));
}

/** What is said of the object: `Programmed False Forbidden`, and whether it goes on or has come to a stop. */
function said({ store }: InMemoryCluster): readonly string[] {
  const conditions = store.world.accesses.get("shop/db")?.status?.conditions ?? [];
  const told = conditions.filter(({ type }) => ["Programmed", "Reconciling", "Stalled"].includes(type));
  return told.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

/** A cluster that answers so to the first write, and means this by what it throws. */
function answersWith(cluster: InMemoryCluster, answer: WriteResult | Error, obstacle?: Obstacle): Cluster {
  return { ...answering(cluster, { "apply shop/db-rights": answer }), obstacle: () => obstacle };
}

async function turn(cluster: Cluster): Promise<unknown> {
  return await reconcile(KEY, cluster, () => new Date(0)).catch((error: unknown) => error);
}

test.each([
  ["Forbidden", "Reconciling"],
  ["NotFound", "Reconciling"],
  ["NamespaceTerminating", "Reconciling"],
  ["Invalid", "Stalled"],
] as const)(
  "a write refused as %s leaves the object %s, and the other one is done",
  async (reason, progress) => {
    const cluster = unwritten();
    const refused = { kind: "refused", reason, message: "because" } as const;
    expect(await turn(answersWith(cluster, refused))).toBe("waiting");
    expect(cluster.changes).toEqual(["apply shop/db-permits", "status shop/db"]);
    expect(said(cluster)).toEqual([`Programmed False ${reason}`, `${progress} True ${reason}`]);
    expect(await turn(cluster)).toBe("ready");
    expect(said(cluster)).toEqual(["Programmed True Applied"]);
  },
);

test.each(["Throttled", "Unavailable", "Unauthorized"] as const)(
  "of a server in trouble, %s, the object says so, and the queue is told to try again",
  async (reason) => {
    const cluster = unwritten();
    const error = new Error("not now");
    const broken = answersWith(cluster, error, { reason, message: "not now" });
    expect(await turn(broken)).toBe("waiting");
    expect(cluster.changes).toEqual(["status shop/db"]);
    expect(said(cluster)).toEqual([`Programmed False ${reason}`, `Reconciling True ${reason}`]);
    expect(cluster.store.programmed.get(keyText(KEY))?.failure).toBe(error);
    expect(await turn(broken)).toBe("waiting");
    expect(cluster.changes).toEqual(["status shop/db"]);
    expect(await turn(cluster)).toBe("ready");
    expect(cluster.store.programmed.get(keyText(KEY))?.failure).toBeUndefined();
  },
);

test("where somebody was faster nothing is said, and the next look begins with what is there then", async () => {
  const cluster = unwritten();
  const error = new Error("it has changed");
  expect(await turn(answersWith(cluster, error))).toBe(error);
  expect(cluster.changes).toEqual([]);
  expect(await turn(cluster)).toBe("ready");
});

test("a policy that is refused is not tried in another form in the same turn", async () => {
  const spec: ServiceAccessSpec = {
    target: { podSelector: { matchLabels: { app: "db" } } },
    ports: [{ port: 5432 }],
    rights: { egress: [{ to: [{ preset: "World" }], ports: [{ port: 443 }] }] },
    permits: { dns: false },
  };
  const pods = { "shop/db-0": { labels: { app: "db", "netpol/db": "true" } } };
  const cluster = inMemoryCluster(storeOf(smallWorld({ pods, accesses: [accessOf("shop/db", spec)] })));
  const refused = { kind: "refused", reason: "Forbidden", message: "because" } as const;
  const asked: string[] = [];
  const through = answersWith(cluster, refused);
  await turn({
    ...through,
    applyPolicy: (policy, observed) => {
      asked.push(policy.metadata.name);
      return through.applyPolicy(policy, observed);
    },
  });
  expect(asked).toEqual(["db-rights", "db-permits"]);
  await turn(cluster);
  expect(cluster.store.world.policies.get("shop/db-rights")?.spec.egress).toHaveLength(1);
});
