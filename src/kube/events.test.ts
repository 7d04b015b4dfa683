import { afterEach, expect, test } from "vitest";
import type { AccessEvent } from "../reconciler/cluster.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { answer, refuse, serverThat, type Step } from "../testing/scripted-server.ts";
import { soon } from "../testing/soon.ts";
import { createClient } from "./client.ts";
import { Events } from "./events.ts";
import { createTransport } from "./transport.ts";

const MINUTE = 60_000;
const PATH = "/apis/events.k8s.io/v1/namespaces/shop/events";
const QUERY = "fieldManager=serviceaccess&force=true&fieldValidation=Strict";

const created: AccessEvent = {
  access: { namespace: "shop", name: "web", uid: "u1" },
  type: "Normal",
  reason: "PolicyCreated",
  action: "WritePolicy",
  note: "created shop/web-rights",
};

test("an Event says what, why, of what and by whom, with a time of six digits", async () => {
  const { events, server } = await eventsOn();
  events.tell(created);
  await soon(() => expect(server.asked).toEqual([`PATCH ${PATH}/web.1?${QUERY}`]));
  expect(server.bodies).toEqual([
    {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { namespace: "shop", name: "web.1" },
      eventTime: "2026-11-21T10:00:00.000000Z",
      reportingController: "x.y/operator",
      reportingInstance: "one",
      type: "Normal",
      reason: "PolicyCreated",
      action: "WritePolicy",
      note: "created shop/web-rights",
      regarding: {
        apiVersion: "serviceaccess.dev/v1alpha1",
        kind: "ServiceAccess",
        namespace: "shop",
        name: "web",
        uid: "u1",
      },
    },
  ]);
});

test("what comes again is counted in the same Event, at most once a minute", async () => {
  const { events, server, clock, outcomes } = await eventsOn();
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["sent"]));
  for (let i = 0; i < 5; i += 1) events.tell(created);
  await clock.pass(MINUTE - 1);
  expect(server.asked.length).toBe(1);
  await clock.pass(1);
  await soon(() => expect(server.asked.length).toBe(2));
  expect(server.asked[1]).toBe(server.asked[0]);
  expect(server.bodies[1]).toMatchObject({
    eventTime: "2026-11-21T10:00:00.000000Z",
    series: { count: 6, lastObservedTime: "2026-11-21T10:00:00.000000Z" },
  });
});

test("after ten quiet minutes it is another Event", async () => {
  const { events, server, clock, outcomes } = await eventsOn();
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["sent"]));
  await clock.pass(10 * MINUTE);
  events.tell(created);
  await soon(() => expect(server.asked[1]).toBe(`PATCH ${PATH}/web.2?${QUERY}`));
});

test("an object that has much to say is heard ten times, and then once a minute", async () => {
  const { events, clock, outcomes } = await eventsOn();
  const say = (i: number) => events.tell({ ...created, note: `${i}` });
  for (let i = 0; i < 12; i += 1) say(i);
  await soon(() => expect(outcomes.filter((one) => one === "sent").length).toBe(10));
  expect(outcomes.filter((one) => one === "dropped").length).toBe(2);
  await clock.pass(MINUTE);
  say(12);
  await soon(() => expect(outcomes.at(-1)).toBe("sent"));
});

test("of many objects fifty are heard at once, then twenty a second; what is too much is dropped, warnings last", async () => {
  const { events, clock, outcomes } = await eventsOn();
  const say = (i: number, type: AccessEvent["type"]) =>
    events.tell({ ...created, type, access: { namespace: "shop", name: `web-${i}` } });
  for (let i = 0; i < 900; i += 1) say(i, "Normal");
  for (let i = 900; i < 1_200; i += 1) say(i, "Warning");
  const counted = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  // One is on its way, and a thousand wait: eight hundred of any kind, the other places for warnings.
  expect(counted("dropped")).toBe(99 + 100);
  await soon(() => expect(counted("sent")).toBe(50));
  for (let i = 1; i <= 20; i += 1) {
    await clock.pass(50);
    await soon(() => expect(counted("sent")).toBe(50 + i));
  }
  await clock.pass(49);
  expect(counted("sent")).toBe(70);
});

test("a failure is said when it begins, counted each time, and the same is told anew", async () => {
  const { events, outcomes, log, answers } = await eventsOn();
  answers.push(refuse(403, "Forbidden"), refuse(403, "Forbidden"));
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["failed"]));
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["failed", "failed"]));
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["failed", "failed", "sent"]));
  expect(log.entries).toEqual(["warn event not sent", "debug event not sent", "info events are sent again"]);
});

test.each([
  [
    "is being deleted",
    { reason: "Forbidden", details: { causes: [{ reason: "NamespaceTerminating" }] } },
    403,
  ],
  ["is gone", { reason: "NotFound" }, 404],
])("that a namespace which %s takes no Event is nobody's failure", async (_, status, code) => {
  const { events, outcomes, answers, log } = await eventsOn();
  answers.push(answer(code, status));
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["dropped"]));
  expect(log.entries).toEqual([]);
});

test("a server that asks for a pause gets it", async () => {
  const { events, outcomes, answers, clock, server } = await eventsOn();
  answers.push(refuse(429, "TooManyRequests", { "retry-after": "7" }));
  events.tell(created);
  await soon(() => expect(outcomes).toEqual(["failed"]));
  events.tell(created);
  await clock.pass(6_999);
  expect(server.asked.length).toBe(1);
  await clock.pass(1);
  await soon(() => expect(server.asked.length).toBe(2));
});

test("a note that is too long is cut between two characters, by bytes", async () => {
  const { events, server } = await eventsOn();
  events.tell({ ...created, note: `a${"ö".repeat(1_000)}` });
  await soon(() => expect(server.bodies.length).toBe(1));
  const [body] = server.bodies as readonly { readonly note: string }[];
  expect(body?.note).toBe(`a${"ö".repeat(510)}…`);
  expect(Buffer.byteLength(body?.note ?? "")).toBeLessThanOrEqual(1024);
});

test("closing lets what is on its way arrive and drops the rest", async () => {
  const { events, outcomes } = await eventsOn();
  for (const note of ["a", "b", "c"]) events.tell({ ...created, note });
  await events.close();
  expect(outcomes.toSorted()).toEqual(["dropped", "dropped", "sent"]);
  events.tell({ ...created, note: "d" });
  expect(outcomes.length).toBe(4);
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function eventsOn() {
  const answers: Step[] = [];
  const server = await serverThat(() => answers.shift() ?? answer(201, {}));
  const client = createClient(createTransport(server.kubeConfig));
  endings.push(client.close, server.close);
  const [clock, log, outcomes] = [fakeClock(), recordedLog(), new Array<string>()];
  let ids = 0;
  const events = new Events({
    client,
    clock,
    log,
    date: () => new Date("2026-11-21T10:00:00Z"),
    newId: () => String((ids += 1)),
    reporter: { controller: "x.y/operator", instance: "one" },
    onOutcome: (outcome) => {
      if (outcome !== "merged") outcomes.push(outcome);
    },
  });
  return { events, server, clock, log, outcomes, answers };
}
