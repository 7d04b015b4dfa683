import { expect, test } from "vitest";
import type { Finding, ServiceAccessSpec } from "../../model/service-access.ts";
import type { TierPolicy } from "../../model/tier-policy.ts";
import { findingsAbout } from "../../testing/findings.ts";
import { accessOf, CLUSTER_DNS, policyOf, smallWorld, type WorldSketch } from "../../testing/small-world.ts";
import { simulate } from "../in-memory.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const DB = { "shop/db-0": { labels: { app: "db" }, owner: "StatefulSet/db" } };
const WEB = { "shop/web-0": { labels: { "netpol/db": "true" }, owner: "Deployment/web" } };
const GOOD: WorldSketch = { pods: { ...DB, ...WEB } };

/** What is found once the policies are there: `Warning HostNetwork DaemonSet/agent`. */
async function found(spec: ServiceAccessSpec, sketch: WorldSketch): Promise<readonly string[]> {
  return (await findings(spec, sketch)).map(({ type, severity, object }) => `${severity} ${type} ${object}`);
}

async function findings(spec: ServiceAccessSpec, sketch: WorldSketch): Promise<readonly Finding[]> {
  const access = accessOf("shop/db", spec);
  const { world } = await simulate(smallWorld({ ...sketch, accesses: [access] }), () => new Date(0));
  return findingsAbout(access, world);
}

async function message(spec: ServiceAccessSpec, sketch: WorldSketch): Promise<string | undefined> {
  return (await findings(spec, sketch))[0]?.message;
}

test("nothing is found where there is nothing to find", async () => {
  expect(await found(SPEC, GOOD)).toEqual([]);
});

test("a target that selects nothing", async () => {
  expect(await found(SPEC, { pods: WEB })).toEqual(["Warning SelectorMatchesNothing shop/db"]);
  expect(await message(SPEC, { pods: WEB })).toBe(
    "the target app=db selects no running pod: compare it with the labels of the pod template",
  );
  const ended = { "shop/db-0": { labels: { app: "db" }, phase: "Succeeded" } } as const;
  expect(await found(SPEC, { pods: { ...WEB, ...ended } })).toEqual([
    "Warning SelectorMatchesNothing shop/db",
  ]);
  const elsewhere = { "other/db-0": { labels: { app: "db" } } };
  expect(await found(SPEC, { pods: { ...WEB, ...elsewhere } })).toEqual([
    "Warning SelectorMatchesNothing shop/db",
  ]);
});

test("a target that is not there at all is a condition and no finding", async () => {
  expect(await found({ ...SPEC, target: { service: { name: "gone" } } }, GOOD)).toEqual([]);
});

test("permits without a port, which lead nowhere", async () => {
  const { ports: _, ...spec } = SPEC;
  expect(await found(spec, GOOD)).toEqual(["Warning NothingOffered shop/db"]);
  const { permits: __, ...deny } = spec;
  expect(await found(deny, GOOD)).toEqual([]);
});

test("pods of the target that are clients of each other", async () => {
  const both = { "shop/db-0": { labels: { app: "db", "netpol/db": "true" }, owner: "StatefulSet/db" } };
  expect(await found(SPEC, { pods: both })).toEqual(["Warning TargetIsClient StatefulSet/db"]);
  const other = { "shop/db-0": { labels: { app: "db", "netpol/db": "false" } } };
  expect(await found(SPEC, { pods: { ...other, ...WEB } })).toEqual([]);
});

test("pods on the node's network, on either side", async () => {
  const agent = {
    "shop/agent": { labels: { "netpol/db": "true" }, owner: "DaemonSet/agent", hostNetwork: true },
  };
  const db = { "shop/db-0": { labels: { app: "db" }, owner: "StatefulSet/db", hostNetwork: true } };
  expect(await found(SPEC, { pods: { ...DB, ...agent } })).toEqual(["Warning HostNetwork DaemonSet/agent"]);
  expect(await found(SPEC, { pods: { ...db, ...WEB } })).toEqual(["Warning HostNetwork StatefulSet/db"]);
  const stranger = { "shop/agent": { owner: "DaemonSet/agent", hostNetwork: true } };
  expect(await found(SPEC, { pods: { ...DB, ...WEB, ...stranger } })).toEqual([]);
});

const fronted = (ports: NonNullable<NonNullable<WorldSketch["services"]>[string]["ports"]>): WorldSketch => ({
  ...GOOD,
  services: { "shop/db": { selector: { app: "db" }, ports } },
});

test("the Service's own port, where its pods listen on another one", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, ports: [{ port: 80 }] };
  const world = fronted([{ port: 80, targetPort: 5432 }]);
  expect(await found(spec, world)).toEqual(["Warning ServicePortInsteadOfPodPort Service/db"]);
  expect(await message(spec, world)).toBe(
    "port 80 is the Service's own; its pods listen on 5432: use that in spec.ports",
  );
});

test.each<[string, ServiceAccessSpec["ports"], WorldSketch]>([
  ["the pods' own port", [{ port: 5432 }], fronted([{ port: 80, targetPort: 5432 }])],
  ["the same number on both", [{ port: 80 }], fronted([{ port: 80, targetPort: 80 }])],
  [
    "another port of the Service that leads there",
    [{ port: 80 }],
    fronted([
      { port: 80, targetPort: 5432 },
      { port: 81, targetPort: 80 },
    ]),
  ],
  ["another protocol", [{ port: 80, protocol: "UDP" }], fronted([{ port: 80, targetPort: 5432 }])],
  ["a name that stands for the number", [{ port: 80 }], fronted([{ port: 80, targetPort: "serve-80-tcp" }])],
  [
    "another Service that leads there",
    [{ port: 80 }],
    {
      ...GOOD,
      services: {
        "shop/one": { selector: { app: "db" }, ports: [{ port: 80, targetPort: 5432 }] },
        "shop/two": { selector: { app: "db" }, ports: [{ port: 9, targetPort: 80 }] },
      },
    },
  ],
  [
    "a Service of others",
    [{ port: 80 }],
    {
      ...GOOD,
      services: { "shop/web": { selector: { app: "web" }, ports: [{ port: 80, targetPort: 5432 }] } },
    },
  ],
  [
    "a Service without a selector",
    [{ port: 80 }],
    { ...GOOD, services: { "shop/db": { selector: {}, ports: [{ port: 80, targetPort: 5432 }] } } },
  ],
  [
    "a Service elsewhere",
    [{ port: 80 }],
    {
      ...GOOD,
      services: { "other/db": { selector: { app: "db" }, ports: [{ port: 80, targetPort: 5432 }] } },
    },
  ],
])("no Service's port is mistaken where the object says %s", async (_, ports, world) => {
  expect(await found({ ...SPEC, ...(ports === undefined ? {} : { ports }) }, world)).toEqual([]);
});

test("a port's name that no pod of the target has", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, ports: [{ port: "sql" }] };
  const isNamed = "Info NamedPortNotPortable shop/db";
  expect(await found(spec, GOOD)).toEqual(["Warning PortNotFound shop/db", isNamed]);
  const udp: ServiceAccessSpec = { ...SPEC, ports: [{ port: "serve-80-tcp", protocol: "UDP" }] };
  expect(await found(udp, GOOD)).toEqual(["Warning PortNotFound shop/db", isNamed]);
  expect(await found({ ...SPEC, ports: [{ port: "serve-80-tcp" }] }, GOOD)).toEqual([isNamed]);
  expect(await found({ ...SPEC, ports: [{ port: "serve-80-udp", protocol: "UDP" }] }, GOOD)).toEqual([
    isNamed,
  ]);
  // Where there is no pod at all, nothing can be said of its ports.
  expect(await found(spec, { pods: WEB })).toEqual(["Warning SelectorMatchesNothing shop/db", isNamed]);
});

test("the client label on the controller, where no policy reads it", async () => {
  const workloads = {
    "shop/Deployment/web": { labels: { "netpol/db": "true" }, template: { app: "web" } },
    "other/Deployment/web": { labels: { "netpol/db": "true" } },
    "shop/Deployment/right": { labels: { "netpol/db": "true" }, template: { "netpol/db": "true" } },
    "shop/Deployment/else": { labels: { "netpol/db": "false" } },
  };
  expect(await found(SPEC, { ...GOOD, workloads })).toEqual([
    "Warning ClientLabelOnController Deployment/web",
  ]);
  // The slip explains why nobody holds the label, so that is not found as well.
  expect(await found(SPEC, { pods: DB, workloads })).toEqual([
    "Warning ClientLabelOnController Deployment/web",
  ]);
});

test("a client label that no pod carries", async () => {
  expect(await found(SPEC, { pods: DB })).toEqual(["Info ClientLabelUnused shop/db"]);
  const wrong = { "shop/web-0": { labels: { "netpol/db": "yes" } } };
  expect(await message(SPEC, { pods: { ...DB, ...wrong } })).toBe(
    'no running pod of the namespace carries netpol/db: "true": put it in the pod template of each client',
  );
});

test("an object that offers nothing misses no clients", async () => {
  expect(await found({ target: { podSelector: {} } }, { pods: DB })).toEqual([]);
});

test("a holder in another namespace, whom the label gives nothing", async () => {
  const elsewhere = { "other/web-0": { labels: { "netpol/db": "true" }, owner: "Deployment/web" } };
  const pods = { ...DB, ...WEB, ...elsewhere };
  expect(await found(SPEC, { pods })).toEqual(["Info ClientInOtherNamespace other/Deployment/web"]);
  const admitted: ServiceAccessSpec = {
    ...SPEC,
    rights: {
      ingress: [{ from: [{ namespaces: ["other"], podSelector: { matchLabels: { "netpol/db": "true" } } }] }],
    },
  };
  expect(await found(admitted, { pods })).toEqual([]);
});

const from = (
  peer: NonNullable<NonNullable<ServiceAccessSpec["rights"]>["ingress"]>[0]["from"][0],
): ServiceAccessSpec => ({
  ...SPEC,
  rights: { ingress: [{ from: [peer] }] },
});

test("a peer that matches nobody", async () => {
  const spec = from({ podSelector: { matchLabels: { app: "nobody" } } });
  expect(await found(spec, GOOD)).toEqual(["Info SelectorMatchesNothing spec.rights.ingress[0].from[0]"]);
  const ended = { "shop/job": { labels: { app: "nobody" }, phase: "Succeeded" } } as const;
  expect(await found(spec, { pods: { ...GOOD.pods, ...ended } })).toHaveLength(1);
  expect(await found(from({ podSelector: { matchLabels: { app: "db" } } }), GOOD)).toEqual([]);
  expect(await found(from({ podSelector: {}, namespaces: ["shop"] }), GOOD)).toEqual([]);
  expect(await found(from({ ipBlock: { cidr: "192.0.2.0/24" } }), GOOD)).toEqual([]);
});

test("peers of every list are looked at", async () => {
  const nobody = { podSelector: { matchLabels: { app: "nobody" } } };
  const rights: ServiceAccessSpec = {
    ...SPEC,
    rights: { egress: [{ to: [nobody], ports: [{ port: 80 }] }] },
  };
  expect(await found(rights, GOOD)).toEqual(["Info SelectorMatchesNothing spec.rights.egress[0].to[0]"]);
  const permits: ServiceAccessSpec = {
    permits: { dns: false, egress: [{ to: [{ podSelector: {} }, nobody], ports: [{ port: 80 }] }] },
  };
  expect(await found(permits, GOOD)).toEqual(["Info SelectorMatchesNothing spec.permits.egress[0].to[1]"]);
});

test("a namespace that does not exist, one among several too", async () => {
  expect(await found(from({ namespaces: ["gone"] }), GOOD)).toEqual([
    "Warning NamespaceNotFound spec.rights.ingress[0].from[0]",
  ]);
  expect(await message(from({ namespaces: ["shop", "gone", "lost"] }), GOOD)).toBe(
    "there is no namespace gone, lost: nobody comes from it",
  );
  expect(await found(from({ namespaces: ["shop"] }), { ...GOOD, namespaces: { shop: "unknown" } })).toEqual(
    [],
  );
});

test("a namespace label that no namespace has", async () => {
  const spec = from({ namespaceSelector: { matchLabels: { name: "shop" } } });
  expect(await found(spec, GOOD)).toEqual(["Warning NamespaceLabelUnknown spec.rights.ingress[0].from[0]"]);
  expect(await message(spec, GOOD)).toContain(
    "no namespace has the label name=shop: to name a namespace use `namespaces`",
  );
  expect(await found(spec, { ...GOOD, namespaces: { shop: { name: "shop" } } })).toEqual([]);
  // Of a namespace without an object only the name is known: it may have the label.
  expect(await found(spec, { ...GOOD, namespaces: { shop: "unknown" } })).toEqual([]);
  const without = from({
    namespaceSelector: { matchExpressions: [{ key: "name", operator: "DoesNotExist" }] },
  });
  expect(await found(without, GOOD)).toEqual([]);
  expect(await found(without, { ...GOOD, namespaces: { shop: { name: "shop" } } })).toEqual([
    "Info SelectorMatchesNothing spec.rights.ingress[0].from[0]",
  ]);
});

const DNS: WorldSketch = {
  services: CLUSTER_DNS.services ?? {},
  pods: { ...GOOD.pods, ...CLUSTER_DNS.pods },
};

test("holders whom the permits keep from the cluster's DNS", async () => {
  expect(await found(SPEC, DNS)).toEqual(["Warning DNSBlocked shop/Deployment/web"]);
  expect(await found({ ...SPEC, permits: {} }, DNS)).toEqual([]);
  expect(await found({ ...SPEC, permits: { policy: "None" } }, DNS)).toEqual([]);
  expect(await found({ ...SPEC, permits: { dns: false, label: { key: "other" } } }, DNS)).toEqual([
    "Info ClientLabelUnused shop/db",
  ]);
});

test("another policy may let the holders ask the DNS", async () => {
  const dns = policyOf("shop/dns", {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ ports: [{ protocol: "UDP", port: 53 }, { port: 53 }] }],
  });
  expect(await found(SPEC, { ...DNS, policies: [dns] })).toEqual([]);
});

test("a DNS that lets nobody in blocks the holders, whatever their permits say", async () => {
  const closed = policyOf("kube-system/closed", { podSelector: {}, policyTypes: ["Ingress"] });
  expect(await found({ ...SPEC, permits: {} }, { ...DNS, policies: [closed] })).toEqual([
    "Warning DNSBlocked shop/Deployment/web",
  ]);
});

test("the DNS is asked on the port where its pods listen", async () => {
  const services = {
    "kube-system/kube-dns": {
      selector: { "k8s-app": "kube-dns" },
      ports: [{ port: 53, protocol: "UDP", targetPort: "serve-80-udp" } as const],
    },
  };
  expect(await found({ ...SPEC, permits: {} }, { ...DNS, services })).toEqual([]);
  expect(await found(SPEC, { ...DNS, services })).toEqual(["Warning DNSBlocked shop/Deployment/web"]);
});

test("an object that isolates no holder does not keep anyone from the DNS", async () => {
  const deny = policyOf("shop/deny", { podSelector: {}, policyTypes: ["Egress"] });
  expect(await found({ target: { podSelector: {} } }, { ...DNS, policies: [deny] })).toEqual([]);
  const none: ServiceAccessSpec = { ...SPEC, permits: { policy: "None" } };
  expect(await found(none, { ...DNS, policies: [deny] })).toEqual(["Warning PermitMissing Deployment/web"]);
});

test("the gravest comes first, then by type and object", async () => {
  const pods = {
    "shop/db-0": { labels: { app: "db" }, owner: "StatefulSet/db", hostNetwork: true },
    "other/b": { labels: { "netpol/db": "true" } },
    "other/a": { labels: { "netpol/db": "true" } },
  };
  expect(await found(from({ namespaces: ["gone"] }), { pods })).toEqual([
    "Warning HostNetwork StatefulSet/db",
    "Warning NamespaceNotFound spec.rights.ingress[0].from[0]",
    "Info ClientInOtherNamespace other/Pod/a",
    "Info ClientInOtherNamespace other/Pod/b",
    "Info ClientLabelUnused shop/db",
  ]);
});

test("cluster-scoped policies of one priority that disagree", async () => {
  const policy = (name: string, action: "Accept" | "Deny", priority = 10): TierPolicy => {
    const everyone = { namespaceSelector: {}, podSelector: undefined };
    const peers = [{ kind: "pods", scope: everyone }] as const;
    const rule = { name: "", action, peers, ports: undefined };
    const shape = { tier: "Admin", priority, subject: everyone, ingress: [rule], egress: [] } as const;
    return { kind: "ClusterNetworkPolicy", name, ...shape };
  };
  const conflict = "Warning EqualPriorityConflict ClusterNetworkPolicy/a, ClusterNetworkPolicy/b";
  const of = (...tierPolicies: TierPolicy[]) => found(SPEC, { ...GOOD, tierPolicies });
  expect(await of(policy("a", "Accept"), policy("b", "Deny"))).toEqual([conflict]);
  expect(await of(policy("a", "Accept"), policy("b", "Accept"))).toEqual([]);
  expect(await of(policy("a", "Accept"), policy("b", "Deny", 11))).toEqual([]);
});
