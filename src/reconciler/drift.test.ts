import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { FieldManager, NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";
import type { ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "shop", name: "db" };
const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};

/** A cluster in which the object is as asked, and its clock, in seconds. */
async function settled(spec: ServiceAccessSpec = SPEC) {
  const cluster = inMemoryCluster(storeOf(smallWorld({ accesses: [accessOf("shop/db", spec)] })));
  const turn = async (seconds: number): Promise<readonly string[]> => {
    const before = cluster.changes.length;
    await reconcile(KEY, cluster, () => new Date(seconds * 1000));
    return cluster.changes.slice(before);
  };
  await turn(0);
  return { cluster, turn };
}

/** Writes a policy as the API server has it when these managers have written these fields. */
function edit(
  { store }: InMemoryCluster,
  name: string,
  managers: readonly FieldManager[],
  change: Partial<NetworkPolicySpec> | ((policy: NetworkPolicy) => NetworkPolicy),
): void {
  const found = store.world.policies.get(`shop/${name}`);
  if (found === undefined) throw new Error(`there is no ${name}`);
  const changed =
    typeof change === "function" ? change(found) : { ...found, spec: { ...found.spec, ...change } };
  const metadata = { ...changed.metadata, ...(managers.length === 0 ? {} : { managers }) };
  store.put({ kind: "NetworkPolicy", object: { ...changed, metadata } });
}

function by(name: string, ...fields: readonly string[]): FieldManager {
  return { name, fields };
}

function access({ store }: InMemoryCluster): ServiceAccess {
  const found = store.world.accesses.get("shop/db");
  if (found === undefined) throw new Error("there is no ServiceAccess shop/db");
  return found;
}

function respec(cluster: InMemoryCluster, spec: ServiceAccessSpec): void {
  const { metadata, ...rest } = access(cluster);
  const generation = (metadata.generation ?? 0) + 1;
  cluster.store.put({
    kind: "ServiceAccess",
    object: { ...rest, metadata: { ...metadata, generation }, spec },
  });
}

/** `False Restored: …` */
function said(cluster: InMemoryCluster, type = "Drifted"): string | undefined {
  const found = access(cluster).status?.conditions?.find((condition) => condition.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
}

function drifts({ told }: InMemoryCluster): readonly string[] {
  return told.filter((line) => /PolicyRestored|PolicyContested/.test(line));
}

const OPENED = { ingress: [{}] };

function withoutLabel({ metadata, ...rest }: NetworkPolicy): NetworkPolicy {
  const { "serviceaccess.dev/half": _half, ...labels } = metadata.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels } };
}

test.each<[string, readonly FieldManager[], Parameters<typeof edit>[3], string]>([
  [
    "a field",
    [by("kubectl-edit", "spec.ingress")],
    OPENED,
    "kubectl-edit changed spec.ingress of shop/db-rights",
  ],
  [
    "two fields by two",
    [
      by("helm", "spec.egress"),
      by("argocd", "spec.ingress", "metadata.labels[team]"),
      by("other", "spec.podSelector2"),
    ],
    { ...OPENED, egress: [{}] },
    "argocd, helm changed spec.ingress, spec.egress of shop/db-rights",
  ],
  [
    "the policy types",
    [by("kubectl-patch", "spec.policyTypes")],
    { policyTypes: ["Ingress", "Egress"] },
    "kubectl-patch changed spec.policyTypes of shop/db-rights",
  ],
  ["a label away", [], withoutLabel, "metadata.labels[serviceaccess.dev/half] of shop/db-rights was changed"],
])(
  "a condition and an Event say who changed %s, and the next generation starts afresh",
  async (_, managers, change, text) => {
    const { cluster, turn } = await settled();
    const toldBefore = cluster.told.length;
    edit(cluster, "db-rights", managers, change);
    expect(await turn(1)).toEqual(["apply shop/db-rights", "status shop/db"]);
    expect(said(cluster)).toBe(`False Restored: ${text}`);
    expect(cluster.told.slice(toldBefore)).toEqual([
      `Warning PolicyRestored shop/db: ${text}, and has been restored`,
    ]);
    expect(await turn(2)).toEqual([]);
    respec(cluster, { ...SPEC, ports: [{ port: 80 }] });
    await turn(3);
    expect(said(cluster)).toBeUndefined();
    expect(drifts(cluster)).toHaveLength(1);
  },
);

test("a deleted policy is restored, and said to have been deleted, even by an operator that was away", async () => {
  const { cluster, turn } = await settled();
  cluster.store.programmed.clear();
  cluster.store.remove("NetworkPolicy", "shop/db-permits");
  expect(await turn(1)).toEqual(["apply shop/db-permits", "status shop/db"]);
  expect(said(cluster)).toBe("False Restored: shop/db-permits was deleted");
});

test("after a restart, too, it is known who wrote a field, and what the condition said is said on", async () => {
  const { cluster, turn } = await settled();
  cluster.store.programmed.clear();
  edit(cluster, "db-rights", [by("kubectl", "spec.ingress")], OPENED);
  await turn(1);
  expect(said(cluster)).toBe("False Restored: kubectl changed spec.ingress of shop/db-rights");
  cluster.store.programmed.clear();
  expect(await turn(2)).toEqual([]);
});

test("what the object itself asks for by now is no drift, and a foreign manager that changes nothing is none", async () => {
  const { cluster, turn } = await settled();
  edit(cluster, "db-rights", [by("flux", "metadata.labels[team]")], {});
  expect(await turn(1)).toEqual([]);
  respec(cluster, { ...SPEC, ports: [{ port: 80 }] });
  expect(await turn(2)).toEqual(["apply shop/db-rights", "apply shop/db-permits", "status shop/db"]);
  expect(said(cluster)).toBeUndefined();
  expect(drifts(cluster)).toEqual([]);
});

test("while an object is suspended its drift stands, and is said", async () => {
  const { cluster, turn } = await settled();
  respec(cluster, { ...SPEC, suspend: true });
  await turn(1);
  edit(cluster, "db-rights", [by("kubectl-edit", "spec.ingress")], OPENED);
  expect(await turn(2)).toEqual(["status shop/db"]);
  expect(said(cluster)).toBe("True NotRestored: kubectl-edit changed spec.ingress of shop/db-rights");
  edit(cluster, "db-rights", [], { ingress: access(cluster).status === undefined ? [] : SETTLED_INGRESS });
  await turn(3);
  expect(said(cluster)).toBe("False Restored: the policies are as asked again");
  expect(drifts(cluster)).toEqual([]);
});

const SETTLED_INGRESS = [
  {
    from: [{ podSelector: { matchLabels: { "netpol/db": "true" } } }],
    ports: [{ protocol: "TCP", port: 5432 }],
  },
];

test("against somebody who insists the operator backs off, says so calmly, and wins when they give up", async () => {
  const { cluster, turn } = await settled();
  const insist = () => edit(cluster, "db-rights", [by("other", "spec.ingress")], OPENED);
  const writes: string[] = [];
  for (let second = 1; second <= 40; second += 1) {
    insist();
    if ((await turn(second)).includes("apply shop/db-rights")) writes.push(`${second}`);
  }
  expect(writes).toEqual(["1", "2", "3", "4", "5", "7", "11", "19", "35"]);
  const text =
    "other changed spec.ingress of shop/db-rights, again and again: it is restored less and less often until that ends";
  expect(said(cluster)).toBe(`True Contested: ${text}`);
  expect(said(cluster, "Programmed")).toBe(`False Contested: shop/db-rights: ${text}`);
  expect(said(cluster, "Ready")).toMatch(/^False Contested/);
  expect(said(cluster, "Reconciling")).toMatch(/^True Contested/);
  expect(drifts(cluster).filter((line) => line.includes("PolicyContested"))).toEqual([
    `Warning PolicyContested shop/db: ${text}`,
  ]);
  const { guard } = cluster.store.programmed.get(keyText(KEY)) ?? {};
  expect(guard?.again).toBe(27_000);

  expect(await turn(67)).toEqual(["apply shop/db-rights"]);
  expect(await turn(100)).toEqual([]);
  expect(said(cluster)).toMatch(/^True Contested/);
  expect(await turn(200)).toEqual(["status shop/db"]);
  expect(said(cluster)).toBe("False Restored: other changed spec.ingress of shop/db-rights");
  expect(said(cluster, "Ready")).toBe("True Reconciled: every policy is as asked");
});
