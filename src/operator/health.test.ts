import { afterEach, expect, test } from "vitest";
import { PODS } from "../kube/resources.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { serveHealth } from "./health.ts";

test("the process is alive as soon as it answers", async () => {
  const { get } = await health({ isSynced: false });
  expect(await get("/livez")).toEqual({ status: 200, body: { status: "alive" } });
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
  const { get: getLater } = await health({ isSynced: true });
  expect(await getLater("/readyz?verbose")).toMatchObject({ status: 200, body: { status: "ready" } });
});

test("readiness says how fresh what is known is, what there is to do and what cannot be read", async () => {
  const { get, clock } = await health({ isSynced: true });
  await clock.pass(61_000);
  expect(await get("/readyz")).toEqual({
    status: 200,
    body: {
      status: "ready",
      watched: [{ resource: "pods", synced: true, secondsSinceLastEvent: 61 }],
      queue: { waiting: 1, running: 2, later: 3 },
      unreadable: ["Pod shop/a"],
    },
  });
});

test.each(["/", "//", "/metrics", "/readyz/x"])("%s is not there, and hurts nobody", async (path) => {
  const { get } = await health({ isSynced: true });
  expect(await get(path)).toMatchObject({ status: 404 });
});

test("a port that is taken is said in words", async () => {
  const { port } = await health({ isSynced: true });
  await expect(serveHealth({ host: "127.0.0.1", port }, sources({ isSynced: true }))).rejects.toThrow(
    `cannot serve health on 127.0.0.1:${port}: `,
  );
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

interface Watched {
  readonly isSynced: boolean;
  readonly trouble?: string;
}

function sources(watched: Watched) {
  return {
    clock: fakeClock(),
    queue: { size: () => ({ waiting: 1, running: 2, later: 3 }) },
    watches: {
      reflectors: [{ resource: PODS, lastEvent: 0, trouble: undefined, ...watched }],
      isSynced: () => watched.isSynced,
      unreadable: () => [{ kind: "Pod", name: "shop/a", problems: [] }],
    },
  };
}

async function health(watched: Watched) {
  const from = sources(watched);
  const server = await serveHealth({ host: "127.0.0.1", port: 0 }, from);
  endings.push(server.close);
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return { get, port: server.port, clock: from.clock };
}
