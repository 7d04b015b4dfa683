import { expect, test } from "vitest";
import { isEqual } from "../model/equal.ts";
import type { NetworkPolicySpec } from "../model/network-policy.ts";
import type { Preview, ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const PODS: WorldSketch = {
  pods: {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" }, owner: "StatefulSet/db" },
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
    "shop/cron-0": { ips: ["10.0.0.3"], labels: { app: "cron" }, owner: "CronJob/cron" },
    "far/any-0": { ips: ["10.0.0.4"], labels: {}, owner: "Deployment/any" },
  },
};

function clusterWith(spec: ServiceAccessSpec, more: WorldSketch = {}): InMemoryCluster {
  return inMemoryCluster(storeOf(smallWorld({ ...PODS, ...more, accesses: [accessOf("shop/db", spec)] })));
}

/** What is written in one run after the spec has become this. */
async function run(cluster: InMemoryCluster, spec?: ServiceAccessSpec): Promise<readonly string[]> {
  const before = cluster.changes.length;
  const { status: _, ...access } = cluster.store.world.accesses.get("shop/db") ?? accessOf("shop/db", SPEC);
  const status = cluster.store.world.accesses.get("shop/db")?.status;
  const object = { ...access, ...(status === undefined ? {} : { status }), spec: spec ?? access.spec };
  cluster.store.put({ kind: "ServiceAccess", object });
  await reconcile({ namespace: "shop", name: "db" }, cluster, () => new Date(0));
  return cluster.changes.slice(before);
}

function statusOf(cluster: InMemoryCluster) {
  return cluster.store.world.accesses.get("shop/db")?.status;
}

function said(cluster: InMemoryCluster, type: string): string {
  const found = statusOf(cluster)?.conditions?.find((each) => each.type === type);
  return found === undefined ? "" : `${found.status} ${found.reason}: ${found.message}`;
}

/** Rows as people read them. */
function told({ gains, loses }: Pick<Preview, "gains" | "loses">): readonly string[] {
  const place = ({ others, namespace, workload, addresses }: Preview["gains"][number]["from"]): string =>
    others === true ? "others" : (addresses?.join(",") ?? `${namespace}/${workload}`);
  return [...loses, ...gains].map(
    ({ from, to, ports, before, after }) =>
      `${place(from)} > ${place(to)} ${ports.join(",")}: ${before} -> ${after}`,
  );
}

const DRY: ServiceAccessSpec = { ...SPEC, mode: "DryRun" };
const EVERY = "TCP/1-65535,UDP/1-65535,SCTP/1-65535";
const OTHER_PORTS = "TCP/1-5431,TCP/5433-65535,UDP/1-65535,SCTP/1-65535";

test("a dry run writes nothing but its status, which says who would lose what", async () => {
  const cluster = clusterWith(DRY);
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe(
    "True DryRun: status.preview says what enforcing would change; nothing is written while spec.mode is DryRun, and policies that are there stay as they are",
  );
  expect(said(cluster, "Programmed")).toBe(
    "False DryRun: the policies differ from what is asked: shop/db-rights is missing, shop/db-permits is missing, and spec.mode is DryRun",
  );
  const { preview } = statusOf(cluster) ?? {};
  expect(preview?.policies).toEqual([
    { action: "Create", namespace: "shop", name: "db-rights" },
    { action: "Create", namespace: "shop", name: "db-permits" },
  ]);
  expect(preview === undefined ? [] : told(preview)).toEqual([
    `others > shop/StatefulSet/db ${EVERY}: Allowed -> Denied`,
    `shop/Deployment/web > others ${EVERY}: Allowed -> Denied`,
    `0.0.0.0/0 > shop/StatefulSet/db ${EVERY}: Allowed -> Denied`,
    `shop/CronJob/cron > shop/StatefulSet/db ${EVERY}: Allowed -> Denied`,
    `shop/Deployment/web > 0.0.0.0/0 ${EVERY}: Allowed -> Denied`,
    `shop/Deployment/web > shop/CronJob/cron ${EVERY}: Allowed -> Denied`,
    `shop/Deployment/web > shop/StatefulSet/db ${OTHER_PORTS}: Allowed -> Denied`,
  ]);
  expect(preview?.isolates).toEqual([
    {
      workload: "Deployment/web",
      namespace: "shop",
      pods: 1,
      direction: "Egress",
      loses: "everything but TCP/5432 to app=db",
    },
    {
      workload: "StatefulSet/db",
      namespace: "shop",
      pods: 1,
      direction: "Ingress",
      loses: "everything but TCP/5432 from netpol/db=true",
    },
  ]);
});

test("what is isolated now, and what deleting would open, is said of what is there and not of what would be", async () => {
  const cluster = clusterWith(DRY);
  await run(cluster);
  expect([statusOf(cluster)?.isolates, statusOf(cluster)?.deletionWouldExpose]).toEqual([[], undefined]);
  await run(cluster, SPEC);
  expect(statusOf(cluster)?.isolates?.map(({ direction, workload }) => `${direction} ${workload}`)).toEqual([
    "Egress Deployment/web",
    "Ingress StatefulSet/db",
  ]);
  expect(statusOf(cluster)?.deletionWouldExpose).toMatchObject({ pods: 1, released: 1 });
});

test("enforcing it does what was said, and takes the preview away", async () => {
  const cluster = clusterWith(DRY);
  await run(cluster);
  expect(await run(cluster, { ...SPEC, mode: "Enforce" })).toEqual([
    "apply shop/db-rights",
    "apply shop/db-permits",
    "status shop/db",
  ]);
  expect(statusOf(cluster)?.preview).toBeUndefined();
  expect(said(cluster, "Ready")).toMatch(/^True Reconciled/);
});

test("an object switched to a dry run keeps its policies, and its status says what the new spec would change", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  const policies = [...cluster.store.world.policies.values()];
  expect(await run(cluster, DRY)).toEqual(["status shop/db"]);
  expect(said(cluster, "Programmed")).toMatch(/^True Applied/);
  expect(statusOf(cluster)?.preview).toEqual({
    policies: [],
    gains: [],
    loses: [],
    unlisted: 0,
    isolates: [],
  });

  await run(cluster, { ...DRY, ports: [{ port: 5433 }], permits: { policy: "None" } });
  const { preview } = statusOf(cluster) ?? {};
  expect(preview?.policies.map(({ action, name }) => `${action} ${name}`)).toEqual([
    "Change db-rights",
    "Remove db-permits",
  ]);
  // Who is isolated already is not isolated newly.
  expect(preview?.isolates).toEqual([]);
  expect(preview === undefined ? [] : told(preview)).toEqual([
    "shop/Deployment/web > shop/StatefulSet/db TCP/5432: Allowed -> Denied",
    `shop/Deployment/web > others ${EVERY}: Denied -> Allowed`,
    `shop/Deployment/web > 0.0.0.0/0 ${EVERY}: Denied -> Allowed`,
    `shop/Deployment/web > shop/CronJob/cron ${EVERY}: Denied -> Allowed`,
    "shop/Deployment/web > shop/StatefulSet/db TCP/5433: Denied -> Allowed",
  ]);
  expect(isEqual([...cluster.store.world.policies.values()], policies)).toBe(true);
});

test("a policy of others that closes all the same is no loss, and a conflict is said as ever", async () => {
  const floor = policyOf("shop/floor", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  const cluster = clusterWith(DRY, { policies: [floor] });
  await run(cluster);
  const { preview } = statusOf(cluster) ?? {};
  expect(preview === undefined ? [] : told(preview)).toEqual([
    "shop/Deployment/web > shop/StatefulSet/db TCP/5432: Denied -> Allowed",
  ]);
  const inTheWay = policyOf("shop/db-rights", { podSelector: {} });
  const other = clusterWith(DRY, { policies: [inTheWay] });
  await run(other);
  expect(said(other, "Ready")).toMatch(/^False Conflict/);
});

test("where it cannot be decided what would be written there is no preview", async () => {
  const cluster = clusterWith({ ...DRY, target: { service: { name: "gone" } } });
  await run(cluster);
  expect(statusOf(cluster)?.preview).toBeUndefined();
  expect(said(cluster, "Ready")).toMatch(/^False ServiceNotFound/);
});

test("a preview is written once, and again only when something of it changes", async () => {
  const cluster = clusterWith(DRY);
  await run(cluster);
  expect(await run(cluster)).toEqual([]);
  cluster.store.put({ kind: "Pod", object: { ...podOf(cluster), name: "web-1", addresses: ["10.0.0.9"] } });
  expect(await run(cluster)).toEqual(["status shop/db"]);
});

function podOf({ store }: InMemoryCluster) {
  const pod = store.world.pods.get("shop/web-0");
  if (pod === undefined) throw new Error("there is no pod shop/web-0");
  return pod;
}

test("pods of one workload that gain different addresses are told apart", async () => {
  const block = (cidr: string) => ({ ipBlock: { cidr } });
  const closing = (name: string, n: string, ingress: NonNullable<NetworkPolicySpec["ingress"]>) =>
    policyOf(`shop/${name}`, { podSelector: { matchLabels: { n } }, policyTypes: ["Ingress"], ingress });
  const replica = (n: string) => ({
    ips: [`10.0.0.${n}`],
    labels: { app: "db", n },
    owner: "StatefulSet/db",
  });
  const cluster = clusterWith(
    {
      ...DRY,
      rights: {
        ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }, { ipBlock: { cidr: "192.0.2.0/24" } }] }],
      },
      permits: { policy: "None" },
    },
    {
      pods: { "shop/db-1": replica("1"), "shop/db-2": replica("2") },
      policies: [closing("one", "1", [{ from: [block("10.0.0.0/8")] }]), closing("two", "2", [])],
    },
  );
  await run(cluster);
  const { preview } = statusOf(cluster) ?? {};
  expect(preview?.gains.map(({ from, to }) => [from.addresses, to.pods])).toEqual([
    [["10.0.0.0/8", "192.0.2.0/24"], 1],
    [["192.0.2.0/24"], 1],
    [undefined, 1],
  ]);
});

test("a long preview is cut, counted, and the same whoever else comes and goes", async () => {
  const pods = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `shop/w${n}-0`,
      { ips: [`10.0.1.${n}`], labels: { app: `w${n}` }, owner: `Deployment/w${n}` },
    ]),
  );
  const cluster = clusterWith(DRY, { pods: { ...PODS.pods, ...pods } });
  await run(cluster);
  const { preview } = statusOf(cluster) ?? {};
  const rows = 2 + 2 + 41 * 2 + 1;
  expect([preview?.loses.length, preview?.unlisted, preview?.gains]).toEqual([25, rows - 25, []]);
  expect(preview?.loses[0]).toMatchObject({ from: { others: true }, to: { workload: "StatefulSet/db" } });
  cluster.store.put({
    kind: "Pod",
    object: { ...podOf(cluster), namespace: "far", name: "new", labels: {} },
  });
  await run(cluster);
  expect(statusOf(cluster)?.preview).toEqual(preview);
});

test("holders in a namespace that accepts permits are in the preview, too", async () => {
  const cluster = clusterWith({ ...DRY, permits: { dns: false, namespaces: { names: ["far"] } } });
  const far = namespaceOf("far", {});
  cluster.store.put({ kind: "Namespace", object: { ...far, acceptsPermitsFrom: ["shop"] } });
  const holder = { ...podOf(cluster), namespace: "far", name: "holder", addresses: ["10.0.0.7"] };
  cluster.store.put({ kind: "Pod", object: holder });
  expect(await run(cluster)).toEqual(["status shop/db"]);
  const { preview } = statusOf(cluster) ?? {};
  expect(preview?.policies.map(({ namespace }) => namespace)).toEqual(["shop", "shop", "far"]);
  expect(preview?.isolates.map(({ namespace, direction }) => `${direction} of ${namespace}`)).toEqual([
    "Egress of far",
    "Egress of shop",
    "Ingress of shop",
  ]);
});

test("suspended, it says so, and which policies are not as asked", async () => {
  const cluster = clusterWith(SPEC);
  await run(cluster);
  expect(await run(cluster, { ...SPEC, suspend: true })).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe(
    "True Suspended: the policies are as asked; nothing is written while spec.suspend is true",
  );
  cluster.store.remove("NetworkPolicy", "shop/db-permits");
  expect(await run(cluster)).toEqual(["status shop/db"]);
  expect(said(cluster, "Ready")).toBe(
    "False Suspended: the policies differ from what is asked: shop/db-permits is missing, and spec.suspend is true",
  );
  expect(statusOf(cluster)?.isolates?.map(({ direction }) => direction)).toEqual(["Ingress"]);
});
