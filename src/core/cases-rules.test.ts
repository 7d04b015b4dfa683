import { expect, test } from "vitest";
import { readRules } from "../testing/decode-cases.ts";
import { readLateCases } from "../testing/decode-late-cases.ts";
import { expectAnswers } from "../testing/expect-answers.ts";

const RULES = readRules("rules.yaml");

for (const each of RULES) {
  test(`${each.rule}: ${each.name}`, () => {
    expectAnswers(each);
  });
}

test("every rule has a case, here or among the late ones", () => {
  const covered = new Set([...RULES, ...readLateCases()].map(({ rule }) => rule));
  const all = Array.from({ length: 75 }, (_, i) => `S${i + 1}`);
  expect(all.filter((rule) => !covered.has(rule))).toEqual([]);
});
