import { expect, test } from "vitest";
import { ApiError } from "../kube/api-error.ts";
import type { ObjectKey } from "../model/key.ts";
import { fakeClock, settled } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { WorkQueue } from "./queue.ts";

test("a key added many times before its turn runs once", async () => {
  const { queue, ran, add } = workshop();
  add("a", "b", "a", "a");
  queue.open();
  await settled();
  expect(ran).toEqual(["a", "b"]);
});

test("nothing runs before the queue is opened", async () => {
  const { ran, add, queue } = workshop();
  add("a");
  await settled();
  expect(ran).toEqual([]);
  expect(queue.size()).toEqual({ waiting: 1, running: 0, later: 0 });
});

test("a key added while it runs runs again afterwards, once, and never beside itself", async () => {
  const { queue, ran, add, finish } = workshop({ by: "hand" });
  queue.open();
  add("a", "a", "a");
  await settled();
  expect(ran).toEqual(["a"]);
  await finish("a");
  expect(ran).toEqual(["a", "a"]);
  await finish("a");
  expect(ran).toEqual(["a", "a"]);
});

test("no more keys run at a time than asked for, in the order they came", async () => {
  const { queue, ran, add, finish } = workshop({ by: "hand", concurrency: 2 });
  queue.open();
  add("a", "b", "c", "d");
  await settled();
  expect(ran).toEqual(["a", "b"]);
  await finish("b");
  expect(ran).toEqual(["a", "b", "c"]);
  await finish("a");
  expect(ran).toEqual(["a", "b", "c", "d"]);
});

test("an urgent key goes before those that wait, also when it waits itself or runs already", async () => {
  const { queue, ran, add, finish } = workshop({ by: "hand", concurrency: 1 });
  queue.open();
  add("a", "b", "c", "d");
  queue.add(key("d"), "first");
  queue.add(key("d"));
  queue.add(key("a"), "first");
  queue.add(key("a"));
  await settled();
  expect(queue.size()).toMatchObject({ waiting: 3, running: 1 });
  for (const name of ["a", "d", "a", "b", "c"]) await finish(name);
  expect(ran).toEqual(["a", "d", "a", "b", "c"]);
  expect(queue.size()).toMatchObject({ waiting: 0, running: 0 });
});

test("a key that fails waits longer each time, up to five minutes, while others go on", async () => {
  const { queue, ran, add, clock, failing } = workshop();
  failing.add("bad");
  queue.open();
  add("bad");
  const waits: number[] = [];
  for (let failures = 0; failures < 13; failures += 1) {
    await settled();
    waits.push(clock.waits()[0] ?? 0);
    await clock.pass(waits.at(-1) ?? 0);
  }
  expect(waits).toEqual([
    200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 102_400, 204_800, 300_000, 300_000,
  ]);
  add("good");
  await settled();
  expect(ran.at(-1)).toBe("good");
});

test("the wait is somewhere between its half and its whole", async () => {
  const { queue, add, clock, failing } = workshop({ random: 0 });
  failing.add("bad");
  queue.open();
  add("bad");
  await settled();
  expect(clock.waits()).toEqual([100]);
});

test("success forgets the failures before it", async () => {
  const { queue, add, clock, failing } = workshop();
  failing.add("a");
  queue.open();
  add("a");
  await clock.pass(200);
  failing.clear();
  await clock.pass(400);
  failing.add("a");
  add("a");
  await settled();
  expect(clock.waits()).toEqual([200]);
});

test("what the API asks to be left alone for is waited out", async () => {
  const tooMany = new ApiError("apply", {
    status: 429,
    reason: "TooManyRequests",
    message: "later",
    retryAfter: 9000,
  });
  const { queue, add, clock, failing } = workshop({ error: tooMany });
  failing.add("a");
  queue.open();
  add("a");
  await settled();
  expect(clock.waits()).toEqual([9000]);
});

test("news about a key that waits for its retry runs it at once, and only once", async () => {
  const { queue, ran, add, clock, failing } = workshop();
  failing.add("a");
  queue.open();
  add("a");
  await settled();
  failing.clear();
  add("a");
  await clock.pass(10_000);
  expect(ran).toEqual(["a", "a"]);
});

test("a delayed key runs when its time has come, and the sooner of two times counts", async () => {
  const { queue, ran, clock } = workshop();
  queue.open();
  queue.addAfter(key("a"), 500);
  queue.addAfter(key("a"), 300);
  queue.addAfter(key("a"), 400);
  await clock.pass(299);
  expect(ran).toEqual([]);
  await clock.pass(1000);
  expect(ran).toEqual(["a"]);
});

test("draining lets what runs end and begins nothing new", async () => {
  const { queue, ran, add, clock, finish } = workshop({ by: "hand", concurrency: 1 });
  queue.open();
  add("a", "b", "a");
  queue.addAfter(key("c"), 100);
  await settled();
  let drained = false;
  void queue.drain().then(() => (drained = true));
  await clock.pass(1000);
  expect(drained).toBe(false);
  add("d");
  await finish("a");
  expect(drained).toBe(true);
  expect(ran).toEqual(["a"]);
  expect(clock.waits()).toEqual([]);
});

test("a failure during draining is not tried again", async () => {
  const { queue, add, clock, finish, failing } = workshop({ by: "hand" });
  failing.add("a");
  queue.open();
  add("a");
  await settled();
  const drained = queue.drain();
  await finish("a");
  await drained;
  expect(clock.waits()).toEqual([]);
});

test("draining an idle queue ends at once", async () => {
  const { queue } = workshop();
  queue.open();
  await queue.drain();
  expect(queue.size()).toEqual({ waiting: 0, running: 0, later: 0 });
});

test("a failure is logged and nothing else happens to the process", async () => {
  const { queue, add, log, failing } = workshop();
  failing.add("a");
  queue.open();
  add("a");
  await settled();
  expect(log.entries).toEqual(["warn reconcile failed"]);
});

test("statuses go when policies have been at rest for a moment, and a key's own policies come first", async () => {
  const { queue, turns, add, clock, finish } = workshop({ by: "hand" });
  queue.open();
  add("a", "b");
  queue.add(key("a"), "status");
  await settled();
  expect(turns).toEqual(["program a", "program b"]);
  await finish("a");
  await clock.pass(1000);
  expect(turns.slice(2)).toEqual([]);
  await finish("b");
  await clock.pass(99);
  expect(turns.slice(2)).toEqual([]);
  await clock.pass(1);
  expect(turns.slice(2)).toEqual(["status a"]);
});

test("a policy does not wait until the statuses are worked out, not even of the same object for longer than one", async () => {
  const { queue, turns, add, clock, finish } = workshop({ by: "hand", concurrency: 1 });
  queue.open();
  queue.add(key("a"), "status");
  queue.add(key("b"), "status");
  await clock.pass(100);
  add("c", "a");
  await settled();
  expect(turns).toEqual(["status a", "program c"]);
  await finish("a");
  await finish("c");
  await clock.pass(100);
  expect(turns).toEqual(["status a", "program c", "program a"]);
  await finish("a");
  await clock.pass(100);
  expect(turns.at(-1)).toBe("status b");
});

test("policies that never come to rest keep statuses waiting for ten seconds, and then none of those that wait", async () => {
  const { queue, turns, add, clock, finish } = workshop({ by: "hand" });
  queue.open();
  add("busy");
  queue.add(key("a"), "status");
  await clock.pass(9_999);
  queue.add(key("b"), "status");
  expect(turns).toEqual(["program busy"]);
  await clock.pass(1);
  expect(turns).toEqual(["program busy", "status a", "status b"]);
  await finish("a");
  await finish("b");
  queue.add(key("c"), "status");
  await clock.pass(100);
  expect(turns.slice(3)).toEqual([]);
});

test("what somebody wants to know of the queue", async () => {
  const { queue, add, clock, failing } = workshop({ by: "hand", concurrency: 1 });
  failing.add("a");
  queue.open();
  add("a", "b");
  queue.add(key("b"), "status");
  queue.add(key("c"), "first");
  await clock.pass(50);
  expect(queue.look()).toEqual({
    lanes: { first: 1, "in turn": 1, status: 1 },
    running: 1,
    later: 0,
    oldestWaiting: 50,
    longestRunning: 50,
  });
});

interface Options {
  readonly concurrency?: number;
  /** "hand": runs end when the test says so. */
  readonly by?: "hand";
  readonly random?: number;
  readonly error?: Error;
}

function workshop({ concurrency = 10, by, random = 1, error = new Error("no") }: Options = {}) {
  const clock = fakeClock();
  const log = recordedLog();
  const ran: string[] = [];
  const turns: string[] = [];
  const failing = new Set<string>();
  const endings = new Map<string, () => void>();
  const queue = new WorkQueue({
    concurrency,
    clock,
    log,
    random: () => random,
    run: async ({ name }, turn) => {
      ran.push(name);
      turns.push(`${turn} ${name}`);
      if (by === "hand") await new Promise<void>((resolve) => endings.set(name, resolve));
      if (failing.has(name)) throw error;
    },
  });
  const add = (...names: string[]) => {
    for (const name of names) queue.add(key(name));
  };
  const finish = (name: string) => {
    endings.get(name)?.();
    return settled();
  };
  return { queue, ran, turns, add, finish, failing, clock, log };
}

function key(name: string): ObjectKey {
  return { namespace: "shop", name };
}
