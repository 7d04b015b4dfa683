import fc from "fast-check";
import { expect, test } from "vitest";
import { isEqual } from "./equal.ts";

fc.configureGlobal({ seed: 20_261_121 });

test.each<[unknown, unknown]>([
  [
    { a: 1, b: [1, { c: null }] },
    { b: [1, { c: null }], a: 1 },
  ],
  [{ a: 1, b: undefined }, { a: 1 }],
  [{}, {}],
  [[], []],
  [null, null],
])("%j equals %j", (a, b) => {
  expect(isEqual(a, b)).toBe(true);
});

test.each<[unknown, unknown]>([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: 1, b: 1 }],
  [{ a: undefined }, { a: null }],
  [{ a: 1 }, { b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 2]],
  [[1], { 0: 1 }],
  [[], {}],
  [null, {}],
  [null, undefined],
  ["1", 1],
])("%j differs from %j", (a, b) => {
  expect(isEqual(a, b)).toBe(false);
  expect(isEqual(b, a)).toBe(false);
});

test("two values are equal exactly when their JSON with sorted keys is", () => {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, 0, 1, "a"), tie("list"), tie("record")),
    list: fc.array(tie("value"), { maxLength: 2 }),
    record: fc.dictionary(fc.constantFrom("a", "b"), tie("value"), { maxKeys: 2 }),
  }));
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(isEqual(a, b)).toBe(text(a) === text(b));
      expect(isEqual(a, JSON.parse(text(a)))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
