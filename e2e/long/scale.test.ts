import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane as shared } from "../control-plane/plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { condition, isReady, policyPath, readsOf } from "../operator/reads.ts";
import { shipped } from "../operator/shipped.ts";
import { stage } from "../operator/stage.ts";
import { writesOf, writtenSince } from "../operator/writes.ts";
import {
  accessesIn,
  askForAccess,
  forgetAccess,
  growCluster,
  isRolledOut,
  labelOnePod,
  namespaceName,
  perNamespace,
  podsIn,
  policiesIn,
  rollOut,
} from "./big-cluster.ts";
import { repairs } from "./drifts.ts";
import { settled } from "./fresh.ts";
import { meterOf, patience, requestsSince, seconds } from "./meter.ts";
import { plainRate } from "./plain-client.ts";

/** `SCALE_NAMESPACES=50 IDLE_SECONDS=5 npm run e2e` is the same, smaller and sooner. */
const namespaces = Number(process.env["SCALE_NAMESPACES"] ?? 500);
const idleSeconds = Number(process.env["IDLE_SECONDS"] ?? 600);

/** One of its own, because it takes longer to empty than to stop. */
const plane = await startControlPlane({
  binaries: shared.binaries,
  nodes: 20,
  definitions: [join(import.meta.dirname, "../../crds/serviceaccesses.yaml")],
});
afterAll(() => plane.stop());

const reads = readsOf(plane.api);
const limitMiB = 400;
const operator = stage(plane, shipped());
const meter = meterOf(plane, operator);

async function areAllReady(count: number): Promise<boolean> {
  const found = await reads.accesses();
  return found.length === count && found.every(isReady);
}

/** The milliseconds until there is nothing to do any more; whether all is done is looked at afterwards, for that takes long. */
async function untilReady(count: number): Promise<number> {
  const begun = performance.now();
  const rested = async () => {
    await meter.rest("a cold start");
    const took = performance.now() - begun;
    return (await areAllReady(count)) && took;
  };
  return await eventually(rested, { what: "every ServiceAccess to be Ready", ...patience });
}

/** Grows the cluster without the operator, then starts it, and says how long it took from nothing to all true. */
async function coldStart(from: number, to: number, meanwhile = async () => {}): Promise<number> {
  await operator.restart("SIGTERM", async () => {
    await growCluster(plane, from, to);
    await meanwhile();
    await askForAccess(plane, to);
  });
  const took = await untilReady(accessesIn(to));
  const { rssMiB, mostMiB, cpu } = meter.taken();
  operator.figure(
    `${podsIn(to)} pods, ${accessesIn(to)} ServiceAccesses, ${policiesIn(to)} policies of others: ` +
      `all true ${seconds(took)} s after everything was known, ${cpu.toFixed(1)} s of CPU since it began, ` +
      `RSS ${rssMiB} MiB, at most ${mostMiB} MiB (bar ${limitMiB} MiB)`,
  );
  operator.figure(`requests of that start: ${requestsSince(new Map(), await meter.requests())}`);
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
  return took;
}

beforeAll(async () => {
  if (!hasControllers) return;
  const [small, middle] = [namespaces / 10, namespaces / 2];
  await coldStart(0, small);
  await forgetAccess(plane, small);
  await coldStart(small, middle);
  const sample = await writtenSample();
  await forgetAccess(plane, middle);
  let plain = 0;
  const ms = await coldStart(middle, namespaces, async () => {
    plain = await plainRate(plane, accessesIn(namespaces) / 2, 16, sample);
  });
  const ours = (accessesIn(namespaces) * 3) / (ms / 1000);
  const share = Math.round((ours / plain) * 100);
  operator.figure(
    `${Math.round(ours)} writes a second from nothing to all Ready, ${Math.round(plain)} by a plain client: ${share} % (bar 60 %)`,
  );
}, 1_200_000);

/** What the operator has written for one object. */
async function writtenSample() {
  const place = namespaceName(1);
  const halves = ["app-0-rights", "app-0-permits"].map(
    async (name) => (await reads.policy(place, name))?.spec,
  );
  const policies = (await Promise.all(halves)).filter((spec) => spec !== undefined);
  return { policies, status: (await reads.access(place, "app-0"))?.status ?? {} };
}

test.runIf(hasControllers)("one pod that becomes a client is in the status", async () => {
  const namespace = namespaceName(7);
  const clients = async () => (await reads.access(namespace, "app-1"))?.status?.target?.clients;
  expect(await clients()).toBe(perNamespace.replicas);
  await meter.measured("one pod that becomes a client", () =>
    labelOnePod(plane, namespace, "netpol/app-1", "true"),
  );
  expect(await clients()).toBe(perNamespace.replicas + 1);
});

test.runIf(hasControllers)("one policy that opens a target is in the status, and so is its end", async () => {
  const namespace = namespaceName(11);
  const message = async () => condition(await reads.access(namespace, "app-1"), "Exclusive")?.message ?? "";
  const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] };
  await meter.measured("one policy that opens a namespace", () =>
    plane.api("POST", policyPath(namespace), { metadata: { name: "a-hole" }, spec }),
  );
  expect(await message()).toContain(`${namespace}/a-hole`);
  await meter.measured("the end of that policy", () => plane.api("DELETE", policyPath(namespace, "a-hole")));
  expect(await message()).not.toContain("a-hole");
});

/** So many namespaces from this one on. */
function places(from: number, count: number): readonly string[] {
  return Array.from({ length: Math.min(count, namespaces) }, (_, index) =>
    namespaceName((from + index) % namespaces),
  );
}

test.runIf(hasControllers)("what somebody opens or deletes is repaired, within a second", async () => {
  const where = places(100, 200);
  const { repaired, median, p99 } = await repairs(plane, where, "app-0-rights");
  expect(repaired).toBe(where.length);
  operator.figure(`${repaired} changes of others repaired: median ${median} ms, p99 ${p99} ms (bar 1000 ms)`);
});

test.runIf(hasControllers)("and while every status is being worked out", async () => {
  const busy = new AbortController();
  const disturb = async () => {
    // All objects let every pod of the first namespace in.
    for (let turn = 0; !busy.signal.aborted; turn += 1) {
      await labelOnePod(plane, namespaceName(0), "netpol/app-1", turn % 2 === 0 ? "true" : null);
      await delay(1_000);
    }
  };
  const disturbing = disturb();
  const where = places(300, 100);
  const { repaired, median, p99 } = await repairs(plane, where, "app-1-rights");
  busy.abort();
  await disturbing;
  expect(repaired).toBe(where.length);
  operator.figure(
    `the same while all statuses are worked out: median ${median} ms, p99 ${p99} ms (bar 1000 ms)`,
  );
  await meter.rest("the changes of everybody's status");
});

test.runIf(hasControllers)("a rollout of a tenth of the pods is followed", async () => {
  // Not of the first namespace, whose pods are clients of everybody.
  const where = places(250, podsIn(namespaces) / 10 / perNamespace.replicas);
  await meter.measured(`a rollout of ${where.length * perNamespace.replicas} pods`, async () => {
    await rollOut(plane, where, "app-2");
    await eventually(() => isRolledOut(plane), { what: "the rollout", ...patience });
  });
  const status = (await reads.access(where[0] ?? "", "app-2"))?.status;
  expect(status?.target?.pods).toBe(perNamespace.replicas);
  expect(meter.taken().mostMiB).toBeLessThanOrEqual(limitMiB);
});

test.runIf(hasControllers)("a restart finds everything as it is, and writes nothing", async () => {
  const writes = await writesOf(plane);
  const begun = performance.now();
  await operator.restart("SIGTERM");
  await meter.rest("a restart");
  const took = seconds(performance.now() - begun);
  const { cpu, rssMiB, mostMiB } = meter.taken();
  operator.figure(
    `a restart: all looked at ${took} s after it was asked to end, ${cpu.toFixed(1)} s of CPU, RSS ${rssMiB} MiB, at most ${mostMiB} MiB`,
  );
  // Events are told a few at a time, and some of those before may have waited for the end.
  const written = writtenSince(writes, await writesOf(plane)).filter((line) => !line.includes(" events "));
  expect(written).toEqual([]);
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
});

test.runIf(hasControllers)("at rest nothing is written, and everything is as a simulation says", async () => {
  const [writes, before, asked] = [await writesOf(plane), meter.taken(), await meter.requests()];
  const end = Date.now() + idleSeconds * 1000;
  const { made, fresh } = await settled(plane, 120_000);
  expect(made).toEqual(fresh);
  await delay(Math.max(0, end - Date.now()));
  const { cpu, rssMiB, mostMiB } = meter.taken();
  const written = writtenSince(writes, await writesOf(plane));
  operator.figure(
    `${idleSeconds} s at rest: ${written.length} kinds of writes but the lease, ${(cpu - before.cpu).toFixed(1)} s of CPU, RSS ${rssMiB} MiB, at most ${mostMiB} MiB`,
  );
  operator.figure(`requests in that time: ${requestsSince(asked, await meter.requests())}`);
  expect(written).toEqual([]);
  expect(mostMiB).toBeLessThanOrEqual(limitMiB);
});
