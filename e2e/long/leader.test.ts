import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { type AuditEntry, auditEntries } from "../control-plane/audit.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { type Account, operatorAccount } from "../operator/account.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { type OperatorProcess, startOperator } from "../operator/process.ts";
import { accessPath, isReady, policyPath, readsOf } from "../operator/reads.ts";

/** A control plane that writes down who asks it for what. */
const { etcd, kubectl, "kube-apiserver": server } = plane.binaries;
const audited = await startControlPlane({
  binaries: { etcd, kubectl, "kube-apiserver": server },
  definitions: [join(import.meta.dirname, "../../crds/serviceaccesses.yaml")],
  isAudited: true,
});
const account: Account = await operatorAccount(audited);
const reads = readsOf(audited.api);
const figures: string[] = [];

const duration = 3_000;
const retryPeriod = 400;
const flags = ["--lease", "serviceaccess", "--lease-seconds", `${duration / 1000},2,${retryPeriod / 1000}`];

const NAMESPACE = "default";
const NAMES = Array.from({ length: 40 }, (_, i) => `svc-${i}`);

/** Every operator that there was, in the order in which they were started. */
const operators: OperatorProcess[] = [];

afterAll(async () => {
  await Promise.all(operators.map((operator) => operator.kill()));
  process.stdout.write(figures.map((text) => `measured: ${text}\n`).join(""));
  await audited.stop();
});

test("whatever becomes of the leader, there are never two who write, and in the end all is as asked", async () => {
  await audited.apply(...inNamespace(NAMESPACE, ...NAMES.map((name) => serviceAccess(name, specWith(80)))));
  let [leader, standby] = [await started(), await started()];
  await eventually(() => isLeading(leader), { what: "the first to lead" });
  expect(isLeading(standby)).toBe(false);

  const trouble = makeTrouble();
  for (const event of ["SIGSTOP", "SIGTERM", "SIGKILL", "SIGSTOP", "SIGSTOP"] as const) {
    await trouble.some();
    const begun = performance.now();
    await befall(leader, event);
    await eventually(() => isLeading(standby), {
      what: `the other to lead after ${event}`,
      timeoutMs: 30_000,
    });
    figures.push(`after ${event} the other leads in ${Math.round(performance.now() - begun)} ms`);
    await trouble.some();
    if (event === "SIGSTOP") await wakeUp(leader);
    [leader, standby] = [standby, await started()];
  }
  const ports = await trouble.end();

  await eventually(() => allAsAsked(ports), { what: "all to be as asked", timeoutMs: 60_000 });
  expect(overlaps()).toEqual([]);
  expect(auditEntries(audited).filter(({ responseStatus }) => responseStatus.code === 403)).toEqual([]);
});

test("the shipped Role of the Lease is exactly what the election uses", () => {
  const asked = auditEntries(audited)
    .filter(({ objectRef }) => objectRef?.resource === "leases")
    .filter(({ responseStatus }) => responseStatus.code < 300)
    .map(({ verb }) => verb);
  expect([...new Set(asked)].toSorted()).toEqual(["create", "get", "update"]);
});

async function started(): Promise<OperatorProcess> {
  const operator = await startOperator(account.kubeconfig, { flags });
  operators.push(operator);
  return operator;
}

function isLeading(operator: OperatorProcess): boolean {
  return operator.lines().some(({ msg }) => msg === "leading");
}

async function befall(leader: OperatorProcess, event: "SIGSTOP" | "SIGTERM" | "SIGKILL"): Promise<void> {
  switch (event) {
    case "SIGSTOP":
      return void process.kill(leader.pid, "SIGSTOP");
    case "SIGKILL":
      return await leader.kill();
    case "SIGTERM":
      expect(await leader.stop()).toBe(0);
      expect(leader.lines().at(-2)?.msg).toBe("lease released");
  }
}

/** It believes that no time has passed: what it was about to write is still on its mind. */
async function wakeUp(operator: OperatorProcess): Promise<void> {
  process.kill(operator.pid, "SIGCONT");
  expect(await operator.ended).toBe(1);
  const last = operator.lines().at(-1);
  expect([last?.level, last?.msg, last?.error]).toEqual([
    "error",
    "lost the lease",
    expect.stringContaining("it was not renewed in time"),
  ]);
}

interface Trouble {
  /** Resolves after some more of it. */
  some(): Promise<void>;
  /** No more of it; what the objects ask for in the end. */
  end(): Promise<ReadonlyMap<string, number>>;
}

/**
 * Somebody changes what the objects ask for, all the time, so that whoever leads always has work; and now and then
 * deletes a policy, not so often that the operator takes it for a fight.
 */
function makeTrouble(): Trouble {
  const ports = new Map(NAMES.map((name) => [name, 80]));
  const over = new AbortController();
  let rounds = 0;
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const name = NAMES[rounds % NAMES.length] ?? "";
      rounds += 1;
      ports.set(name, 1_000 + rounds);
      const patch = { spec: specWith(1_000 + rounds) };
      await audited.api("PATCH", accessPath(NAMESPACE, name), patch, "application/merge-patch+json");
      if (rounds % 10 !== 0) continue;
      const victim = NAMES[(rounds / 10) % NAMES.length] ?? "";
      await audited.api("DELETE", policyPath(NAMESPACE, `${victim}-rights`));
    }
  };
  const running = run();
  // When a test fails the server goes before the trouble ends.
  running.catch(() => undefined);
  return {
    some: async () => {
      const until = rounds + NAMES.length;
      await eventually(() => rounds >= until, { what: "more trouble", timeoutMs: 60_000 });
    },
    end: async () => {
      over.abort();
      await running;
      return ports;
    },
  };
}

function specWith(port: number): object {
  return {
    target: { podSelector: { matchLabels: { app: "web" } } },
    ports: [{ port }],
    permits: { dns: false },
  };
}

async function allAsAsked(ports: ReadonlyMap<string, number>): Promise<boolean> {
  const [accesses, policies] = [await reads.accesses(NAMESPACE), await reads.policies(NAMESPACE)];
  const portsOf = new Map(
    policies.map(({ metadata, spec }) => [metadata.name, [...(spec.ingress ?? []), ...(spec.egress ?? [])]]),
  );
  return accesses.every((access) => {
    const { name } = access.metadata;
    return (
      isReady(access) && ["rights", "permits"].every((half) => isAsAsked(portsOf.get(`${name}-${half}`)))
    );

    function isAsAsked(rules: readonly { readonly ports?: unknown }[] | undefined): boolean {
      return (
        JSON.stringify(rules?.[0]?.ports) === JSON.stringify([{ protocol: "TCP", port: ports.get(name) }])
      );
    }
  });
}

interface Reign {
  readonly writes: readonly AuditEntry[];
  readonly first: string;
}

/** What operators wrote when another one had begun to, as the API server saw it. */
function overlaps(): readonly string[] {
  const reigns = operators
    .map(({ identity }) => reignOf(identity))
    .filter((reign) => reign !== undefined)
    .toSorted((a, b) => (a.first < b.first ? -1 : 1));
  // Otherwise nothing was tried.
  expect(reigns.length).toBe(6);
  return reigns.slice(1).flatMap(({ first, writes }, i) => {
    const before = reigns[i]?.writes ?? [];
    const last = before.map(timeOf).findLast((time) => time < first) ?? "";
    const gap = Date.parse(first) - Date.parse(last);
    figures.push(`${before.length} writes, then ${gap} ms without, then ${writes.length} of the next`);
    return before
      .filter((write) => timeOf(write) >= first)
      .map((write) => `${inWords(write)}, after ${first}`);
  });
}

function reignOf(identity: string): Reign | undefined {
  const writes = auditEntries(audited)
    .filter((entry) => isWrite(entry) && entry.userAgent?.includes(identity))
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  const [first] = writes;
  return first === undefined ? undefined : { writes, first: timeOf(first) };
}

function inWords({ userAgent, verb, objectRef, responseStatus, ...write }: AuditEntry): string {
  return `${userAgent}: ${verb} ${objectRef?.resource} ${responseStatus.code} at ${timeOf(write)}`;
}

function timeOf({ requestReceivedTimestamp }: Pick<AuditEntry, "requestReceivedTimestamp">): string {
  return requestReceivedTimestamp;
}

/** Whatever was answered: to have tried is enough. The election itself writes only the Lease. */
function isWrite({ verb, objectRef }: AuditEntry): boolean {
  return !["get", "list", "watch"].includes(verb) && objectRef?.resource !== "leases";
}
