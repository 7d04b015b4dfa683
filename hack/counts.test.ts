import { expect, test } from "vitest";
import { type Counts, countsText, ended, NOTHING, readCounts, strict, sum } from "./counts.ts";

const counts: Counts = { passed: 7, failed: 2, skipped: 1 };

test("steps add up", () => {
  expect(sum([counts, NOTHING, counts])).toEqual({ passed: 14, failed: 4, skipped: 2 });
});

test("a step that ends badly without a failed test counts as one failure", () => {
  expect(ended(NOTHING, 2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(ended(counts, 1)).toEqual(counts);
  expect(ended(NOTHING, 0)).toEqual(NOTHING);
});

test("where everything must run, a skipped test is a failed one", () => {
  expect(strict(counts)).toEqual({ passed: 7, failed: 3, skipped: 0 });
});

test("counts survive the file between vitest and the gate", () => {
  expect(readCounts(countsText(counts))).toEqual(counts);
});
