import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane as shared } from "../control-plane/plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { isIdle } from "../operator/health.ts";
import { pod } from "../operator/objects.ts";
import { condition, isReady, policyPath, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { timed } from "../operator/timed.ts";
import { writesOf, writtenSince } from "../operator/writes.ts";
import { buildCluster, namespaceName } from "./big-cluster.ts";
import { settled } from "./fresh.ts";

const size = { namespaces: 50, workloads: 8, replicas: 5, accesses: 6, policies: 10 };
const pods = size.namespaces * size.workloads * size.replicas;
const accesses = size.namespaces * size.accesses;
const foreign = size.namespaces * size.policies;

const mergePatch = "application/merge-patch+json";
const patience = { timeoutMs: 180_000 };
/** One of its own, because it takes longer to empty than to stop. */
const plane = await startControlPlane({
  binaries: shared.binaries,
  definitions: [join(import.meta.dirname, "../../crds/serviceaccesses.yaml")],
});
afterAll(() => plane.stop());

const reads = readsOf(plane.api);
/** What Node takes in a container with the memory of the shipped Deployment. */
const [limitMiB, heapMiB] = [512, 256];
const operator = stage(plane, { heapMiB });

/** How much memory the operator takes now, and took at most, as the kernel counts it. */
function memory(): { readonly nowMiB: number; readonly mostMiB: number } {
  const status = readFileSync(`/proc/${operator.pid()}/status`, "utf8");
  const mebibytes = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { nowMiB: mebibytes("VmRSS"), mostMiB: mebibytes("VmHWM") };
}

/** Nothing to do, and still nothing after the time for which bursts are held back. */
async function isAtRest(): Promise<boolean> {
  if (!(await isIdle(operator.health()))) return false;
  await delay(300);
  return await isIdle(operator.health());
}

beforeAll(async () => {
  if (!hasControllers) return;
  await operator.restart("SIGTERM", () => buildCluster(plane, size));
  const ready = async () => {
    const found = await reads.accesses();
    return found.length === accesses && found.every(isReady);
  };
  const { ms } = await timed(ready, { what: "every ServiceAccess to be Ready", ...patience });
  operator.figure(`${pods} pods, ${accesses} ServiceAccesses, ${foreign} foreign policies`);
  operator.figure(`all Ready ${ms} ms after a cold start`);
  const rest = await timed(isAtRest, { what: "the operator to be at rest", ...patience });
  operator.figure(`at rest ${rest.ms} ms later`);
}, 400_000);

async function exclusive(namespace: string): Promise<string | undefined> {
  return condition(await reads.access(namespace, "app-1"), "Exclusive")?.status;
}

test.runIf(hasControllers)("one pod that becomes a client is in the status", async () => {
  const namespace = namespaceName(7);
  const before = (await reads.access(namespace, "app-1"))?.status?.target?.clients ?? 0;
  expect(before).toBe(size.replicas);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  interface Pods {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  }
  const { body } = await plane.api<Pods>("GET", `${path}?labelSelector=app%3Dapp-5`);
  const label = { metadata: { labels: { "netpol/app-1": "true" } } };
  await plane.api("PATCH", `${path}/${body.items[0]?.metadata.name}`, label, mergePatch);
  const { ms } = await timed(
    async () => (await reads.access(namespace, "app-1"))?.status?.target?.clients === before + 1,
    { what: "the new client in the status", ...patience },
  );
  operator.figure(`${ms} ms until one changed label was in the status`);
});

test.runIf(hasControllers)("one policy that opens a target is in the status, and so is its end", async () => {
  const namespace = namespaceName(11);
  await eventually(async () => (await exclusive(namespace)) !== undefined, { what: "a status", ...patience });
  const before = await exclusive(namespace);
  expect(before).toBe("False");
  const message = async () => condition(await reads.access(namespace, "app-1"), "Exclusive")?.message;
  const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] };
  await plane.api("POST", policyPath(namespace), { metadata: { name: "a-hole" }, spec });
  const opened = await timed(async () => (await message())?.includes(`${namespace}/a-hole`), {
    what: "the hole in the status",
    ...patience,
  });
  operator.figure(`${opened.ms} ms until one policy that opens a target was in the status`);
  await plane.api("DELETE", policyPath(namespace, "a-hole"));
  const closed = await timed(async () => (await message())?.includes("a-hole") === false, {
    what: "the end of the hole in the status",
    ...patience,
  });
  operator.figure(`${closed.ms} ms until its end was`);
});

test.runIf(hasControllers).each([
  ["while nothing else is to be done", false],
  ["while every status is being worked out", true],
] as const)("one policy of ours that somebody deletes %s is back", async (when, isBusy) => {
  const namespace = namespaceName(13);
  if (isBusy) await addStranger();
  const before = await reads.policy(namespace, "app-1-rights");
  await plane.api("DELETE", policyPath(namespace, "app-1-rights"));
  const { value, ms } = await timed(() => reads.policy(namespace, "app-1-rights"), {
    what: "the policy to be back",
    ...patience,
  });
  expect(value.spec).toEqual(before?.spec);
  operator.figure(`${ms} ms until a policy that was deleted ${when} was back`);
});

/** A pod unlike any other: it may be let in anywhere. */
async function addStranger(): Promise<void> {
  const stranger = pod("stranger", { app: "app-6", "netpol/app-1": "true", "netpol/app-3": "true" });
  const { status } = await plane.api("POST", `/api/v1/namespaces/${namespaceName(9)}/pods`, stranger);
  expect(status).toBe(201);
  await eventually(async () => !(await isIdle(operator.health())), { what: "work", timeoutMs: 5_000 });
}

test.runIf(hasControllers)(
  "everything is as a simulation of the same cluster says, and then at rest",
  async () => {
    const begun = performance.now();
    const { made, fresh } = await settled(plane, 180_000);
    expect(made).toEqual(fresh);
    operator.figure(`compared with a simulation in ${Math.round(performance.now() - begun)} ms`);
    const writes = await writesOf(plane);
    await delay(5_000);
    expect(writtenSince(writes, await writesOf(plane))).toEqual([]);
    const { nowMiB, mostMiB } = memory();
    operator.figure(`RSS ${nowMiB} MiB, ${mostMiB} MiB at most, with a heap of at most ${heapMiB} MiB`);
    expect(mostMiB).toBeLessThan(limitMiB);
  },
);
