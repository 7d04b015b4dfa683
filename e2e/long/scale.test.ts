import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane as shared } from "../control-plane/plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { isIdle } from "../operator/health.ts";
import { condition, isReady, policyPath, readsOf } from "../operator/reads.ts";
import type { Settings } from "../operator/process.ts";
import { stage } from "../operator/stage.ts";
import { timed } from "../operator/timed.ts";
import { type Writes, writesOf, writtenSince } from "../operator/writes.ts";
import {
  accessesIn,
  askForAccess,
  forgetAccess,
  growCluster,
  namespaceName,
  perNamespace,
  podsIn,
  policiesIn,
} from "./big-cluster.ts";
import { consumption } from "./consumption.ts";
import { repairs } from "./drifts.ts";
import { settled } from "./fresh.ts";
import { inParallel } from "./in-parallel.ts";
import { plainRate } from "./plain-client.ts";

/** `SCALE_NAMESPACES=50 IDLE_SECONDS=5 npm run e2e` is the same, smaller and sooner. */
const namespaces = Number(process.env["SCALE_NAMESPACES"] ?? 500);
const idleSeconds = Number(process.env["IDLE_SECONDS"] ?? 600);
const sizes = [namespaces / 10, namespaces / 2, namespaces];

const root = join(import.meta.dirname, "../..");
const mergePatch = "application/merge-patch+json";
const patience = { timeoutMs: 300_000 };
/** One of its own, because it takes longer to empty than to stop. */
const plane = await startControlPlane({
  binaries: shared.binaries,
  nodes: 20,
  definitions: [join(root, "crds/serviceaccesses.yaml")],
});
afterAll(() => plane.stop());

const reads = readsOf(plane.api);
const limitMiB = 400;
/** As many writes under way as the operator has. */
const atOnce = 16;
const operator = stage(plane, shipped());

/** The bundle, with the options of the shipped Deployment: sources take memory for being compiled. */
function shipped(): Settings {
  const folder = mkdtempSync(join(tmpdir(), "serviceaccess-bundle-"));
  execFileSync(process.execPath, [join(root, "hack/build.ts"), folder]);
  afterAll(() => rmSync(folder, { recursive: true }));
  const deployment = readFileSync(join(root, "config/manager/deployment.yaml"), "utf8");
  const options = /name: NODE_OPTIONS\s+value: (.*)/.exec(deployment)?.[1] ?? "";
  return { program: join(folder, "operator.cjs"), nodeOptions: options.split(" ") };
}

/** Nothing to do, and still nothing after the time for which bursts are held back. */
async function isAtRest(): Promise<boolean> {
  if (!(await isIdle(operator.health()))) return false;
  await delay(150);
  return await isIdle(operator.health());
}

async function restOf(what: string): Promise<number> {
  const { ms } = await timed(isAtRest, { what: `the operator to be at rest after ${what}`, ...patience });
  return ms;
}

/** Does something, and says how long it took until every status was true again, and what that cost. */
async function measured(what: string, act: () => Promise<unknown>): Promise<void> {
  const [writes, before] = [await writesOf(plane), consumption(operator.pid())];
  const begun = performance.now();
  await act();
  await delay(200);
  await restOf(what);
  const seconds = (performance.now() - begun) / 1000;
  const { cpu, rssMiB } = consumption(operator.pid());
  const cost = `${(cpu - before.cpu).toFixed(1)} s of CPU, RSS ${rssMiB} MiB`;
  operator.figure(
    `${what}: statuses true after ${seconds.toFixed(1)} s, ${cost}; ${await oursSince(writes)}`,
  );
}

/** Nobody but the operator writes these. */
async function oursSince(before: Writes): Promise<string> {
  const lines = writtenSince(before, await writesOf(plane));
  const ours = lines.filter((line) => /^APPLY|^DELETE networkpolicies/.test(line));
  return ours.length === 0 ? "no writes" : ours.join(", ");
}

async function isAllReady(count: number): Promise<boolean> {
  const found = await reads.accesses();
  return found.length === count && found.every(isReady);
}

/** Grows the cluster without the operator, then starts it, and says how long it took from nothing to all true. */
async function coldStart(from: number, to: number): Promise<number> {
  await operator.restart("SIGTERM", async () => {
    await growCluster(plane, from, to);
    await askForAccess(plane, to);
  });
  const ms = await restOf("a cold start");
  const { rssMiB, mostMiB, cpu } = consumption(operator.pid());
  await eventually(() => isAllReady(accessesIn(to)), {
    what: "every ServiceAccess to be Ready",
    ...patience,
  });
  operator.figure(
    `${podsIn(to)} pods, ${accessesIn(to)} ServiceAccesses, ${policiesIn(to)} policies of others: ` +
      `all true ${(ms / 1000).toFixed(1)} s after everything was known, ${cpu.toFixed(1)} s of CPU since it began, ` +
      `RSS ${rssMiB} MiB, at most ${mostMiB} MiB (bar ${limitMiB} MiB)`,
  );
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
  return ms;
}

beforeAll(async () => {
  if (!hasControllers) return;
  const [small = 0, middle = 0, large = 0] = sizes;
  await coldStart(0, small);
  await forgetAccess(plane, small);
  await coldStart(small, middle);
  const rate = await plainClientRate();
  await forgetAccess(plane, middle);
  const ms = await coldStart(middle, large);
  const ours = (accessesIn(large) * 3) / (ms / 1000);
  operator.figure(
    `${Math.round(ours)} writes a second from nothing to all Ready, ${Math.round(rate)} by a plain client: ` +
      `${Math.round((ours / rate) * 100)} % (bar 60 %)`,
  );
}, 900_000);

/** Of the very writes that the operator does, while it has nothing else to do. */
async function plainClientRate(): Promise<number> {
  const policies = await Promise.all(
    ["app-0-rights", "app-0-permits"].map(
      async (name) => (await reads.policy(namespaceName(1), name))?.spec ?? {},
    ),
  );
  const status = (await reads.access(namespaceName(1), "app-0"))?.status ?? {};
  return await plainRate(plane, 1_000, atOnce, { policies, status });
}

interface Pods {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

async function labelOnePod(namespace: string, label: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { body } = await plane.api<Pods>("GET", `${path}?labelSelector=app%3Dapp-3`);
  const metadata = { labels: { [label]: "true" } };
  await plane.api("PATCH", `${path}/${body.items[0]?.metadata.name}`, { metadata }, mergePatch);
}

test.runIf(hasControllers)("one pod that becomes a client is in the status", async () => {
  const namespace = namespaceName(7);
  const clients = async () => (await reads.access(namespace, "app-1"))?.status?.target?.clients;
  expect(await clients()).toBe(perNamespace.replicas);
  await measured("one pod that becomes a client", () => labelOnePod(namespace, "netpol/app-1"));
  expect(await clients()).toBe(perNamespace.replicas + 1);
});

test.runIf(hasControllers)("one policy that opens a target is in the status, and so is its end", async () => {
  const namespace = namespaceName(11);
  const message = async () => condition(await reads.access(namespace, "app-1"), "Exclusive")?.message ?? "";
  const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] };
  await measured("one policy that opens a namespace", () =>
    plane.api("POST", policyPath(namespace), { metadata: { name: "a-hole" }, spec }),
  );
  expect(await message()).toContain(`${namespace}/a-hole`);
  await measured("the end of that policy", () => plane.api("DELETE", policyPath(namespace, "a-hole")));
  expect(await message()).not.toContain("a-hole");
});

/** Namespaces from one to below another. */
function places(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => namespaceName((from + index) % namespaces));
}

test.runIf(hasControllers)("what somebody opens or deletes is repaired within a second", async () => {
  const { median, p99 } = await repairs(plane, places(100, 300), "app-0-rights");
  operator.figure(`200 changes of others repaired: median ${median} ms, p99 ${p99} ms (bar 1000 ms)`);
});

test.runIf(hasControllers)("and while every status is being worked out", async () => {
  let isOver = false;
  const busy = async () => {
    // All objects let every pod of the first namespace in.
    for (let turn = 0; !isOver; turn += 1) {
      await labelOnePod(namespaceName(0), `netpol/app-${turn % perNamespace.accesses}`);
      await delay(500);
    }
  };
  const disturbing = busy();
  const { median, p99 } = await repairs(plane, places(300, 400), "app-1-rights");
  isOver = true;
  await disturbing;
  operator.figure(
    `the same while all statuses are worked out: median ${median} ms, p99 ${p99} ms (bar 1000 ms)`,
  );
  await restOf("the changes of everybody's status");
});

test.runIf(hasControllers)("a rollout of a tenth of the pods is followed", async () => {
  const count = podsIn(namespaces) / 10 / perNamespace.replicas;
  const annotations = { rolled: "out" };
  const body = { spec: { template: { metadata: { annotations } } } };
  const paths = places(400, 400 + count).map(
    (place) => `/apis/apps/v1/namespaces/${place}/deployments/app-2`,
  );
  await measured(`a rollout of ${count * perNamespace.replicas} pods`, async () => {
    await inParallel(
      plane,
      [...new Set(paths)].map((path) => ({
        method: "PATCH",
        path,
        body,
        contentType: mergePatch,
        status: 200,
      })),
    );
    await eventually(() => isRolledOut(), { what: "the rollout", ...patience });
  });
});

interface Deployments {
  readonly items: readonly {
    readonly metadata: { readonly generation: number };
    readonly status: {
      readonly observedGeneration?: number;
      readonly replicas?: number;
      readonly updatedReplicas?: number;
      readonly readyReplicas?: number;
    };
  }[];
}

async function isRolledOut(): Promise<boolean> {
  const { body } = await plane.api<Deployments>("GET", "/apis/apps/v1/deployments");
  return body.items.every(
    ({ metadata, status }) =>
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === perNamespace.replicas &&
      status.replicas === perNamespace.replicas &&
      status.readyReplicas === perNamespace.replicas,
  );
}

test.runIf(hasControllers)("a restart finds everything as it is, and writes nothing", async () => {
  const writes = await writesOf(plane);
  const begun = performance.now();
  await operator.restart("SIGTERM");
  await restOf("a restart");
  const { cpu, rssMiB, mostMiB } = consumption(operator.pid());
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  operator.figure(
    `restart: all looked at after ${seconds} s, ${cpu.toFixed(1)} s of CPU, RSS ${rssMiB} MiB, at most ${mostMiB} MiB`,
  );
  expect(writtenSince(writes, await writesOf(plane))).toEqual([]);
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
});

test.runIf(hasControllers)("at rest nothing is written, and everything is as a simulation says", async () => {
  const [writes, before] = [await writesOf(plane), consumption(operator.pid())];
  const end = Date.now() + idleSeconds * 1000;
  const { made, fresh } = await settled(plane, 120_000);
  expect(made).toEqual(fresh);
  await delay(Math.max(0, end - Date.now()));
  const { cpu, rssMiB, mostMiB } = consumption(operator.pid());
  const written = writtenSince(writes, await writesOf(plane));
  const spent = (cpu - before.cpu).toFixed(1);
  operator.figure(
    `${idleSeconds} s at rest: ${written.length} kinds of writes but the lease, ${spent} s of CPU, RSS ${rssMiB} MiB, at most ${mostMiB} MiB`,
  );
  expect(written).toEqual([]);
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
});
