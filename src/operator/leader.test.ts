import { expect, test } from "vitest";
import { fakeClock } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { type Fate, type Process, processOn, sharedLease } from "../testing/shared-lease.ts";
import { Leader, type LeaseTimes } from "./leader.ts";

const TIMES: LeaseTimes = { duration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

test("the first one leads, the second stands by", async () => {
  const { a, b, lease } = await contest();
  expect([a.leader.isLeading(), b.leader.isLeading()]).toEqual([true, false]);
  expect(lease.now()).toMatchObject({ holder: "a", duration: 15_000, transitions: 0 });
  expect(b.log.entries).toEqual(["info standing by"]);
});

test("a Lease that is released is taken by the next within a retry period, and its transitions are counted", async () => {
  const { a, b, lease, clock } = await contest();
  a.stop.abort();
  const released = a.leader.release();
  // Before the API server knows.
  expect(a.leader.isLeading()).toBe(false);
  await clock.pass(1);
  await released;
  await clock.pass(TIMES.retryPeriod);
  expect(b.leader.isLeading()).toBe(true);
  expect(lease.now()).toMatchObject({ holder: "b", transitions: 1 });
});

test("a holder that is gone without a word is waited for as long as the Lease says, and no longer", async () => {
  const { a, b, clock } = await contest();
  await clock.pass(4_000);
  a.process.stop();
  await clock.pass(TIMES.duration - TIMES.retryPeriod);
  expect(b.leader.isLeading()).toBe(false);
  await clock.pass(2 * TIMES.retryPeriod);
  expect(b.leader.isLeading()).toBe(true);
});

test("the times in a Lease are not looked at: a holder whose clock is an hour behind, or mad, still holds it", async () => {
  const { b, lease, clock } = await contest({ wallOfA: (tick) => tick - 3_600_000 });
  await clock.pass(60_000);
  expect(b.leader.isLeading()).toBe(false);
  expect(lease.changes.at(-1)).toBe("held by a");
});

test("who was stopped and goes on writes nothing, has lost, and does not take it again", async () => {
  const { a, b, lease, clock } = await contest();
  a.process.stop();
  await clock.pass(TIMES.duration + TIMES.retryPeriod);
  expect(b.leader.isLeading()).toBe(true);
  // Before any of its timers has run.
  expect(a.leader.isLeading()).toBe(false);
  a.process.goOn();
  await clock.pass(30_000);
  expect(await a.leader.lost).toBe("it was not renewed in time");
  expect(lease.changes.slice(-3)).toEqual(["held by b", "held by b", "held by b"]);
});

test("who was stopped for too long has lost it even where nobody else has taken it", async () => {
  const { a, b, lease, clock } = await contest();
  b.stop.abort();
  a.process.stop();
  await clock.pass(TIMES.renewDeadline);
  const before = lease.changes.length;
  a.process.goOn();
  await clock.pass(10_000);
  expect(await a.leader.lost).toBe("it was not renewed in time");
  expect(lease.changes.length).toBe(before);
});

test("a wall clock that is put back keeps nobody in power", async () => {
  let jump = 0;
  const { a, clock } = await contest({ wallOfA: (tick) => tick + jump });
  jump = -3_600_000;
  a.process.stop();
  await clock.pass(TIMES.renewDeadline);
  expect(a.leader.isLeading()).toBe(false);
});

test("who cannot renew stops writing before another one may begin, and says why", async () => {
  const { a, b, clock } = await contest({ fateOf: failing({ there: 0, back: 0, isLost: "there" }) });
  // It renews once, one retry period after its election.
  await clock.pass(TIMES.retryPeriod + TIMES.renewDeadline - 10);
  expect(a.leader.isLeading()).toBe(true);
  await clock.pass(10);
  expect(a.leader.isLeading()).toBe(false);
  expect(await a.leader.lost).toBe("it was not renewed in time: cannot update Lease: no answer in time");
  expect(b.leader.isLeading()).toBe(false);
});

test("one renewal that fails is made up for by the next", async () => {
  const { a, clock } = await contest({ fateOf: failing({ there: 0, back: 0, isLost: "back" }, 1) });
  await clock.pass(60_000);
  expect(a.leader.isLeading()).toBe(true);
  expect(a.log.entries).toContain("warn lease not reached");
});

test("a slow answer counts from when it was asked for", async () => {
  const slow = once({ there: 0, back: 0 }, { there: 0, back: 0 }, { there: 0, back: 4_000 });
  const dead: Fate = { there: 0, back: 0, isLost: "there" };
  let calls = 0;
  const { a, clock } = await contest({
    fateOf: (name) => {
      if (name === "a") calls += 1;
      return name === "a" && calls > 3 ? dead : slow(name);
    },
  });
  // The renewal began one retry period after the election; that its answer took four seconds gives no more time.
  await clock.pass(TIMES.retryPeriod + TIMES.renewDeadline - 10);
  expect(a.leader.isLeading()).toBe(true);
  await clock.pass(10);
  expect(a.leader.isLeading()).toBe(false);
});

test("an election whose answer comes too late is none; the Lease is ours at the next try", async () => {
  const { a, lease, clock } = await contest({
    fateOf: once({ there: 0, back: 0 }, { there: 0, back: 1_000 }),
  });
  expect(lease.now()?.holder).toBe("a");
  a.process.stop();
  await clock.pass(TIMES.renewDeadline);
  a.process.goOn();
  await clock.pass(1);
  expect(a.leader.isLeading()).toBe(false);
  await clock.pass(TIMES.retryPeriod);
  expect(a.leader.isLeading()).toBe(true);
});

test("somebody who writes into the Lease besides does no harm", async () => {
  const { a, lease, clock } = await contest();
  const present = lease.now();
  if (present !== undefined) lease.put({ ...present, raw: { version: 99 } });
  await clock.pass(60_000);
  expect(a.leader.isLeading()).toBe(true);
});

test("a Lease that another one has taken is lost at once", async () => {
  const { a, lease, clock } = await contest();
  const present = lease.now();
  if (present !== undefined) lease.put({ ...present, holder: "c", record: "c", raw: { version: 99 } });
  await clock.pass(TIMES.retryPeriod);
  expect(await a.leader.lost).toBe("c has taken it");
  expect(a.leader.isLeading()).toBe(false);
});

test("a Lease that somebody removes is made again by its holder, not by those who wait", async () => {
  const { a, b, lease, clock } = await contest();
  lease.put(undefined);
  await clock.pass(30_000);
  expect([a.leader.isLeading(), b.leader.isLeading()]).toEqual([true, false]);
  expect(lease.now()?.holder).toBe("a");
});

test("a Lease that is removed while its holder says nothing is still waited for", async () => {
  const { a, b, lease, clock } = await contest();
  a.process.stop();
  lease.put(undefined);
  await clock.pass(TIMES.renewDeadline);
  expect(b.leader.isLeading()).toBe(false);
  await clock.pass(TIMES.duration - TIMES.renewDeadline + TIMES.retryPeriod);
  expect(b.leader.isLeading()).toBe(true);
});

test("a wall clock that jumps ahead makes the holder renew before it writes on, and nobody loses anything", async () => {
  let jump = 0;
  const { a, clock } = await contest({ wallOfA: (tick) => tick + jump });
  jump = 3_600_000;
  // Perhaps the machine slept, and the other clock with it.
  expect(a.leader.isLeading()).toBe(false);
  await clock.pass(TIMES.retryPeriod);
  expect(a.leader.isLeading()).toBe(true);
  jump = -3_600_000;
  expect(a.leader.isLeading()).toBe(true);
});

test("whatever the network and the scheduler do, two never lead at the same time", async () => {
  let elections = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = randomFrom(seed);
    const { clock, lease, contestant } = await contest({ fateOf: () => badFate(random), random });
    const running = ["c", "d", "e"].map((name) => contestant(name));
    for (let step = 0; step < 800; step += 1) {
      for (const [i, { process, hasLost }] of running.entries()) {
        stopNowAndThen(process, random);
        // Who has lost ends, and is started again as another one.
        if (hasLost()) running[i] = contestant(`${seed}-${step}-${i}`);
      }
      await clock.pass(250);
      const leading = running.filter(({ leader }) => leader.isLeading()).map(({ process }) => process.name);
      expect(leading.length, `${leading.join(" and ")}, seed ${seed}, at ${clock.now()}`).toBeLessThan(2);
    }
    elections += new Set(lease.changes).size;
  }
  // Otherwise nothing was tried.
  expect(elections).toBeGreaterThan(100);
});

function stopNowAndThen(process: Process, random: () => number): void {
  if (random() < 0.02) process.stop();
  else if (random() < 0.05) process.goOn();
}

function badFate(random: () => number): Fate {
  const delays = { there: random() ** 4 * 20_000, back: random() ** 4 * 8_000 };
  const luck = random();
  if (luck < 0.05) return { ...delays, isLost: "there" };
  return luck < 0.1 ? { ...delays, isLost: "back" } : delays;
}

interface Conditions {
  /** What the network does with each call of whom. */
  readonly fateOf?: (name: string) => Fate;
  readonly wallOfA?: (tick: number) => number;
  readonly random?: () => number;
}

/** Two processes that want the same Lease; `a` asked first. */
async function contest({ fateOf, wallOfA = (tick) => tick, random = () => 1 }: Conditions = {}) {
  const clock = fakeClock();
  const lease = sharedLease(clock, TIMES.renewDeadline / 2, fateOf);
  const contestant = (name: string, wall = (tick: number) => tick) => {
    const process = processOn(clock, name);
    const log = recordedLog();
    const stop = new AbortController();
    const leader = new Leader({
      lease: lease.clientFor(process),
      identity: name,
      times: TIMES,
      clock: process.clock,
      wall: () => wall(clock.now()),
      random,
      log,
    });
    void leader.run(stop.signal);
    let isLost = false;
    void leader.lost.then(() => (isLost = true));
    return { leader, log, stop, process, hasLost: () => isLost };
  };
  const a = contestant("a", wallOfA);
  await clock.pass(1);
  const b = contestant("b");
  await clock.pass(1);
  return { a, b, lease, clock, contestant };
}

/** For `a` all is well until it leads and has renewed once; then, so many times, this. */
function failing(fate: Fate, times = Infinity): (name: string) => Fate {
  let calls = 0;
  return (name) => {
    if (name === "a") calls += 1;
    return name === "a" && calls > 3 && calls <= 3 + times ? fate : { there: 0, back: 0 };
  };
}

/** For the first calls of `a`, these. */
function once(...fates: readonly Fate[]): (name: string) => Fate {
  const left = [...fates];
  return (name) => (name === "a" ? left.shift() : undefined) ?? { there: 0, back: 0 };
}

/** The same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
