import { expect, test } from "vitest";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { EndpointSlice, Service } from "../model/world.ts";
import { keyText } from "../model/key.ts";
import { accessOf, CLUSTER_DNS, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { type Change, storeOf } from "./store.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
};

const DNS_SLICE: EndpointSlice = {
  namespace: "kube-system",
  name: "kube-dns-x",
  service: "kube-dns",
  endpoints: [{ addresses: ["10.244.0.2"], ready: true }],
  ports: [{ name: "dns", protocol: "UDP", port: 8053 }],
};

function clusterOf(
  accesses: Readonly<Record<string, ServiceAccessSpec>>,
  more: WorldSketch = {},
): InMemoryCluster {
  const objects = Object.entries(accesses).map(([key, spec]) => accessOf(key, spec));
  return inMemoryCluster(storeOf(smallWorld({ ...CLUSTER_DNS, ...more, accesses: objects })));
}

/** All objects are looked at until nothing is written any more; what was written. */
async function settle(cluster: InMemoryCluster): Promise<readonly string[]> {
  const before = cluster.changes.length;
  for (let seen = -1; seen !== cluster.changes.length;) {
    seen = cluster.changes.length;
    for (const { metadata } of cluster.store.world.accesses.values())
      await reconcile(metadata, cluster, () => new Date("2026-11-21T08:00:00Z"));
  }
  return cluster.changes.slice(before);
}

function egress(cluster: InMemoryCluster, name: string): string {
  return JSON.stringify(cluster.store.world.policies.get(name)?.spec.egress);
}

function dnsCondition(cluster: InMemoryCluster): string | undefined {
  const { conditions = [] } = cluster.store.world.accesses.get("shop/db")?.status ?? {};
  const found = conditions.find(({ type }) => type === "DNSResolved");
  return found && `${found.status} ${found.reason} ${found.message}`;
}

function service(cluster: InMemoryCluster, key: string): Service {
  const found = cluster.store.world.services.get(key);
  if (found === undefined) throw new Error(`there is no Service ${key}`);
  return found;
}

test("a DNS that is gone stays in the policies as it was found last, over a restart too, until another one is found", async () => {
  const cluster = clusterOf({ "shop/db": SPEC });
  await settle(cluster);
  const dns = service(cluster, "kube-system/kube-dns");
  const written = egress(cluster, "shop/db-permits");
  expect(written).toContain("kube-dns");

  cluster.store.remove("Service", "kube-system/kube-dns");
  expect(await settle(cluster)).toEqual(["status shop/db"]);
  expect(dnsCondition(cluster)).toMatch(/^False DNSNotFound .*: its rule stays as it was found last$/);
  const restarted = inMemoryCluster(storeOf(cluster.store.world));
  expect(await settle(restarted)).toEqual([]);
  expect(egress(restarted, "shop/db-permits")).toBe(written);

  restarted.store.put({
    kind: "Service",
    object: { ...dns, name: "coredns", clusterAddresses: ["10.96.0.53"] },
  });
  expect(await settle(restarted)).toEqual(["apply shop/db-permits", "status shop/db"]);
  expect(egress(restarted, "shop/db-permits")).toContain("10.96.0.53/32");
  expect(dnsCondition(restarted)).toMatch(/^True ServiceFound .*kube-system\/coredns$/);
});

test("while no pod of the DNS is there, the ports that they listened on stay", async () => {
  const cluster = clusterOf({ "shop/db": SPEC }, { endpointSlices: [DNS_SLICE] });
  const dns = service(cluster, "kube-system/kube-dns");
  const named = dns.ports.map((port) => (port.port === 53 ? { ...port, targetPort: "dns" } : port));
  cluster.store.put({ kind: "Service", object: { ...dns, ports: named } });
  await settle(cluster);
  expect(egress(cluster, "shop/db-permits")).toContain("8053");
  cluster.store.put({ kind: "EndpointSlice", object: { ...DNS_SLICE, endpoints: [], ports: [] } });
  expect(await settle(cluster)).toEqual([]);
});

const REFERRING: Readonly<Record<string, ServiceAccessSpec>> = {
  "shop/by-service": egressTo({ service: { name: "web", namespace: "data" } }),
  "shop/by-access": egressTo({ serviceAccess: { name: "other", namespace: "data" } }),
  "shop/to-api": egressTo({ preset: "KubeAPI" }),
  "shop/from-virtctl": {
    ...SPEC,
    rights: { ingress: [{ from: [{ preset: "Virtctl" }], ports: [{ port: 22 }] }] },
    permits: { dns: false },
  },
  "shop/nothing": { ...SPEC, permits: { dns: false } },
  "data/other": { target: { service: { name: "web" } }, permits: { dns: false } },
};

function egressTo(peer: object): ServiceAccessSpec {
  return { ...SPEC, rights: { egress: [{ to: [peer] }] }, permits: { dns: false } };
}

const WEB: WorldSketch = {
  services: {
    ...CLUSTER_DNS.services,
    "data/web": { selector: { app: "web" }, ports: [{ port: 80 }] },
    "default/kubernetes": { clusterAddresses: ["10.96.0.1"], ports: [{ port: 443 }] },
  },
  endpointSlices: [
    { ...DNS_SLICE, namespace: "default", name: "kubernetes", service: "kubernetes" },
    DNS_SLICE,
  ],
};

test.each<[string, (cluster: InMemoryCluster) => Change | undefined, readonly string[]]>([
  [
    "a Service that changes",
    ({ store }) =>
      put(
        store.world.services.get("data/web"),
        (object) => ({ kind: "Service", object: { ...object, ports: [] } }),
        store,
      ),
    ["data/other in turn", "shop/by-access in turn", "shop/by-service in turn"],
  ],
  [
    "the Service of the API server that changes",
    ({ store }) =>
      put(
        store.world.services.get("default/kubernetes"),
        (object) => ({ kind: "Service", object: { ...object, clusterAddresses: [] } }),
        store,
      ),
    ["shop/to-api in turn"],
  ],
  [
    "an API server that moves",
    ({ store }) =>
      put(
        store.world.endpointSlices.get("default/kubernetes"),
        (object) => ({ kind: "EndpointSlice", object: { ...object, endpoints: [] } }),
        store,
      ),
    ["shop/to-api in turn"],
  ],
  [
    "KubeVirt that is installed",
    ({ store }) => {
      const { workloads } = smallWorld({ workloads: { "kubevirt/Deployment/virt-api": {} } });
      return put(
        workloads.get("kubevirt/Deployment/virt-api"),
        (object) => ({ kind: "Workload", object }),
        store,
      );
    },
    ["shop/from-virtctl in turn"],
  ],
  [
    "another object that asks for something else",
    ({ store }) => store.put({ kind: "ServiceAccess", object: accessOf("data/other", SPEC) }),
    ["data/other first", "shop/by-access in turn"],
  ],
  [
    "another object that is gone",
    ({ store }) => store.remove("ServiceAccess", "data/other"),
    ["data/other first", "shop/by-access in turn"],
  ],
  [
    "another object of which somebody writes the status",
    ({ store }) =>
      put(
        store.world.accesses.get("data/other"),
        (object) => ({ kind: "ServiceAccess", object: { ...object, status: {} } }),
        store,
      ),
    ["data/other status"],
  ],
  [
    "a pod of the DNS that is replaced",
    ({ store }) =>
      store.put({
        kind: "EndpointSlice",
        object: { ...DNS_SLICE, endpoints: [{ addresses: ["10.244.0.3"], ready: true }] },
      }),
    [],
  ],
])("%s is a matter of those who refer to it: %#", async (_what, change, expected) => {
  const cluster = clusterOf(REFERRING, WEB);
  await settle(cluster);
  const happened = change(cluster);
  const affected = happened === undefined ? [] : affectedBy(happened, cluster.store);
  expect(affected.map(({ key, lane }) => `${keyText(key)} ${lane}`).toSorted()).toEqual(expected);
});

test("where pods of the DNS listen is everyone's matter, and so are its Service and its caches", async () => {
  const cluster = clusterOf(REFERRING, WEB);
  await settle(cluster);
  const { store } = cluster;
  const ports = [{ name: "dns", protocol: "UDP", port: 9053 }] as const;
  const { workloads } = smallWorld({ workloads: { "kube-system/DaemonSet/node-local-dns": {} } });
  const count = (change: Change | undefined) => change && affectedBy(change, store).length;
  const counts = [
    count(store.put({ kind: "EndpointSlice", object: { ...DNS_SLICE, ports } })),
    ...[...workloads.values()].map((object) => count(store.put({ kind: "Workload", object }))),
    count(store.remove("Service", "kube-system/kube-dns")),
  ];
  const all = Object.keys(REFERRING).length;
  expect(counts).toEqual([all, all, all]);
});

test("an object whose destination moves follows it, and two that point at each other come to rest", async () => {
  const cluster = clusterOf(
    {
      "shop/a": { ...egressTo({ serviceAccess: { name: "b" } }), ports: [{ port: 1 }] },
      "shop/b": { ...egressTo({ serviceAccess: { name: "a" } }), ports: [{ port: 2 }] },
    },
    WEB,
  );
  await settle(cluster);
  expect(
    [egress(cluster, "shop/a-rights"), egress(cluster, "shop/b-rights")].map(
      (text) => text.match(/"port":\d/)?.[0],
    ),
  ).toEqual(['"port":2', '"port":1']);
  const b = accessOf("shop/b", { ...SPEC, ports: [{ port: 3 }], permits: { dns: false } });
  cluster.store.put({ kind: "ServiceAccess", object: b });
  await settle(cluster);
  expect(egress(cluster, "shop/a-rights")).toContain('"port":3');
  cluster.store.remove("ServiceAccess", "shop/b");
  await settle(cluster);
  expect(cluster.store.world.policies.get("shop/a-rights")?.spec).toMatchObject({
    policyTypes: ["Ingress", "Egress"],
  });
  expect(egress(cluster, "shop/a-rights")).toBe(undefined);
});

function put<T>(
  object: T | undefined,
  changed: (object: T) => Parameters<InMemoryCluster["store"]["put"]>[0],
  store: InMemoryCluster["store"],
): Change | undefined {
  if (object === undefined) throw new Error("there is nothing to change");
  return store.put(changed(object));
}
