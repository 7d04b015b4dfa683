import { expect, test } from "vitest";
import { parseRange } from "../core/addresses.ts";
import { check } from "../core/check.ts";
import { keyText } from "../model/key.ts";
import type { NameStatus, ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "web" };
const SITE = "www.example";

type To = NonNullable<NonNullable<ServiceAccessSpec["rights"]>["egress"]>[number]["to"];

async function clusterFor(...to: To): Promise<InMemoryCluster> {
  const access = accessOf("shop/web", {
    target: { podSelector: { matchLabels: { app: "web" } } },
    rights: { policyTypes: ["Egress"], egress: [{ to, ports: [{ port: 80 }] }] },
    permits: { policy: "None" },
  });
  const other = accessOf("shop/other", { target: { podSelector: { matchLabels: { app: "other" } } } });
  const pods = { "shop/web": { ips: ["10.0.0.1"], labels: { app: "web" } } };
  const cluster = inMemoryCluster(storeOf(smallWorld({ pods, accesses: [access, other] })));
  for (const name of ["web", "other"]) await reconcile({ ...KEY, name }, cluster, now);
  return cluster;
}

const now = () => new Date("2026-11-21T08:00:00Z");

function entry(name: string, reason: NameStatus["reason"], ...addresses: readonly string[]): NameStatus {
  return {
    name,
    reason,
    answers: addresses.map((address) => ({ address, lastSeen: "2026-11-21T08:00:00Z" })),
  };
}

/** A name is answered: whom that concerns, and what is written then. */
async function answer(cluster: InMemoryCluster, object: NameStatus): Promise<readonly string[]> {
  const change = cluster.store.put({ kind: "ResolvedName", object });
  if (change === undefined) return ["no news"];
  const before = cluster.changes.length;
  const affected = affectedBy(change, cluster.store);
  for (const { key } of affected) await reconcile(key, cluster, now);
  return [...affected.map(({ key, lane }) => `${lane} ${keyText(key)}`), ...cluster.changes.slice(before)];
}

/** What the pod of the object gets to on port 80. */
function reaches(cluster: InMemoryCluster, address: string): string {
  const range = parseRange(address);
  const pod = cluster.store.world.pods.get("shop/web");
  if (range === undefined || pod === undefined) throw new Error(`no such ends: ${address}`);
  const to = { kind: "address", address: range } as const;
  const port = { protocol: "TCP", port: 80 } as const;
  return check(cluster.store.evaluator(), { kind: "pod", pod }, to, port).verdict;
}

function said(cluster: InMemoryCluster, type: string): string | undefined {
  const found = cluster.store.world.accesses.get("shop/web")?.status?.conditions;
  const claim = found?.find((each) => each.type === type);
  return claim === undefined ? undefined : `${claim.status} ${claim.reason}: ${claim.message}`;
}

test("K3i: what a name has moved to is open as soon as it is answered, and nothing before", async () => {
  const cluster = await clusterFor({ names: { fqdns: [SITE] } });
  expect(reaches(cluster, "106.11.1.1")).toBe("Denied");
  expect(said(cluster, "NamesResolved")).toBe("False Pending: www.example was not answered yet");

  expect(await answer(cluster, entry(SITE, "Resolved", "106.11.1.1"))).toEqual([
    "in turn shop/web",
    // Whoever takes over in between begins with what the status says.
    "status shop/web",
    "apply shop/web-rights",
    "status shop/web",
  ]);
  expect([reaches(cluster, "106.11.1.1"), reaches(cluster, "106.11.5.1")]).toEqual(["Allowed", "Denied"]);

  await answer(cluster, entry(SITE, "Resolved", "106.11.1.1", "106.11.5.1"));
  expect(["106.11.1.1", "106.11.5.1"].map((address) => reaches(cluster, address))).toEqual([
    "Allowed",
    "Allowed",
  ]);
  expect(said(cluster, "NamesResolved")).toBe(
    "True Resolved: 1 name with 2 addresses; other names on the same addresses are reachable as well",
  );
});

test("C6: what an excepted name has moved to is left out as soon as it is answered, and that it may be late is said", async () => {
  const cluster = await clusterFor({ preset: "World", except: { names: [SITE] } });
  expect([reaches(cluster, "93.184.215.14"), reaches(cluster, "8.8.8.8")]).toEqual(["Denied", "Denied"]);

  await answer(cluster, entry(SITE, "Resolved", "93.184.215.14"));
  const addresses = ["93.184.215.14", "93.184.215.99", "8.8.8.8"];
  expect(addresses.map((address) => reaches(cluster, address))).toEqual(["Denied", "Allowed", "Allowed"]);
  expect(said(cluster, "ExclusionBestEffort")).toMatch(/^True AddressesChange: www.example: only addresses /);

  await answer(cluster, entry(SITE, "Resolved", "93.184.215.14", "93.184.215.99"));
  expect(addresses.map((address) => reaches(cluster, address))).toEqual(["Denied", "Denied", "Allowed"]);
});

test("while nobody answers the policy stays, and so does the readiness; a name that is gone is not ready", async () => {
  const cluster = await clusterFor({ names: { fqdns: [SITE] } });
  await answer(cluster, entry(SITE, "Resolved", "106.11.1.1"));
  expect(await answer(cluster, entry(SITE, "Stale", "106.11.1.1"))).toEqual([
    "in turn shop/web",
    "status shop/web",
  ]);
  expect(said(cluster, "Ready")).toBe("True Reconciled: every policy is as asked");
  expect(said(cluster, "NamesResolved")).toMatch(/^False Stale: /);

  await answer(cluster, entry(SITE, "NotFound"));
  expect(reaches(cluster, "106.11.1.1")).toBe("Denied");
  expect(said(cluster, "Ready")).toBe("False NotFound: www.example does not exist");
});

test("an answer that says the same later is not written", async () => {
  const cluster = await clusterFor({ names: { fqdns: [SITE] } });
  await answer(cluster, entry(SITE, "Resolved", "106.11.1.1"));
  const later = {
    ...entry(SITE, "Resolved"),
    answers: [{ address: "106.11.1.1", lastSeen: "2026-11-22T08:00:00Z" }],
  };
  expect(await answer(cluster, later)).toEqual(["in turn shop/web"]);
});

test("answers that no name may lead to are said, and one that is the only one is what the object lacks", async () => {
  const cluster = await clusterFor({ names: { fqdns: [SITE, "api.example"] } });
  await answer(cluster, entry("api.example", "Resolved", "106.11.1.1"));
  await answer(cluster, entry(SITE, "Resolved", "10.0.0.1", "106.11.1.1"));
  const findings = cluster.store.world.accesses.get("shop/web")?.status?.findings ?? [];
  expect(findings.map(({ type, object }) => `${type} ${object}`)).toEqual(
    expect.arrayContaining(["NameAddressRefused DNS/www.example", "NamesShareAddress DNS/api.example"]),
  );
  await answer(cluster, entry(SITE, "Resolved", "169.254.169.254"));
  expect(said(cluster, "NamesResolved")).toMatch(
    /^False AddressesRefused: www.example answers only 169.254.169.254/,
  );
  expect(reaches(cluster, "169.254.169.254")).toBe("Denied");
});

test("a name of a pod's own address is a block, which not every plugin holds against pods, and that is said", async () => {
  const cluster = await clusterFor({ names: { fqdns: [SITE], allowPrivate: true } });
  await answer(cluster, entry(SITE, "Resolved", "10.0.0.1"));
  expect(said(cluster, "Portable")).toMatch(
    /^False PluginsDiffer: 10\.0\.0\.1\/32 holds addresses of pods, which cilium/,
  );
});
