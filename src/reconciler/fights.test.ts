import { expect, test } from "vitest";
import { type Fight, isForgotten, pauseOf, restoredOnce, unrestOf } from "./fights.ts";

const SECOND = 1_000;

/** How long each restoration has to wait, in seconds, when what was undone comes back at once. */
function pauses(undone: readonly string[], between = 0): readonly number[] {
  let fight: Fight | undefined;
  let now = 0;
  return undone.map((text) => {
    const pause = pauseOf(fight, now);
    now += pause;
    fight = restoredOnce(fight, text, now);
    now += between * SECOND;
    return pause / SECOND;
  });
}

function times<T>(n: number, what: (i: number) => T): readonly T[] {
  return Array.from({ length: n }, (_, i) => what(i));
}

test("who does the same again and again is waited for longer and longer, to five minutes", () => {
  expect(pauses(times(15, () => "same"))).toEqual([0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test("who comes back every ten seconds is as stubborn", () => {
  expect(
    pauses(
      times(12, () => "same"),
      10,
    ),
  ).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 6, 22, 54, 118]);
});

test("who does something else each time is kept to twenty writes a minute", () => {
  const waits = pauses(times(50, (i) => `another ${i}`));
  expect(waits.slice(0, 20)).toEqual(times(20, () => 0));
  expect(waits.slice(20, 24)).toEqual([3, 3, 3, 3]);
});

test("a person who tries now and then is never waited for", () => {
  expect(
    pauses(
      times(20, () => "same"),
      61,
    ),
  ).toEqual(times(20, () => 0));
});

test("a fight is over some time after the last blow, and forgotten after a minute", () => {
  const fight = times(5, (i) => i * SECOND).reduce<Fight | undefined>(
    (before, now) => restoredOnce(before, "same", now),
    undefined,
  );
  if (fight === undefined) throw new Error("there was no fight");
  const at = (now: number) => [pauseOf(fight, now), unrestOf(fight, now), isForgotten(fight, now)];
  expect(at(4 * SECOND)).toEqual([2 * SECOND, 10 * SECOND, false]);
  expect(at(14 * SECOND)).toEqual([0, 0, false]);
  expect(at(65 * SECOND)).toEqual([0, 0, true]);
  expect(unrestOf(restoredOnce(fight, "same", 66 * SECOND), 66 * SECOND)).toBe(0);
});
