import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { type Asked, isWrite, of } from "../faults/asked.ts";
import type { Fault, Injection } from "../faults/fault.ts";
import { startProxy } from "../faults/proxy.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { accessPath, isReady, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { timed } from "../operator/timed.ts";

/** What a watch did not tell is found by the next list, and a watch that tells nothing ends; as settings, ten seconds. */
const flags = ["--relist-seconds=10", "--silence-seconds=12"];

const reads = readsOf(plane.api);
const proxy = await startProxy(plane);
afterAll(() => proxy.close());
const operator = stage({ ...plane, ...proxy.address }, { flags });

let namespace = "";
let elsewhere = "";
let port = 1000;

beforeAll(async () => {
  namespace = await plane.namespace("faults");
  const accepting = { annotations: { "serviceaccess.dev/accept-permits-from": "*" } };
  elsewhere = await plane.namespace("elsewhere", accepting);
  const far = serviceAccess("far", {
    target: { podSelector: { matchLabels: { app: "far" } } },
    ports: [{ port: 80 }],
    permits: { dns: false, namespaces: { names: [elsewhere] } },
  });
  await plane.apply(
    ...inNamespace(namespace, far),
    ...inNamespace(namespace, serviceAccess("web", spec(port))),
  );
  await eventually(async () => (await isTrue()) && (await reads.policies(elsewhere)).length === 1, {
    what: "everything to be as asked",
  });
});

interface Case {
  readonly name: string;
  readonly injections: readonly Injection[];
  /** Whether all connections break first, so that watches begin anew. */
  readonly reconnecting?: true;
}

const accesses = of("serviceaccesses", "watch");
/** The event of what is being asked, and not one that is still on its way from what was asked before. */
const isOurs = (line: string): boolean => line.includes(namespace) && line.includes(`"port":${port}`);

const cases: readonly Case[] = [
  ...line("an event that is dropped", { kind: "drop" }),
  ...line("an event that comes twice", { kind: "repeat" }),
  ...line("a watch that goes silent", { kind: "mute" }),
  ...line("a connection that breaks in the middle of an event", { kind: "tear" }),
  ...line("an event that ends in its middle", { kind: "garble" }),
  ...line("410 in the stream", { kind: "expire" }),
  ...beginning("a watch that tells old events first", { kind: "replay" }),
  ...beginning("410 to a watch", { kind: "refuse", status: 410, reason: "Expired" }),
  ...beginning("429 to a watch, and Retry-After", {
    kind: "refuse",
    status: 429,
    reason: "TooManyRequests",
    retryAfter: 2,
  }),
  ...beginning("500 to a watch", { kind: "refuse", status: 500, reason: "InternalError" }),
  ...beginning("503 to a watch", { kind: "refuse", status: 503, reason: "ServiceUnavailable" }),
  ...beginning("a watch that ends before it begins", { kind: "truncate", after: 0 }),
  ...listing("a list that is cut off", { kind: "cut", after: 300 }),
  ...listing("a list that ends in its middle, in good order", { kind: "truncate", after: 300 }),
  ...listing("a list that fails", { kind: "refuse", status: 503, reason: "ServiceUnavailable" }),
  ...listing("a list that has expired", { kind: "refuse", status: 410, reason: "Expired" }),
  ...listing("a list that takes its time", { kind: "delay", ms: 3_000 }),
  ...writing("a write that is refused with 429 and Retry-After", {
    kind: "refuse",
    status: 429,
    reason: "TooManyRequests",
    retryAfter: 2,
  }),
  ...writing("a write that is refused with 500", { kind: "refuse", status: 500, reason: "InternalError" }),
  ...writing("a write that is refused with 503", { kind: "refuse", status: 503, reason: "Unavailable" }),
  ...writing("a write whose connection breaks before it arrives", { kind: "cut", after: 0 }),
  ...writing("a write whose answer is lost", { kind: "lose" }),
  ...writing("a write whose answer is cut off", { kind: "cut", after: 100 }),
  ...writing("a write whose answer ends in its middle", { kind: "truncate", after: 100 }),
  ...writing("a write that takes its time", { kind: "delay", ms: 2_000 }),
  ...writing("a write that is never answered", { kind: "silence" }),
];

function line(name: string, fault: Fault): readonly Case[] {
  return [{ name, injections: [{ on: accesses, line: isOurs, times: 1, fault }] }];
}

function beginning(name: string, fault: Fault): readonly Case[] {
  return [{ name, injections: [{ on: accesses, times: 1, fault }], reconnecting: true }];
}

/** What makes it list is that its place has expired. */
function listing(name: string, fault: Fault): readonly Case[] {
  const expired: Injection = { on: accesses, line: isOurs, times: 1, fault: { kind: "expire" } };
  return [{ name, injections: [expired, { on: of("serviceaccesses", "list"), times: 2, fault }] }];
}

function writing(name: string, fault: Fault): readonly Case[] {
  return [{ name, injections: [{ on: of("networkpolicies", "patch"), times: 1, fault }] }];
}

test.each(cases)("$name: nothing is lost and nothing deleted", async ({ name, injections, reconnecting }) => {
  const before = proxy.asked.length;
  const injected = injections.map((injection) => proxy.inject(injection));
  if (reconnecting) proxy.cut();
  await ask();
  const { ms } = await timed(isTrue, { what: "what was asked to be true", timeoutMs: 55_000 });
  operator.figure(`${name}: the truth is back after ${ms} ms`);
  proxy.mend();
  expect(injected.map((each) => each.hits())).not.toContain(0);
  expect(proxy.asked.slice(before).filter(isDeletion)).toEqual([]);
});

test("an API server that is away for five seconds costs nothing but these", async () => {
  const before = proxy.asked.length;
  const back = proxy.down(5_000);
  await ask();
  await back;
  const { ms } = await timed(isTrue, { what: "what was asked to be true", timeoutMs: 40_000 });
  operator.figure(`back after 5 s: the truth is back ${ms} ms later`);
  expect(proxy.asked.slice(before).filter(isDeletion)).toEqual([]);
});

test("whatever happens to lists and watches while nothing changes, nothing is written", async () => {
  const before = proxy.asked.length;
  const lists = ({ verb }: Asked) => verb === "list";
  const truncated = proxy.inject({ on: lists, times: 8, fault: { kind: "truncate", after: 200 } });
  const cut = proxy.inject({ on: lists, times: 8, fault: { kind: "cut", after: 100 } });
  proxy.inject({ on: ({ verb }) => verb === "watch", times: 15, fault: EXPIRED });
  proxy.cut();
  const worst = { what: "lists to fail", timeoutMs: 60_000 };
  await eventually(() => truncated.hits() + cut.hits() === 16, worst);
  const failed = proxy.asked.filter(lists).length;
  const all = { what: "lists that do not", timeoutMs: 60_000 };
  await eventually(() => proxy.asked.filter(lists).length > failed + 11, all);
  proxy.mend();
  expect(proxy.asked.slice(before).filter(isWrite).filter(isOfObjects)).toEqual([]);
});

const EXPIRED: Fault = { kind: "refuse", status: 410, reason: "Expired" };

/** Each of them, unknown, would be a reason to delete policies, or to write others. */
const unlisted = ["serviceaccesses", "namespaces", "networkpolicies", "pods"];

test.each(unlisted)(
  "while the %s cannot be listed, an operator that starts writes nothing",
  async (plural) => {
    const before = proxy.asked.length;
    const policies = await versions();
    await operator.restart("SIGKILL", async () => {
      proxy.inject({ on: of(plural, "list"), times: 3, fault: UNAVAILABLE });
    });
    proxy.mend();
    const asked = proxy.asked.slice(before);
    const lists = asked.filter(of(plural, "list"));
    expect(lists.length).toBeGreaterThan(3);
    const early = asked.filter(({ at }) => at < (lists[3]?.at ?? 0));
    expect(early.filter(isWrite).filter(isOfObjects)).toEqual([]);
    // Nor afterwards, for all is as it should be.
    expect(asked.filter(isDeletion)).toEqual([]);
    expect(await versions()).toEqual(policies);
  },
);

const UNAVAILABLE: Fault = { kind: "refuse", status: 503, reason: "ServiceUnavailable" };

async function versions(): Promise<readonly string[]> {
  const policies = [...(await reads.policies(namespace)), ...(await reads.policies(elsewhere))];
  return policies.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
}

function spec(number: number): object {
  return {
    target: { podSelector: { matchLabels: { app: "web" } } },
    ports: [{ port: number }],
    permits: { dns: false },
  };
}

/** Another port than before, so that both policies have to change. */
async function ask(): Promise<void> {
  port += 1;
  const patch = { spec: { ports: [{ port }] } };
  const { status } = await plane.api(
    "PATCH",
    accessPath(namespace, "web"),
    patch,
    "application/merge-patch+json",
  );
  expect(status).toBe(200);
}

async function isTrue(): Promise<boolean> {
  const policies = (await reads.policies(namespace)).filter(({ metadata }) =>
    metadata.name.startsWith("web-"),
  );
  const open = policies.flatMap(({ spec: { ingress = [], egress = [] } }) =>
    [...(ingress ?? []), ...(egress ?? [])].flatMap(({ ports = [] }) =>
      (ports ?? []).map((each) => each.port),
    ),
  );
  const isAsAsked = open.length === 2 && open.every((each) => each === port);
  return isAsAsked && isReady(await reads.access(namespace, "web"));
}

function isDeletion({ verb }: Asked): boolean {
  return verb === "delete";
}

/** Who is the leader and what is worth an Event is said all the time. */
function isOfObjects({ plural }: Asked): boolean {
  return plural !== "leases" && plural !== "events";
}
