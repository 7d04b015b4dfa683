import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { NetworkPolicy } from "../src/model/network-policy.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { type Result, serviceaccess } from "./operator/command-line.ts";
import { isIdle } from "./operator/health.ts";
import { questionsAboutAddresses, seen, unfounded, unsaid } from "./operator/reachability.ts";
import { isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { timed } from "./operator/timed.ts";
import { type Writes, writesOf, writtenSince } from "./operator/writes.ts";

const sample = join(import.meta.dirname, "../config/samples/abcdesktop");
const golden = join(import.meta.dirname, "../src/testing/golden/abcdesktop.yaml");
const namespace = "abcdesktop";
const reads = readsOf(plane.api);
const operator = stage(plane);

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function applySample(): Promise<string> {
  const dns = await kubectl("apply", "-f", join(sample, "kube-system.yaml"));
  return `${dns}${await kubectl("apply", "-k", sample)}`;
}

/** How many ServiceAccesses the sample has. */
const objects = 19;

/** How everything was, and what had been written, when the sample had come to rest. */
let rest: { readonly since: number; readonly objects: object; readonly writes: Writes };

beforeAll(async () => {
  await applySample();
  const { ms } = await timed(isEveryoneReady, { what: "every ServiceAccess to be Ready", timeoutMs: 30_000 });
  operator.figure(`abcdesktop: ${objects} ServiceAccesses Ready ${ms} ms after kubectl apply returned`);
  if (hasControllers) await settled();
  const everything = await quiet();
  rest = { since: performance.now(), objects: everything, writes: await writesOf(plane) };
});

/** Whatever a test does that asks for no change, nothing is written, by the operator or because of it. */
async function expectNoWrites(): Promise<void> {
  await eventually(() => isIdle(operator.health()), { what: "the operator to have nothing to do" });
  expect(await reads.everything()).toEqual(rest.objects);
  expect(writtenSince(rest.writes, await writesOf(plane))).toEqual([]);
}

async function isEveryoneReady(): Promise<boolean> {
  const accesses = await reads.accesses(namespace);
  return accesses.length === objects && accesses.every(isReady);
}

/** Pods of Jobs come and go for some seconds more, and those of a CronJob every ten minutes; each is an event. */
async function settled(): Promise<void> {
  const suspended = JSON.stringify({ spec: { suspend: true } });
  await kubectl("patch", "cronjob", "abcdesktop-cleaner", "-n", namespace, "--type=merge", "-p", suspended);
  await kubectl("wait", "-n", namespace, "--for=condition=Complete", "--timeout=30s", "job", "--all");
  await kubectl("wait", "-n", namespace, "--for=condition=Available", "--timeout=30s", "deployment", "--all");
  // What tests of other files have deleted takes a while to go, and is written to until then.
  await eventually(async () => !(await kubectl("get", "namespaces")).includes("Terminating"), {
    what: "deleted namespaces to be gone",
    timeoutMs: 60_000,
  });
}

/** Everything, once nothing has been written by anyone for most of a second. */
async function quiet(): Promise<object> {
  return await eventually(
    async () => {
      const before = await writesOf(plane);
      await delay(700);
      const written = writtenSince(before, await writesOf(plane));
      return written.length === 0 ? await reads.everything() : undefined;
    },
    { what: "nothing to be written any more", timeoutMs: 60_000 },
  );
}

afterAll(async () => {
  await kubectl("delete", "namespace", namespace, "kube-monitor", "visitors", "--wait=false");
  const files = ["-f", join(sample, "kube-system.yaml")];
  const { stdout } = await plane.kubectl(["get", "-o", "name", ...files]);
  const names = stdout.split("\n").filter((name) => /^(deployment|service)/.test(name));
  await kubectl("delete", "-n", "kube-system", "--wait=false", ...names);
});

test("kubectl wait sees every ServiceAccess of the sample become Ready", async () => {
  const wait = ["wait", "--for=condition=Ready", "serviceaccess", "--all", "-n", namespace, "--timeout=30s"];
  expect((await kubectl(...wait)).trim().split("\n").length).toBe(objects);
});

test.each(["serviceaccess", "svca"])("kubectl get %s -A shows what matters in columns", async (name) => {
  const [head = "", ...lines] = (await kubectl("get", name, "-A")).trim().split("\n");
  expect(head.split(/\s+/)).toEqual([
    "NAMESPACE",
    "NAME",
    "READY",
    "TARGETS",
    "CLIENTS",
    "EFFECTIVE",
    "EXCLUSIVE",
    "FINDINGS",
    "AGE",
  ]);
  const memcached = lines.find((line) => /^abcdesktop\s+memcached\s/.test(line)) ?? "";
  const clients = hasControllers ? ["1", "2", "True", "True", "1"] : ["0", "0", "Unknown", "True"];
  expect(memcached.split(/\s+/).slice(2, 2 + clients.length + 1)).toEqual(["True", ...clients]);
});

test("kubectl describe tells what a ServiceAccess does, in words", async () => {
  const text = await kubectl("describe", "svca", "pyos", "-n", namespace);
  expect(text).toContain("every policy is as asked");
  expect(text).toContain("abcdesktop/pyos-rights");
  if (hasControllers) expect(text).toMatch(/Summary: +\d+ clients reach 2 of 2 pods on TCP\/8000/);
});

test("a NetworkPolicy written by the operator and read back raw has its from and to intact", async () => {
  const wanted = believe<readonly NetworkPolicy[]>(JSON.stringify(loadAll(readFileSync(golden, "utf8"))));
  const stored = await reads.policies(namespace);
  const specs = (policies: readonly Pick<NetworkPolicy, "metadata" | "spec">[]) =>
    Object.fromEntries(policies.map(({ metadata, spec }) => [metadata.name, spec]));
  expect(specs(stored)).toEqual(specs(wanted));
});

test.runIf(hasControllers)(
  "the reachability in status is what the command line says of the same cluster, pod by pod",
  async () => {
    await eventually(
      async () => {
        const [accesses, cluster] = [await reads.accesses(namespace), await seen(plane)];
        const rows = accesses.flatMap(({ status }) => status?.reachability ?? []);
        expect(rows.length).toBeGreaterThan(40);
        expect(accesses.flatMap((access) => unfounded(access, cluster))).toEqual([]);
        const missing = await Promise.all(accesses.map((access) => unsaid(access, cluster, plane.api)));
        expect(missing.flat()).toEqual([]);
        return true;
      },
      { what: "status and matrix to agree", timeoutMs: 20_000 },
    );
  },
);

interface Results {
  readonly results: readonly Result[];
}

/** Without those about the CronJob: it has pods every ten minutes only. */
function expectations(): string {
  const text = readFileSync(join(sample, "expectations.yaml"), "utf8");
  return text
    .split("\n")
    .filter((line) => !line.includes("CronJob/"))
    .join("\n");
}

/** Offline no Job has ended and every pod may have both families; this cluster knows better. */
function isWrong({ expect: expected, verdict, reason }: Result): boolean {
  return expected !== verdict && !/has ended|share no address family/.test(reason);
}

test.runIf(hasControllers)(
  "what status says of addresses outside is what the command line says, at both ends of each range",
  async () => {
    const cases = (await reads.accesses(namespace)).flatMap((access) => questionsAboutAddresses(access));
    expect(cases.length).toBeGreaterThan(20);
    const suite = { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ReachabilityTest", spec: { cases } };
    const args = ["test", "-", "-o", "json", "--kubeconfig", plane.kubeconfig];
    const { results } = await serviceaccess<Results>(args, JSON.stringify(suite));
    expect(results.length).toBe(cases.length);
    expect(results.filter(isWrong)).toEqual([]);
  },
);

test.runIf(hasControllers)("everything that the sample's expectations say holds on the cluster", async () => {
  const args = ["test", "-", "-o", "json", "--kubeconfig", plane.kubeconfig];
  const { results } = await serviceaccess<Results>(args, expectations());
  expect(results.length).toBeGreaterThan(80);
  expect(results.filter(isWrong)).toEqual([]);
});

test("a second kubectl apply of the same files writes nothing", async () => {
  const output = await applySample();
  expect(output.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged"))).toEqual([]);
  await expectNoWrites();
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "an operator started again after %s writes nothing",
  async (how) => {
    const begun = performance.now();
    await operator.restart(how);
    operator.figure(`ready again ${Math.round(performance.now() - begun)} ms after ${how}`);
    await expectNoWrites();
  },
);

test("at rest nothing is written at all, by anyone", async () => {
  await delay(Math.max(0, 10_000 - (performance.now() - rest.since)));
  await expectNoWrites();
  operator.figure(
    `${Math.round(performance.now() - rest.since)} ms at rest: no write of any kind, by anyone`,
  );
});
