import { expect, test } from "vitest";
import { readComparison } from "../testing/decode-cases.ts";
import { expectAnswers } from "../testing/expect-answers.ts";

const CASES = readComparison("comparison.yaml");

for (const each of CASES) {
  test(`${each.name} (${each.rule})`, () => {
    expectAnswers(each);
  });
}

test("every case has its source, and most have somebody who says something else", () => {
  expect(CASES.filter(({ source }) => source === "").map(({ name }) => name)).toEqual([]);
  expect(CASES.filter(({ others }) => Object.keys(others).length > 0).length).toBeGreaterThan(20);
});
