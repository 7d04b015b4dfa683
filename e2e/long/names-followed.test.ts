import { afterAll, expect, test } from "vitest";

import { type DnsReply, startDnsServer } from "../../src/testing/dns-server.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { isIdle } from "../operator/health.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { condition, isReady, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { writesOf, writtenSince } from "../operator/writes.ts";

/** What is answered for each name at the moment; whatever is not here does not exist. */
const answers = new Map<string, DnsReply>();
const server = await startDnsServer((name) => answers.get(name) ?? { kind: "code", code: "NXDOMAIN" });
afterAll(() => server.close());

const flags = ["--dns-servers", server.address, "--names-min-ttl-seconds", "1"];
const reads = readsOf(plane.api);
const operator = stage(plane, { flags });

function answering(name: string, ...addresses: readonly string[]): void {
  answers.set(name, { kind: "addresses", addresses, ttl: 0 });
}

/** Holders of the label may go to these names, and nowhere else. */
const asking = (name: string, ...fqdns: readonly string[]) =>
  serviceAccess(name, {
    permits: { dns: false, egress: [{ to: [{ names: { fqdns } }], ports: [{ port: 443 }] }] },
  });

/** Where the permits of the object lead at the moment. */
async function led(namespace: string, name: string): Promise<readonly string[] | undefined> {
  const policy = await reads.policy(namespace, `${name}-permits`);
  if (policy?.spec.policyTypes?.join() !== "Egress") return undefined;
  return (policy.spec.egress ?? []).flatMap(({ to }) =>
    (to ?? [{}]).map(({ ipBlock }) => ipBlock?.cidr ?? "all"),
  );
}

test("the policies of an object lead to what its names resolve to, and follow it", async () => {
  const namespace = await plane.namespace("named");
  answering("www.example", "192.0.2.1", "2001:db8::1");
  answering("api.example", "192.0.2.9", "10.0.0.1");
  await plane.apply(...inNamespace(namespace, asking("out", "www.example", "api.example")));
  await eventually(async () => isReady(await reads.access(namespace, "out")), { what: "out to be Ready" });
  expect(await led(namespace, "out")).toEqual(["192.0.2.1/32", "192.0.2.9/32", "2001:db8::1/128"]);

  const access = await reads.access(namespace, "out");
  expect(condition(access, "NamesResolved")).toMatchObject({ status: "True", reason: "Resolved" });
  expect(access?.status?.names?.map(({ name, reason }) => [name, reason])).toEqual([
    ["api.example", "Resolved"],
    ["www.example", "Resolved"],
  ]);
  expect(access?.status?.findings?.map(({ type, object }) => [type, object])).toContainEqual([
    "NameAddressRefused",
    "DNS/api.example",
  ]);

  answering("www.example", "192.0.2.2");
  await eventually(async () => (await led(namespace, "out"))?.includes("192.0.2.2/32"), {
    what: "the policy to follow its name",
  });
  expect(await led(namespace, "out")).toContain("192.0.2.1/32");
});

test("a name that nobody answers leaves its holders isolated, and the object says what it waits for", async () => {
  const namespace = await plane.namespace("pending");
  answers.set("later.example", { kind: "code", code: "SERVFAIL" });
  await plane.apply(...inNamespace(namespace, asking("out", "later.example")));
  const access = await eventually(
    async () => {
      const read = await reads.access(namespace, "out");
      return condition(read, "NamesResolved") === undefined ? undefined : read;
    },
    { what: "NamesResolved" },
  );
  expect(condition(access, "NamesResolved")).toMatchObject({ status: "False", reason: "Pending" });
  expect(condition(access, "Ready")).toMatchObject({ status: "False", reason: "Pending" });
  expect(condition(access, "Programmed")).toMatchObject({ status: "True" });
  expect(await led(namespace, "out")).toEqual([]);
});

test("a restart changes nothing and writes nothing, and without any answer nothing is lost either", async () => {
  const namespace = await plane.namespace("restarted");
  answering("kept.example", "192.0.2.5", "192.0.2.6");
  await plane.apply(...inNamespace(namespace, asking("out", "kept.example")));
  await eventually(async () => isReady(await reads.access(namespace, "out")), { what: "out to be Ready" });
  await eventually(() => isIdle(operator.health()), { what: "the operator to have nothing to do" });
  const before = await reads.everything(namespace);

  // Only one of the two is answered any more: the other one has its window.
  answering("kept.example", "192.0.2.5");
  const [writes, asked] = [await writesOf(plane), server.questions.length];
  await operator.restart("SIGKILL");
  await eventually(() => questionsOf("kept.example", asked) > 2, { what: "the name to be asked for" });
  await eventually(() => isIdle(operator.health()), { what: "the operator to have nothing to do" });
  expect(await reads.everything(namespace)).toEqual(before);
  expect(
    writtenSince(writes, await writesOf(plane)).filter((line) => /policies|accesses/.test(line)),
  ).toEqual([]);

  answers.set("kept.example", { kind: "code", code: "SERVFAIL" });
  await operator.restart("SIGTERM");
  const isStale = async () =>
    condition(await reads.access(namespace, "out"), "NamesResolved")?.reason === "Stale";
  await eventually(isStale, { what: "the name to be stale" });
  expect(await led(namespace, "out")).toEqual(["192.0.2.5/32", "192.0.2.6/32"]);
  expect(isReady(await reads.access(namespace, "out"))).toBe(true);
});

function questionsOf(name: string, since: number): number {
  return server.questions.slice(since).filter((each) => each.endsWith(` ${name}`)).length;
}
