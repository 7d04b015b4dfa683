import { expect, test } from "vitest";

import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { type Result, serviceaccess } from "./operator/command-line.ts";
import { isIdle } from "./operator/health.ts";
import { inNamespace, pod, serviceAccess } from "./operator/objects.ts";
import { accessPath, condition, type RawAccess, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { writesOf, writtenSince } from "./operator/writes.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);
const mergePatch = "application/merge-patch+json";

const spec = {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 8080 }],
  permits: { dns: false },
};
const pods = [
  pod("web", { app: "web" }),
  pod("shop", { app: "shop", "netpol/web": "true" }),
  pod("stranger", { app: "stranger" }),
];

/** Three pods that run, and nobody isolated. */
async function inhabited(prefix: string): Promise<string> {
  const namespace = await plane.namespace(prefix);
  await plane.apply(...inNamespace(namespace, ...pods));
  const wait = ["wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", "--timeout=30s"];
  expect(await plane.kubectl(wait)).toMatchObject({ code: 0 });
  return namespace;
}

async function change(namespace: string, changed: object): Promise<void> {
  const path = accessPath(namespace, "web");
  expect(await plane.api("PATCH", path, { spec: changed }, mergePatch)).toMatchObject({ status: 200 });
}

/** The object once its status is about its present spec, for this reason. */
async function told(namespace: string, reason: string): Promise<RawAccess> {
  return await eventually(
    async () => {
      const access = await reads.access(namespace, "web");
      const ready = condition(access, "Ready");
      const isNow = ready?.observedGeneration === access?.metadata.generation && ready?.reason === reason;
      return isNow ? access : undefined;
    },
    { what: `${namespace}/web to say ${reason}` },
  );
}

/** What the command line sees of the live cluster, on the port and on another one. */
async function verdicts(namespace: string): Promise<Readonly<Record<string, string>>> {
  const names = pods.map(({ metadata }) => metadata.name);
  const flows = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));
  const cases = flows.flatMap(([from, to]) =>
    [8080, 9090].map((port) => ({
      name: `${from} > ${to}:${port}`,
      from: `${namespace}/${from}`,
      to: `${namespace}/${to}`,
      port,
      protocol: "TCP",
    })),
  );
  const asked = { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ReachabilityTest", spec: { cases } };
  const { results } = await serviceaccess<{ readonly results: readonly Result[] }>(
    ["test", "-", "-o", "json", "--kubeconfig", plane.kubeconfig],
    JSON.stringify(asked),
  );
  return Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
}

/** What the preview says of a flow between two of the pods: `Allowed -> Denied`, or nothing. */
function foretold({ status }: RawAccess, from: string, to: string, port: number): string | undefined {
  const rows = [...(status?.preview?.gains ?? []), ...(status?.preview?.loses ?? [])];
  const row = rows.find(
    (each) =>
      each.from.workload === `Pod/${from}` &&
      each.to.workload === `Pod/${to}` &&
      each.ports.some((text) => covers(text, port)),
  );
  return row === undefined ? undefined : `${row.before} -> ${row.after}`;
}

function covers(text: string, port: number): boolean {
  const [, from = "", to = from] = /^TCP\/(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return from !== "" && Number(from) <= port && port <= Number(to);
}

test.runIf(hasControllers)(
  "a dry run writes nothing but its status, and what it foretells comes to pass",
  async () => {
    const namespace = await inhabited("dry-run");
    const before = await verdicts(namespace);
    const writes = await writesOf(plane);
    await plane.apply(...inNamespace(namespace, serviceAccess("web", { ...spec, mode: "DryRun" })));
    const access = await told(namespace, "DryRun");
    await eventually(() => isIdle(operator.health()), { what: "the operator to have nothing to do" });
    expect(await reads.policies(namespace)).toEqual([]);
    const written = writtenSince(writes, await writesOf(plane));
    expect(written.filter((text) => text.includes("networkpolicies"))).toEqual([]);
    operator.figure(`a dry run cost ${written.join(", ")}`);
    expect(
      access.status?.preview?.isolates.map(({ workload, direction }) => `${direction} ${workload}`),
    ).toEqual(["Egress Pod/shop", "Ingress Pod/web"]);

    await change(namespace, { mode: "Enforce" });
    const enforced = await told(namespace, "Reconciled");
    expect(enforced.status?.preview).toBeUndefined();
    const after = await verdicts(namespace);
    for (const [flow, now] of Object.entries(after)) {
      const [, from = "", to = "", port = ""] = /^(\w+) > (\w+):(\d+)$/.exec(flow) ?? [];
      const change = before[flow] === now ? undefined : `${before[flow]} -> ${now}`;
      expect([flow, foretold(access, from, to, Number(port))]).toEqual([flow, change]);
    }
    expect(Object.values(after)).toContain("Denied");
  },
);

test.runIf(hasControllers)(
  "what is there stays as it is while the object is a dry run or suspended",
  async () => {
    const namespace = await inhabited("switched");
    await plane.apply(...inNamespace(namespace, serviceAccess("web", spec)));
    expect((await told(namespace, "Reconciled")).status?.deletionWouldExpose).toMatchObject({
      pods: 1,
      released: 1,
    });
    const policies = await reads.policies(namespace);
    expect(policies.length).toBe(2);

    await change(namespace, { mode: "DryRun", ports: [{ port: 9090 }] });
    const dry = await told(namespace, "DryRun");
    expect([foretold(dry, "shop", "web", 8080), foretold(dry, "shop", "web", 9090)]).toEqual([
      "Allowed -> Denied",
      "Denied -> Allowed",
    ]);
    await change(namespace, { mode: null, suspend: true });
    const suspended = await told(namespace, "Suspended");
    expect(condition(suspended, "Programmed")?.message).toContain(`${namespace}/web-rights is different`);
    expect(suspended.status?.preview).toBeUndefined();
    expect(await reads.policies(namespace)).toEqual(policies);

    await change(namespace, { suspend: null });
    await told(namespace, "Reconciled");
    expect((await reads.policy(namespace, "web-rights"))?.spec.ingress?.[0]?.ports).toEqual([
      { protocol: "TCP", port: 9090 },
    ]);
  },
);

interface RawEvent {
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly name: string };
}

test.runIf(hasControllers)("whoever deletes what alone isolates a pod is told by an Event", async () => {
  const namespace = await inhabited("farewell");
  await plane.apply(...inNamespace(namespace, serviceAccess("web", spec)));
  const { status } = await told(namespace, "Reconciled");
  await plane.api("DELETE", accessPath(namespace, "web"));
  const note = `the object is deleted: ${status?.deletionWouldExpose?.message ?? "nothing"}`;
  await eventually(
    async () => {
      const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
      const { body } = await plane.api<{ readonly items: readonly RawEvent[] }>("GET", path);
      const found = body.items.filter(({ reason }) => reason === "DeletionExposes");
      expect(found).toMatchObject([{ note, regarding: { name: "web" } }]);
      return true;
    },
    { what: "the Event" },
  );
});
