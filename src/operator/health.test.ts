import { afterEach, expect, test } from "vitest";
import { profileNamed } from "../core/profile.ts";
import { PODS } from "../kube/resources.ts";
import { createStore } from "../reconciler/store.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { healthPages } from "./health.ts";
import { servePages } from "./pages.ts";

const MINUTE = 60_000;

test("the process is alive as soon as it answers", async () => {
  const { get } = await health({ isSynced: false });
  expect(await get("/livez")).toEqual({ status: 200, body: { status: "alive" } });
});

test("it is not alive when a turn does not come to an end", async () => {
  const { get } = await health({ longestRunning: 5 * MINUTE - 1 });
  expect(await get("/livez")).toMatchObject({ status: 200 });
  const { get: getStuck } = await health({ longestRunning: 5 * MINUTE });
  expect(await getStuck("/livez")).toEqual({
    status: 500,
    body: { status: "stuck: one turn has been running for 300 seconds" },
  });
});

test("it is ready when everything was listed, and says before what it waits for", async () => {
  const { get } = await health({ isSynced: false, trouble: "cannot list pods: forbidden" });
  expect(await get("/readyz")).toMatchObject({
    status: 503,
    body: {
      status: "waiting for the first lists",
      watched: [{ resource: "pods", synced: false, trouble: "cannot list pods: forbidden" }],
    },
  });
  const { get: getLater } = await health({});
  expect(await getLater("/readyz?verbose")).toMatchObject({ status: 200, body: { status: "ready" } });
});

test("one that stands by is ready, and says that it does", async () => {
  const { get } = await health({ isOpen: false });
  expect(await get("/readyz")).toMatchObject({
    status: 200,
    body: { status: "standing by", leading: false },
  });
});

test("it is not ready while nothing is heard of a resource, and says of which", async () => {
  const { get, clock } = await health({});
  await clock.pass(3 * MINUTE);
  expect(await get("/readyz")).toMatchObject({ status: 200 });
  await clock.pass(1);
  expect(await get("/readyz")).toMatchObject({ status: 503, body: { status: "nothing is heard of pods" } });
});

test("readiness says how fresh what is known is, what there is to do and what cannot be read", async () => {
  const { get, clock } = await health({});
  await clock.pass(61_000);
  expect(await get("/readyz")).toEqual({
    status: 200,
    body: {
      status: "ready",
      leading: true,
      profile: "cilium",
      watched: [{ resource: "pods", synced: true, secondsSinceLastEvent: 61 }],
      queue: { waiting: 1, running: 2, later: 3 },
      unreadable: ["Pod shop/a"],
    },
  });
});

test.each(["/", "//", "/metrics", "/readyz/x", "/__proto__", "/constructor"])(
  "%s is not there, and hurts nobody",
  async (path) => {
    const { get } = await health({});
    expect(await get(path)).toEqual({ status: 404, body: { status: "there are /livez, /readyz" } });
  },
);

test("a port that is taken is said in words", async () => {
  const { port } = await health({});
  await expect(servePages("health", { host: "127.0.0.1", port }, {})).rejects.toThrow(
    `cannot serve health on 127.0.0.1:${port}: `,
  );
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

interface Situation {
  readonly isSynced?: boolean;
  readonly trouble?: string;
  readonly isOpen?: boolean;
  readonly longestRunning?: number;
}

function sources({ isSynced = true, trouble, isOpen = true, longestRunning = 0 }: Situation) {
  const lanes = { first: 0, "in turn": 1, status: 0 };
  return {
    clock: fakeClock(),
    queue: {
      isOpen,
      size: () => ({ waiting: 1, running: 2, later: 3 }),
      look: () => ({ lanes, running: 2, later: 3, oldestWaiting: 0, longestRunning }),
    },
    leadership: { isLeading: () => isOpen },
    store: createStore(profileNamed("cilium")),
    watches: {
      reflectors: [{ resource: PODS, lastEvent: 0, trouble, isSynced }],
      isSynced: () => isSynced,
      unreadable: () => [{ kind: "Pod", name: "shop/a", problems: [] }],
    },
  };
}

async function health(situation: Situation) {
  const from = sources(situation);
  const server = await servePages("health", { host: "127.0.0.1", port: 0 }, healthPages(from));
  endings.push(server.close);
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return { get, port: server.port, clock: from.clock };
}
