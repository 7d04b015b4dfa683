import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { NetworkPolicy } from "../src/model/network-policy.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { type Result, serviceaccess } from "./operator/command-line.ts";
import { questionsAboutAddresses, seen, unfounded, unsaid } from "./operator/reachability.ts";
import { isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { timed } from "./operator/timed.ts";
import { writesOf, writtenSince } from "./operator/writes.ts";

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

beforeAll(async () => {
  await applySample();
  const { ms } = await timed(isEveryoneReady, { what: "every ServiceAccess to be Ready", timeoutMs: 30_000 });
  operator.figure(`abcdesktop: ${objects} ServiceAccesses Ready ${ms} ms after kubectl apply returned`);
  if (hasControllers) await settled();
});

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
  await quiet();
}

/** Until nothing of ours has been written for most of a second. */
async function quiet(): Promise<void> {
  await eventually(
    async () => {
      const before = await reads.everything();
      await delay(700);
      return isDeepStrictEqual(before, await reads.everything());
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

test("a second kubectl apply of the same files writes nothing of ours", async () => {
  const [before, writes] = [await reads.everything(), await writesOf(plane)];
  const output = await applySample();
  expect(output.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged"))).toEqual([]);
  await quiet();
  expect(await reads.everything()).toEqual(before);
  const written = writtenSince(writes, await writesOf(plane));
  expect(written.filter((line) => /networkpolicies|serviceaccesses/.test(line))).toEqual([]);
});

test("at rest nothing is written at all", async () => {
  await quiet();
  const [before, writes] = [await reads.everything(), await writesOf(plane)];
  await delay(10_000);
  expect(writtenSince(writes, await writesOf(plane))).toEqual([]);
  expect(await reads.everything()).toEqual(before);
  operator.figure("10 s at rest: 0 writes of any kind by anyone");
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "an operator started again after %s writes nothing",
  async (how) => {
    await quiet();
    const [before, writes] = [await reads.everything(), await writesOf(plane)];
    const begun = performance.now();
    await operator.restart(how);
    operator.figure(`ready again ${Math.round(performance.now() - begun)} ms after ${how}`);
    await quiet();
    expect(await reads.everything()).toEqual(before);
    const written = writtenSince(writes, await writesOf(plane));
    expect(written.filter((line) => /networkpolicies|serviceaccesses/.test(line))).toEqual([]);
  },
);
