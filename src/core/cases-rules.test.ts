import { expect, test } from "vitest";
import { readRules } from "../testing/decode-cases.ts";
import { expectAnswers } from "../testing/expect-answers.ts";

const RULES = readRules("rules.yaml");

/** Rules about something else than what the policies of a cluster make of a flow. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  S12: "whether anything enforces policies: what the operator's status says",
  S60: "what address a packet shows after translation: outside the cluster's policies",
  S63: "a pod through its own Service: a profile's choice",
};

for (const each of RULES) {
  test(`${each.rule}: ${each.name}`, () => {
    expectAnswers(each);
  });
}

test("every rule has a case, or a reason to have none", () => {
  const covered = [...new Set(RULES.map(({ rule }) => rule)), ...Object.keys(ELSEWHERE)];
  const all = Array.from({ length: 75 }, (_, i) => `S${i + 1}`);
  expect(covered.toSorted()).toEqual(all.toSorted());
});
