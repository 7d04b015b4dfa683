import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterEach, expect, test } from "vitest";

import { WINDOWS } from "../src/reconciler/names/windows.ts";
import { SPECIFICATION } from "../src/core/profile.ts";
import { createClient } from "../src/kube/client.ts";
import { createCluster } from "../src/kube/cluster.ts";
import { loadKubeConfig } from "../src/kube/kubeconfig.ts";
import { readLiveWorld } from "../src/kube/live.ts";
import { PATIENCE } from "../src/kube/patience.ts";
import { createTransport } from "../src/kube/transport.ts";
import { createWatches } from "../src/kube/watches.ts";
import type { NetworkPolicy, NetworkPolicySpec, ObjectMeta } from "../src/model/network-policy.ts";
import { UNTOLD } from "../src/model/platform.ts";
import type { ServiceAccess } from "../src/model/service-access.ts";
import { startOperator } from "../src/operator/run.ts";
import { accessDecoder } from "../src/operator/schema.ts";
import { createStore } from "../src/reconciler/store.ts";
import { recordedLog } from "../src/testing/recorded-log.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";

const open: NetworkPolicySpec = {
  podSelector: { matchLabels: { app: "web" } },
  policyTypes: ["Ingress", "Egress"],
  ingress: [
    {
      from: [
        { namespaceSelector: { matchLabels: { team: "a" } }, podSelector: {} },
        { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
      ],
      ports: [{ protocol: "TCP", port: "http" }],
    },
  ],
  egress: [
    {
      to: [{ podSelector: { matchLabels: { app: "db" } } }],
      ports: [{ protocol: "TCP", port: 1, endPort: 9 }],
    },
  ],
};
const closed: NetworkPolicySpec = { podSelector: {}, policyTypes: ["Ingress"] };

test("a NetworkPolicy written by the operator and read back raw has its from and to intact", async () => {
  const namespace = await plane.namespace("intact");
  await plane.apply(
    access(namespace, {
      target: { podSelector: { matchLabels: { app: "web" } } },
      ports: [{ port: 80 }],
      rights: {
        ingress: [
          { from: [{ namespaces: ["kube-system"], podSelector: { matchLabels: { app: "probe" } } }] },
        ],
        egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 443 }] }],
      },
    }),
  );
  await operator();
  const rights = await eventually(() => raw(namespace, "web-rights"), { what: "the rights" });
  const permits = await eventually(() => raw(namespace, "web-permits"), { what: "the permits" });
  const probe = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    podSelector: { matchLabels: { app: "probe" } },
  };
  const ports = [{ protocol: "TCP", port: 80 }];
  expect(rights.spec).toEqual({
    podSelector: { matchLabels: { app: "web" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [probe, { podSelector: { matchLabels: { "netpol/web": "true" } } }], ports }],
    egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ protocol: "TCP", port: 443 }] }],
  });
  expect(permits.spec.egress).toContainEqual({
    to: [{ podSelector: { matchLabels: { app: "web" } } }],
    ports,
  });
});

test("every peer and port of an applied policy is stored as it was sent, and answered as it was stored", async () => {
  const namespace = await plane.namespace("sent");
  const { cluster, store } = kube();
  const result = await cluster.applyPolicy(policy(namespace, open), undefined);
  const stored = await raw(namespace);
  expect(stored?.spec).toEqual(open);
  expect(result).toMatchObject({
    kind: "stored",
    policy: { spec: open, metadata: { uid: stored?.metadata.uid } },
  });
  expect([...store.world.policies.values()].map(({ spec }) => spec)).toEqual([open]);
  expect(managers(stored)).toEqual(["serviceaccess Apply"]);
});

test("a policy that appeared since we looked is not overwritten by creating ours", async () => {
  const namespace = await plane.namespace("foreign");
  await plane.apply({
    ...policy(namespace, closed),
    metadata: { namespace, name: "web", labels: { theirs: "yes" } },
  });
  const before = await raw(namespace);
  const { cluster } = kube();
  await expect(cluster.applyPolicy(policy(namespace, open), undefined)).rejects.toMatchObject({
    status: 409,
  });
  expect(await raw(namespace)).toEqual(before);
});

test("a policy that was changed, deleted, or deleted and made again since we looked is not written", async () => {
  const namespace = await plane.namespace("stale");
  const { cluster } = kube();
  const first = await created(cluster, policy(namespace, open));
  await plane.apply({
    ...policy(namespace, open),
    metadata: { namespace, name: "web", labels: { edited: "yes" } },
  });
  const edited = await raw(namespace);
  await expect(cluster.applyPolicy(policy(namespace, closed), first)).rejects.toMatchObject({ status: 409 });
  await expect(cluster.removePolicy(first)).rejects.toMatchObject({ status: 409 });
  expect(await raw(namespace)).toEqual(edited);

  await plane.api("DELETE", path(namespace, "web"));
  await expect(cluster.applyPolicy(policy(namespace, closed), first)).rejects.toMatchObject({ status: 409 });
  expect(await cluster.removePolicy(first)).toEqual({ kind: "removed" });
  expect(await raw(namespace)).toBeUndefined();

  const second = await created(kube().cluster, policy(namespace, open));
  await expect(cluster.applyPolicy(policy(namespace, closed), first)).rejects.toThrow(/uid|modified/);
  await expect(cluster.removePolicy(first)).rejects.toMatchObject({ status: 409 });
  expect((await raw(namespace))?.metadata.uid).toBe(second.metadata.uid);
});

test("a later apply takes away what the one before it said", async () => {
  const namespace = await plane.namespace("shrink");
  const { cluster } = kube();
  const labelled = {
    ...policy(namespace, open),
    metadata: { namespace, name: "web", annotations: { note: "old" } },
  };
  const first = await created(cluster, labelled);
  await cluster.applyPolicy(policy(namespace, closed), first);
  const stored = await raw(namespace);
  expect(stored?.spec).toEqual(closed);
  expect(stored?.metadata.annotations).toBeUndefined();
});

test("rules that someone else put into a policy of ours that has none are gone after the next apply", async () => {
  const namespace = await plane.namespace("opened");
  const { cluster } = kube();
  await created(cluster, policy(namespace, closed));
  const hole = { spec: { policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] } };
  await plane.api("PATCH", path(namespace, "web"), hole, "application/merge-patch+json");
  const opened = await raw(namespace);
  expect(opened?.spec.ingress).toEqual([{}]);
  await cluster.applyPolicy(policy(namespace, closed), opened);
  expect((await raw(namespace))?.spec).toEqual(closed);
});

test("applying what is there already stores nothing new", async () => {
  const namespace = await plane.namespace("calm");
  const { cluster } = kube();
  const first = await created(cluster, policy(namespace, open));
  await cluster.applyPolicy(policy(namespace, open), first);
  expect((await raw(namespace))?.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
});

test("what the API refuses comes back as the reason for a status", async () => {
  const namespace = await plane.namespace("refused");
  const { cluster } = kube();
  const bad = { ...open, ingress: [{ ports: [{ protocol: "TCP", port: 70_000 }] }] };
  const controller = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "a", controller: true };
  const twoControllers = [controller, { ...controller, uid: "b" }];
  const stranger = kube({ as: "nobody" }).cluster;
  const results = [
    await cluster.applyPolicy(policy(namespace, bad), undefined),
    await cluster.applyPolicy(
      { ...policy(namespace, open), metadata: { namespace, name: "web", ownerReferences: twoControllers } },
      undefined,
    ),
    await cluster.applyPolicy(policy("no-such-namespace", open), undefined),
    await stranger.applyPolicy(policy(namespace, open), undefined),
  ];
  expect(results.map((result) => result.kind === "refused" && result.reason)).toEqual([
    "Invalid",
    "Invalid",
    "NotFound",
    "Forbidden",
  ]);
});

test("a namespace that is going away refuses new policies, and says so", async () => {
  const namespace = await plane.namespace("going");
  const held = { metadata: { name: "held", finalizers: ["test.serviceaccess.dev/held"] } };
  await plane.api("POST", `/api/v1/namespaces/${namespace}/configmaps`, held);
  await plane.api("DELETE", `/api/v1/namespaces/${namespace}`);
  expect(await kube().cluster.applyPolicy(policy(namespace, open), undefined)).toMatchObject({
    kind: "refused",
    reason: "NamespaceTerminating",
  });
  const release = { metadata: { finalizers: [] } };
  await plane.api(
    "PATCH",
    `/api/v1/namespaces/${namespace}/configmaps/held`,
    release,
    "application/merge-patch+json",
  );
});

test("a status is stored once, leaves the spec alone, and is of the version that was looked at", async () => {
  const namespace = await plane.namespace("status");
  const object = access(namespace, { target: { podSelector: {} }, suspend: true });
  await plane.apply(object);
  const { cluster } = kube();
  const before = await rawAccess(namespace);
  const status = { observedGeneration: 1, summary: "fine", findingsCount: 0 };
  await cluster.writeStatus(before, status);
  const after = await rawAccess(namespace);
  expect(after).toMatchObject({ status, spec: before.spec, metadata: { generation: 1 } });
  await cluster.writeStatus(after, status);
  expect(await rawAccess(namespace)).toEqual(after);

  await cluster.writeStatus(before, { summary: "out of date" });
  expect(await rawAccess(namespace)).toEqual(after);
  await plane.api("DELETE", accessPath(namespace));
  await cluster.writeStatus(after, { summary: "of nothing" });
  await plane.apply(object);
  await cluster.writeStatus(after, { summary: "of the one before" });
  expect((await rawAccess(namespace)).status?.summary).toBeUndefined();
});

test("a ServiceAccess from before a schema that refuses it is told so, and its policies stay", async () => {
  const namespace = await plane.namespace("older");
  await plane.apply(access(namespace, { target: { podSelector: {} }, ports: [{ port: 80 }] }));
  await operator();
  const rights = await eventually(() => raw(namespace, "web-rights"), { what: "the rights" });
  await underAnOlderSchema(async () => {
    await plane.api(
      "PATCH",
      accessPath(namespace),
      { spec: { ports: [{ port: 0 }] } },
      "application/merge-patch+json",
    );
  });
  const told = await eventually(
    async () => {
      const { status } = await rawAccess(namespace);
      return status?.conditions?.some(({ type }) => type === "Stalled") ? status : undefined;
    },
    { what: "the status InvalidSpec" },
  );
  expect(told.observedGeneration).toBe(2);
  expect(told.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
    "Ready False InvalidSpec",
    "Stalled True InvalidSpec",
  ]);
  expect(told.conditions?.[0]?.message).toContain("spec.ports[0].port");
  expect(await raw(namespace, "web-rights")).toEqual(rights);
  await plane.api("DELETE", accessPath(namespace));
});

test("a cluster with more objects than fit on a page is known whole, and followed", async () => {
  const namespace = await plane.namespace("many");
  const names = Array.from({ length: 620 }, (_, index) => `p${index}`);
  await Promise.all(names.map((name) => plane.api("POST", path(namespace), policy(namespace, closed, name))));
  const { store, watches } = kube({ run: true });
  await watches.synced;
  const known = () =>
    [...store.world.policies.keys()].filter((key) => key.startsWith(`${namespace}/`)).length;
  expect(known()).toBe(620);
  await plane.api("DELETE", path(namespace, "p7"));
  await plane.api("POST", path(namespace), policy(namespace, closed, "late"));
  await eventually(() => store.world.policies.has(`${namespace}/late`) && known() === 620, {
    what: "the changes",
  });

  const world = await readLiveWorld({ kubeconfig: plane.kubeconfig, decodeServiceAccess: accessDecoder() });
  expect(world.policies.size).toBe(store.world.policies.size);
  expect(world.policies.get(`${namespace}/late`)).toEqual(store.world.policies.get(`${namespace}/late`));
});

test("an API server with a certificate that nobody vouches for is not talked to", async () => {
  const kubeconfig = changedKubeconfig({ cluster: { server: plane.server } });
  await expect(readLiveWorld({ kubeconfig, decodeServiceAccess: accessDecoder() })).rejects.toThrow(
    /certificate/,
  );
});

test("the process works under the shipped role alone, is ready when it knows everything, and ends with 0 when asked to", async () => {
  const rbac = await plane.kubectl([
    "apply",
    "-f",
    join(import.meta.dirname, "../config/rbac/cluster_role.yaml"),
  ]);
  expect(rbac.stderr).toBe("");
  const user = "serviceaccess-e2e";
  await plane.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: user },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "serviceaccess" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  });
  const namespace = await plane.namespace("process");
  await plane.apply(access(namespace, { target: { podSelector: {} }, ports: [{ port: 80 }] }));
  const main = join(import.meta.dirname, "../src/operator/main.ts");
  const kubeconfig = changedKubeconfig({ user: { token: plane.token, as: user } });
  const args = [main, "--kubeconfig", kubeconfig, "--health-address", "127.0.0.1:0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const lines = () => out.split("\n").flatMap((line) => (line === "" ? [] : [believe<LogLine>(line)]));

  const port = await eventually(() => lines().find(({ msg }) => msg === "starting")?.health, {
    what: "the port",
  });
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, { what: "readiness" });
  await eventually(() => raw(namespace, "web-permits"), { what: "the permits" });
  await eventually(async () => (await rawAccess(namespace)).status?.observedGeneration === 1, {
    what: "the status",
  });
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const messages = lines().map(({ msg }) => msg);
  expect(messages.filter((text) => !text.startsWith("policy "))).toEqual([
    "starting",
    "synced",
    "stopping",
    "stopped",
  ]);
  expect(err).toBe("");
});

interface LogLine {
  readonly msg: string;
  readonly health?: number;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Our client on the real API server, with a store of its own; `run` also watches. */
function kube({ as, run = false }: { readonly as?: string; readonly run?: boolean } = {}) {
  const config = loadKubeConfig({ kubeconfig: plane.kubeconfig });
  const [user] = config.users;
  if (as !== undefined && user !== undefined) config.users = [{ ...user, impersonateUser: as }];
  const client = createClient(createTransport(config));
  const store = createStore();
  const watches = createWatches({ client, store, log: recordedLog(), decodeServiceAccess: accessDecoder() });
  const stopping = new AbortController();
  const ended = run ? watches.run(stopping.signal) : Promise.resolve();
  endings.push(async () => {
    stopping.abort();
    await ended;
    await client.close();
  });
  return {
    client,
    store,
    watches,
    cluster: createCluster({ client, store, watches, tell: () => undefined }),
    signal: stopping.signal,
  };
}

/** The operator in this process, for the time of a test. */
async function operator(): Promise<void> {
  const settings = {
    kubeconfig: plane.kubeconfig,
    context: undefined,
    logLevel: "info",
    health: undefined,
    metrics: undefined,
    lease: undefined,
    concurrency: 4,
    patience: PATIENCE,
    profile: SPECIFICATION,
    networkProfile: undefined,
    platform: UNTOLD,
    names: { servers: [], windows: WINDOWS, mostOfNamespace: 0 },
  } as const;
  const running = await startOperator(settings, recordedLog());
  endings.push(running.shutdown);
  await running.started;
}

async function created(
  cluster: ReturnType<typeof createCluster>,
  wanted: NetworkPolicy,
): Promise<NetworkPolicy> {
  const result = await cluster.applyPolicy(wanted, undefined);
  if (result.kind !== "stored") throw new Error(`not stored: ${JSON.stringify(result)}`);
  return result.policy;
}

function policy(namespace: string, spec: NetworkPolicySpec, name = "web"): NetworkPolicy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { namespace, name }, spec };
}

function access(namespace: string, spec: object) {
  const metadata = { namespace, name: "web" };
  return { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ServiceAccess", metadata, spec };
}

function path(namespace: string, name?: string): string {
  const collection = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
  return name === undefined ? collection : `${collection}/${name}`;
}

function accessPath(namespace: string): string {
  return `/apis/serviceaccess.dev/v1alpha1/namespaces/${namespace}/serviceaccesses/web`;
}

interface Raw extends NetworkPolicy {
  readonly metadata: ObjectMeta & {
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[];
  };
}

/** As the API server has it, with nothing of ours in between. */
async function raw(namespace: string, name = "web"): Promise<Raw | undefined> {
  const { status, body } = await plane.api<Raw>("GET", path(namespace, name));
  return status === 200 ? body : undefined;
}

async function rawAccess(namespace: string): Promise<ServiceAccess> {
  const { status, body } = await plane.api<ServiceAccess>("GET", accessPath(namespace));
  if (status !== 200) throw new Error(`no ServiceAccess in ${namespace}: ${JSON.stringify(body)}`);
  return body;
}

function managers(object: Raw | undefined): readonly string[] {
  return object?.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`) ?? [];
}

const crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/serviceaccesses.serviceaccess.dev";

/** Lets something in that the schema of today refuses. */
async function underAnOlderSchema(act: () => Promise<void>): Promise<void> {
  interface Crd {
    readonly spec: { readonly versions: readonly { readonly schema: unknown }[] };
  }
  const { body } = await plane.api<Crd>("GET", crd);
  const versions = (schema: unknown) => ({
    spec: { versions: body.spec.versions.map((version) => ({ ...version, schema })) },
  });
  const anything = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const change = (schema: unknown) =>
    plane.api("PATCH", crd, versions(schema), "application/merge-patch+json");
  await change(anything);
  try {
    await eventually(() => isAccepted({ spec: { ports: [{ port: 0 }] } }), { what: "the older schema" });
    await act();
  } finally {
    await change(body.spec.versions[0]?.schema);
    await eventually(async () => !(await isAccepted({ spec: { ports: [{ port: 0 }] } })), {
      what: "today's schema",
    });
  }
}

async function isAccepted(part: object): Promise<boolean> {
  const object = { ...access("default", {}), ...part };
  const collection = "/apis/serviceaccess.dev/v1alpha1/namespaces/default/serviceaccesses?dryRun=All";
  return (await plane.api("POST", collection, object)).status === 201;
}

/** The kubeconfig of the control plane, with another cluster or another user in it. */
function changedKubeconfig(change: { readonly cluster?: object; readonly user?: object }): string {
  const config = believe<Kubeconfig>(JSON.stringify(load(readFileSync(plane.kubeconfig, "utf8"))));
  const changed = {
    ...config,
    clusters: config.clusters.map(({ name, cluster }) => ({ name, cluster: change.cluster ?? cluster })),
    users: config.users.map(({ name, user }) => ({ name, user: change.user ?? user })),
  };
  const file = join(plane.folder, `kubeconfig-${randomUUID()}`);
  writeFileSync(file, JSON.stringify(changed));
  return file;
}
