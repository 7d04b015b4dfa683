import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { compileSchema } from "../manifest/schema/validator.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { type ServiceAccessSpec, type ServiceAccessStatus, STATUS_LIMITS } from "../model/service-access.ts";
import type { PodDetails } from "../testing/table.ts";
import { accessOf, CLUSTER_DNS, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { simulate } from "./in-memory.ts";

const validateStatus = (() => {
  const crd = load(readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8"));
  const compiled = compileSchema(crd);
  if (compiled.kind !== "decoded") throw new Error("the CRD is damaged");
  return compiled.value.validateStatus;
})();

type Pods = Readonly<Record<string, PodDetails & { readonly owner?: string }>>;

const TARGET: ServiceAccessSpec = { target: { podSelector: { matchLabels: { app: "db" } } } };
const SPEC: ServiceAccessSpec = { ...TARGET, ports: [{ port: 5432 }], permits: { dns: false } };
const DB: Pods = { "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" }, owner: "StatefulSet/db" } };
const WEB: Pods = {
  "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" }, owner: "ReplicaSet/web-1a" },
};
const IDLE: Pods = { "shop/idle": { ips: ["10.0.0.3"], labels: { app: "idle" } } };

/** What the status says once the operator has nothing left to do; held to the schema. */
async function statusOf(spec: ServiceAccessSpec, sketch: WorldSketch): Promise<ServiceAccessStatus> {
  const before = smallWorld({ ...sketch, accesses: [accessOf("shop/db", spec)] });
  const { world } = await simulate(before, () => new Date("2026-11-21T08:00:00Z"));
  const status = world.accesses.get("shop/db")?.status ?? {};
  expect(validateStatus(status)).toEqual([]);
  return status;
}

/** What is said of the network plugin has tests of its own: enforced.test.ts and portable.test.ts. */
const OF_PLUGINS = new Set(["Enforced", "Portable"]);

/** `Effective True AllClientsAllowed: every declared client …` */
function claims({ conditions }: ServiceAccessStatus): readonly string[] {
  const own = (conditions ?? []).filter(({ type }) => !OF_PLUGINS.has(type));
  return own.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
}

async function claim(
  type: string,
  spec: ServiceAccessSpec,
  sketch: WorldSketch,
): Promise<string | undefined> {
  return claims(await statusOf(spec, sketch)).find((text) => text.startsWith(type));
}

/** `shop/Pod/a (1, permit) -> shop/Pod/b (1) TCP/80 Allowed` */
function rows({ reachability }: ServiceAccessStatus): readonly string[] {
  return (reachability ?? []).map(({ from, to, ports, verdict }) => {
    const held = from.permit === true ? ", permit" : "";
    const source = from.addresses?.join("+") ?? `${from.namespace}/${from.workload} (${from.pods}${held})`;
    const destination = to.addresses?.join("+") ?? `${to.namespace}/${to.workload} (${to.pods})`;
    return `${source} -> ${destination} ${ports.join(" ")} ${verdict}`;
  });
}

test("a client that gets through and nobody else: the whole status", async () => {
  const workloads = { "shop/ReplicaSet/web-1a": { owner: "Deployment/web" } };
  expect(await statusOf(SPEC, { pods: { ...DB, ...WEB, ...IDLE }, workloads })).toEqual({
    observedGeneration: 1,
    conditions: [
      ["Ready", "True", "Reconciled", "every policy is as asked"],
      ["Programmed", "True", "Applied", "2 policies in the API as asked"],
      ["Effective", "True", "AllClientsAllowed", "every declared client gets through on every port"],
      ["Exclusive", "True", "OnlyDeclared", "nobody else reaches the target on these ports"],
      [
        "Enforced",
        "Unknown",
        "ProfileNotSet",
        "nobody has said which network plugin enforces policies here (no DaemonSet of a known one is there): set --profile, or SERVICEACCESS_PROFILE, of the operator",
      ],
      [
        "Portable",
        "True",
        "ReadAlike",
        "all plugins read the policies alike; of ping no policy with ports speaks",
      ],
    ].map(([type, status, reason, message]) => ({
      type,
      status,
      reason,
      message,
      observedGeneration: 1,
      lastTransitionTime: "2026-11-21T08:00:00Z",
    })),
    summary: "1 client reaches 1 of 1 pods on TCP/5432",
    target: { pods: 1, clients: 1, workloads: ["StatefulSet/db"], selector: "app=db" },
    policies: [
      { kind: "NetworkPolicy", namespace: "shop", name: "db-rights", half: "rights" },
      { kind: "NetworkPolicy", namespace: "shop", name: "db-permits", half: "permits" },
    ],
    reachability: [
      {
        from: { namespace: "shop", workload: "Deployment/web", pods: 1, permit: true },
        to: { namespace: "shop", workload: "StatefulSet/db", pods: 1 },
        ports: ["TCP/5432"],
        verdict: "Allowed",
        egress: { verdict: "Allowed", by: ["shop/db-permits"] },
        ingress: { verdict: "Allowed", by: ["shop/db-rights"] },
      },
    ],
    unlisted: 0,
    isolates: [
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
    ],
    deletionWouldExpose: {
      pods: 1,
      released: 1,
      workloads: ["StatefulSet/db"],
      ports: ["TCP/1-65535", "UDP/1-65535", "SCTP/1-65535"],
      message:
        "without the policies of this object 1 pod of StatefulSet/db would be open to everyone on every port, and 1 pod could go out to anywhere",
    },
    findingsCount: 0,
    findings: [],
  });
});

test("Effective is False where a foreign policy closes the client's way out, and names it", async () => {
  const deny = policyOf("shop/no-egress", {
    podSelector: { matchLabels: { tier: "web" } },
    policyTypes: ["Egress"],
  });
  const pods: Pods = {
    ...DB,
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true", tier: "web" } },
  };
  const spec: ServiceAccessSpec = { ...SPEC, permits: { policy: "None" } };
  const status = await statusOf(spec, { pods, policies: [deny] });
  expect(claims(status)).toContain(
    "Effective False ClientDenied: shop/Pod/web-0 -> shop/StatefulSet/db on TCP/5432: egress is closed by shop/no-egress",
  );
  expect(rows(status)).toEqual(["shop/Pod/web-0 (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Denied"]);
  expect(status.reachability?.[0]).toMatchObject({
    egress: { verdict: "Denied", by: ["shop/no-egress"] },
    ingress: { verdict: "Allowed", by: ["shop/db-rights"] },
  });
  expect(status.reachability?.[0]?.reason).toContain("shop/no-egress");
  expect(status.summary).toBe("0 clients reach 0 of 1 pods");
});

test("Effective is False where our rights are not in force, and a foreign policy closes the target", async () => {
  const deny = policyOf("shop/default-deny", { podSelector: {}, policyTypes: ["Ingress"] });
  expect(
    await claim("Effective", { ...SPEC, suspend: true }, { pods: { ...DB, ...WEB }, policies: [deny] }),
  ).toBe(
    "Effective False ClientDenied: shop/ReplicaSet/web-1a -> shop/StatefulSet/db on TCP/5432: ingress is closed by shop/default-deny",
  );
});

test("Effective is Unknown without clients, and Exclusive without a target", async () => {
  expect(await claim("Effective", SPEC, { pods: DB })).toMatch(/^Effective Unknown NoClients/);
  const status = await statusOf(SPEC, { pods: WEB });
  expect(claims(status)).toContain(
    "Exclusive Unknown NoTarget: no running pod is selected, so there is nothing to reach",
  );
  expect(claims(status)).toContain(
    "Effective Unknown NoClients: no running pod is a declared client of a running target pod",
  );
  expect(status.summary).toBe("0 clients reach 0 of 0 pods");
});

test("a pod that has ended is no client and no target", async () => {
  const ended: Pods = {
    "shop/job": { labels: { "netpol/db": "true" }, phase: "Succeeded" },
    "shop/db-1": { labels: { app: "db" }, phase: "Failed" },
  };
  expect((await statusOf(SPEC, { pods: { ...DB, ...WEB, ...ended } })).target).toMatchObject({
    pods: 1,
    clients: 1,
  });
});

test("Exclusive is False where a foreign policy lets somebody in, and names who and the policy", async () => {
  const open = policyOf("shop/open", {
    podSelector: { matchLabels: { app: "db" } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "idle" } } }] }],
  });
  const status = await statusOf(SPEC, { pods: { ...DB, ...WEB, ...IDLE }, policies: [open] });
  expect(claims(status)).toContain(
    "Exclusive False OthersAllowed: shop/Pod/idle -> shop/StatefulSet/db on TCP/5432: opened by shop/open",
  );
  expect(rows(status)).toEqual([
    "shop/ReplicaSet/web-1a (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "shop/Pod/idle (1) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
});

test("Exclusive is False where nothing isolates the target, and the whole world gets in", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, rights: { policyTypes: ["Egress"] } };
  const status = await statusOf(spec, { pods: { ...DB, ...IDLE } });
  expect(claims(status)).toContain(
    "Exclusive False OthersAllowed: 0.0.0.0/0 -> shop/StatefulSet/db on TCP/5432 (and 1 more): no policy isolates the target",
  );
  expect(rows(status)).toEqual([
    "0.0.0.0/0 -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "shop/Pod/idle (1) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
  expect(status.reachability?.[0]?.from).toEqual({ addresses: ["0.0.0.0/0"] });
});

test("Exclusive is about the ports that the object speaks of, and no others", async () => {
  const open = policyOf("shop/metrics", {
    podSelector: { matchLabels: { app: "db" } },
    ingress: [{ ports: [{ port: 9187 }] }],
  });
  const status = await statusOf(SPEC, { pods: { ...DB, ...WEB }, policies: [open] });
  expect(claims(status)).toContain(
    "Exclusive True OnlyDeclared: nobody else reaches the target on these ports",
  );
});

test("whoever a preset lets in is no stranger, and nobody who is expected", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, rights: { ingress: [{ from: [{ preset: "Anywhere" }] }] } };
  const status = await statusOf(spec, { pods: { ...DB, ...WEB, ...IDLE } });
  expect(claims(status).filter((text) => text.startsWith("E"))).toEqual([
    "Effective True AllClientsAllowed: every declared client gets through on every port",
    "Exclusive True OnlyDeclared: nobody else reaches the target on these ports",
  ]);
  expect(rows(status)).toEqual([
    "shop/ReplicaSet/web-1a (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "0.0.0.0/0 -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "shop/Pod/idle (1) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
  expect(status.summary).toBe("1 client reaches 1 of 1 pods on TCP/5432");
});

test("a client on the node's network may or may not get through: Effective is Unknown, and it is no stranger", async () => {
  const pods: Pods = {
    ...DB,
    ...WEB,
    "shop/agent": { ips: ["10.9.0.1"], labels: { "netpol/db": "true" }, hostNetwork: true },
  };
  const status = await statusOf(SPEC, { pods });
  expect(claims(status)).toContainEqual(
    expect.stringMatching(
      /^Effective Unknown Undetermined: shop\/Pod\/agent -> shop\/StatefulSet\/db on TCP\/5432: ./,
    ),
  );
  expect(claims(status)).toContainEqual(expect.stringMatching(/^Exclusive True/));
  expect(rows(status)).toEqual([
    "shop/Pod/agent (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Unknown",
    "shop/ReplicaSet/web-1a (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
});

test("a target on the node's network may be open to anyone: Exclusive is Unknown, and nothing is said to be isolated", async () => {
  const pods: Pods = { "shop/db-0": { ips: ["10.9.0.1"], labels: { app: "db" }, hostNetwork: true }, ...WEB };
  const status = await statusOf(SPEC, { pods });
  expect(claims(status)).toContainEqual(
    expect.stringMatching(/^Exclusive Unknown Undetermined: 0\.0\.0\.0\/0 -> /),
  );
  expect(status.isolates?.map(({ direction }) => direction)).toEqual(["Egress"]);
});

test("a client without a common address family never meets the target, and is not claimed to", async () => {
  const pods: Pods = { ...DB, "shop/web-0": { ips: ["fd00::2"], labels: { "netpol/db": "true" } } };
  expect(await claim("Effective", SPEC, { pods })).toBe(
    "Effective Unknown Undetermined: shop/Pod/web-0 -> shop/StatefulSet/db on TCP/5432: the two ends share no address family",
  );
});

test("a block of one family grants nothing in the other", async () => {
  const pods: Pods = {
    "shop/db-0": { ips: ["10.0.0.1", "fd00::1"], labels: { app: "db" } },
    "other/both": { ips: ["192.0.2.1", "2001:db8::1"] },
  };
  const spec: ServiceAccessSpec = {
    ...SPEC,
    rights: { ingress: [{ from: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }] },
  };
  const v6 = policyOf("shop/v6", {
    podSelector: { matchLabels: { app: "db" } },
    ingress: [{ from: [{ ipBlock: { cidr: "2001:db8::/32" } }] }],
  });
  expect(rows(await statusOf(spec, { pods }))).toEqual([
    "other/Pod/both (1) -> shop/Pod/db-0 (1) TCP/5432 Unknown",
    "192.0.2.0/24 -> shop/Pod/db-0 (1) TCP/5432 Allowed",
  ]);
  expect(await claim("Exclusive", spec, { pods })).toMatch(/^Exclusive True/);
  expect(await claim("Exclusive", spec, { pods, policies: [v6] })).toBe(
    "Exclusive False OthersAllowed: 2001:db8::/32 -> shop/Pod/db-0 on TCP/5432 (and 1 more): opened by shop/v6",
  );
});

test("a port's name that no target pod knows is a way that does not exist", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, ports: [{ port: 5432 }, { port: "sql" }] };
  expect(await claim("Effective", spec, { pods: { ...DB, ...WEB } })).toBe(
    "Effective False PortNotFound: no running pod of the target has a port named TCP/sql",
  );
  const named: Pods = { "shop/db-1": { labels: { app: "db" }, ips: ["10.0.0.9"], ports: ["sql=TCP/5432"] } };
  expect(await claim("Effective", spec, { pods: { ...DB, ...WEB, ...named } })).toMatch(/^Effective True/);
});

test("pods of one workload that fare differently are different rows", async () => {
  const pods: Pods = {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db", role: "primary" }, owner: "StatefulSet/db" },
    "shop/db-1": { ips: ["10.0.0.2"], labels: { app: "db", role: "replica" }, owner: "StatefulSet/db" },
    "shop/web-0": { ips: ["10.0.0.3"], labels: { "netpol/db": "true", role: "a" }, owner: "StatefulSet/web" },
    "shop/web-1": { ips: ["10.0.0.4"], labels: { "netpol/db": "true", role: "b" }, owner: "StatefulSet/web" },
  };
  const spec: ServiceAccessSpec = { ...SPEC, suspend: true };
  const only = (name: string, target: string, source: string): NetworkPolicy =>
    policyOf(`shop/${name}`, {
      podSelector: { matchLabels: { role: target } },
      ingress: [{ from: [{ podSelector: { matchLabels: { role: source } } }] }],
    });
  const policies = [only("one", "primary", "a"), only("two", "replica", "b")];
  const status = await statusOf(spec, { pods, policies });
  expect(rows(status).filter((row) => row.includes("permit"))).toEqual([
    "shop/StatefulSet/web (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Denied",
    "shop/StatefulSet/web (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Denied",
    "shop/StatefulSet/web (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "shop/StatefulSet/web (1, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
});

test("members that reach each other are one row, however policies tell them apart", async () => {
  const member = (n: number): PodDetails & { readonly owner: string } => ({
    ips: [`10.0.0.${n}`],
    labels: { app: "db", "netpol/db": "true", index: `${n}` },
    owner: "StatefulSet/db",
  });
  const pods: Pods = { "shop/db-1": member(1), "shop/db-2": member(2), "shop/db-3": member(3) };
  const indexed = policyOf("shop/other", { podSelector: { matchLabels: { index: "9" } } });
  const status = await statusOf(SPEC, { pods, policies: [indexed] });
  expect(rows(status)).toEqual([
    "shop/StatefulSet/db (3, permit) -> shop/StatefulSet/db (3) TCP/5432 Allowed",
  ]);
});

test("rows list each verdict with its own ports", async () => {
  const spec: ServiceAccessSpec = {
    ...SPEC,
    ports: [{ port: 80, endPort: 90 }],
    permits: { policy: "None" },
  };
  const pods: Pods = {
    ...DB,
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true", tier: "web" } },
  };
  const some = policyOf("shop/some", {
    podSelector: { matchLabels: { tier: "web" } },
    policyTypes: ["Egress"],
    egress: [{ ports: [{ port: 85 }] }],
  });
  expect(rows(await statusOf(spec, { pods, policies: [some] }))).toEqual([
    "shop/Pod/web-0 (1, permit) -> shop/StatefulSet/db (1) TCP/80-84 TCP/86-90 Denied",
    "shop/Pod/web-0 (1, permit) -> shop/StatefulSet/db (1) TCP/85 Allowed",
  ]);
});

test("without a target the rows lead to the destinations", async () => {
  const spec: ServiceAccessSpec = {
    permits: {
      egress: [
        { to: [{ namespaces: ["mail"] }], ports: [{ port: 25 }] },
        { to: [{ ipBlock: { cidr: "192.0.2.0/24", except: ["192.0.2.128/25"] } }], ports: [{ port: 443 }] },
        { to: [{ preset: "ClusterDNS" }] },
      ],
    },
  };
  const pods: Pods = { ...WEB, ...IDLE, ...CLUSTER_DNS.pods, "mail/smtp": { ips: ["10.1.0.1"] } };
  const services = CLUSTER_DNS.services ?? {};
  const status = await statusOf(spec, { pods, services });
  expect(rows(status)).toEqual([
    "shop/ReplicaSet/web-1a (1, permit) -> 192.0.2.0/25 TCP/443 Allowed",
    "shop/ReplicaSet/web-1a (1, permit) -> kube-system/Pod/coredns (1) TCP/53 UDP/53 Allowed",
    "shop/ReplicaSet/web-1a (1, permit) -> mail/Pod/smtp (1) TCP/25 Allowed",
  ]);
  expect(claims(status).map((text) => text.split(":")[0])).toEqual([
    "Ready True Reconciled",
    "Programmed True Applied",
    "Effective True AllClientsAllowed",
    "DNSResolved True ServiceFound",
  ]);
  expect(status.summary).toBe("1 client reaches 3 destinations on TCP/25, TCP/53, TCP/443, UDP/53");
  const closed = policyOf("mail/closed", { podSelector: {}, policyTypes: ["Ingress"] });
  expect(await claim("Effective", spec, { pods, services, policies: [closed] })).toBe(
    "Effective False ClientDenied: shop/ReplicaSet/web-1a -> mail/Pod/smtp on TCP/25: ingress is closed by mail/closed",
  );
});

test("holders that may reach each other do, by way of their permits", async () => {
  const spec: ServiceAccessSpec = {
    permits: {
      dns: false,
      egress: [{ to: [{ podSelector: { matchLabels: { "netpol/db": "true" } } }], ports: [{ port: 80 }] }],
    },
  };
  const pods: Pods = { ...WEB, "shop/web-1": { ips: ["10.0.0.5"], labels: { "netpol/db": "true" } } };
  expect(rows(await statusOf(spec, { pods }))).toEqual([
    "shop/Pod/web-1 (1, permit) -> shop/ReplicaSet/web-1a (1) TCP/80 Allowed",
    "shop/ReplicaSet/web-1a (1, permit) -> shop/Pod/web-1 (1) TCP/80 Allowed",
  ]);
});

test("an object that names nobody claims nothing of anybody", async () => {
  const status = await statusOf(TARGET, { pods: { ...DB, ...WEB } });
  expect(status.summary).toBe("no port is offered; 1 pod is selected");
  expect(claims(status).map((text) => text.split(" ")[0])).toEqual(["Ready", "Programmed"]);
});

test("sources with ports of their own are clients, too", async () => {
  const spec: ServiceAccessSpec = {
    ...TARGET,
    rights: {
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "idle" } } }], ports: [{ port: 9187 }] }],
    },
  };
  const status = await statusOf(spec, { pods: { ...DB, ...IDLE, ...WEB } });
  expect(status.summary).toBe("1 client reaches 1 of 1 pods on TCP/9187");
  expect(claims(status).map((text) => text.split(":")[0])).toEqual([
    "Ready True Reconciled",
    "Programmed True Applied",
    "Effective True AllClientsAllowed",
    "Exclusive True OnlyDeclared",
  ]);
});

test("a DNS that is not there is said, and the rest is done", async () => {
  const status = await statusOf({ ...SPEC, permits: {} }, { pods: { ...DB, ...WEB } });
  expect(claims(status).map((text) => text.split(":")[0])).toEqual([
    "Ready False DNSNotFound",
    "Programmed True Applied",
    "Effective True AllClientsAllowed",
    "Exclusive True OnlyDeclared",
    "DNSResolved False DNSNotFound",
    "Reconciling True DNSNotFound",
  ]);
});

test("a rule that had to be left out is not passed over", async () => {
  const spec = { ...SPEC, rights: { ingress: [{ from: [{}] }] } } as unknown as ServiceAccessSpec;
  expect(await claim("Programmed", spec, { pods: DB })).toBe(
    "Programmed False InvalidSpec: rights.ingress[0].from[0]: a peer says nobody: name pods, an ipBlock or a preset",
  );
  expect(await claim("Stalled", spec, { pods: DB })).toMatch(/^Stalled True InvalidSpec/);
});

test("a row counts pods, and replicas where a pod stands for a template", async () => {
  const pods: Pods = {
    ...DB,
    "shop/web-0": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
    "shop/web-1": { ips: ["10.0.0.3"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
    "shop/batch": { labels: { "netpol/db": "true" }, owner: "Job/batch", replicas: 4 },
  };
  const status = await statusOf(SPEC, { pods });
  expect(rows(status)).toEqual([
    "shop/Deployment/web (2, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
    "shop/Job/batch (4, permit) -> shop/StatefulSet/db (1) TCP/5432 Allowed",
  ]);
  expect(status.summary).toBe("6 clients reach 1 of 1 pods on TCP/5432");
});

test("sixty clients are fifty rows and ten that are counted", async () => {
  const clients: Pods = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `shop/c${String(i).padStart(2, "0")}`,
      { ips: [`10.1.0.${i}`], labels: { "netpol/db": "true" } },
    ]),
  );
  const status = await statusOf(SPEC, { pods: { ...DB, ...clients } });
  expect(rows(status)).toHaveLength(50);
  expect(rows(status)[49]).toContain("shop/Pod/c49");
  expect(status.unlisted).toBe(10);
  expect(status.isolates).toHaveLength(50);
  expect(status.target?.clients).toBe(60);
  expect(status.summary).toBe("60 clients reach 1 of 1 pods on TCP/5432");
});

test("every list of a status stays within its bound, and its texts too", async () => {
  const many = (count: number, make: (n: number) => readonly [string, Pods[string]]): Pods =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => make(n)));
  const labels = { "netpol/db": "true" };
  const targets = many(120, (n) => [`shop/t${n}`, { ips: [`10.2.0.${n}`], labels: { app: "db" } }]);
  const foreign = many(60, (n) => [`other/f${n}`, { ips: [`10.3.0.${n}`], labels }]);
  const ports = Array.from({ length: 64 }, (_, n) => ({ port: 2 * n + 1 })) as unknown as NonNullable<
    ServiceAccessSpec["ports"]
  >;
  const policies = Array.from({ length: 150 }, (_, n) =>
    policyOf(`shop/${"p".repeat(240)}${n}`, { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
  );
  const pods = { ...targets, ...foreign, ...WEB };
  const status = await statusOf({ ...SPEC, ports, permits: { policy: "None" } }, { pods, policies });
  expect(status.target?.workloads).toHaveLength(STATUS_LIMITS.workloads);
  expect(status.findings).toHaveLength(STATUS_LIMITS.findings);
  expect(status.findingsCount).toBe(61);
  expect(status.reachability).toHaveLength(STATUS_LIMITS.reachability);
  expect(status.reachability?.[0]?.egress.by).toHaveLength(STATUS_LIMITS.by);
});
