import { expect, test } from "vitest";
import { asked } from "../testing/ask.ts";
import { readRules } from "../testing/decode-cases.ts";
import { comparable, readExpectation } from "../testing/expectation.ts";
import { clusterOf } from "../testing/table.ts";
import { problemsOf } from "./evaluator.ts";

const RULES = readRules("rules.yaml");

/** Rules about something else than what the policies of a cluster make of a flow. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  S12: "whether anything enforces policies: what the operator's status says",
  S45: "which containers' ports a pod has: decoding, tested with manifests",
  S60: "what address a packet shows after translation: outside the cluster's policies",
  S63: "a pod through its own Service: a profile's choice",
};

for (const { rule, name, expect: expected, problems, ...sketch } of RULES) {
  test(`${rule}: ${name}`, () => {
    const { evaluator, answer, passes, naively } = asked(clusterOf(sketch));
    for (const [flow, text] of Object.entries(expected)) {
      const expectation = readExpectation(text);
      const given = answer(flow);
      expect([flow, comparable(given, expectation)]).toEqual([flow, expectation]);
      expect([flow, passes(flow)]).toEqual([flow, expectation.verdict]);
      if (!hasRange(flow)) expect([flow, naively(flow)]).toEqual([flow, expectation.verdict]);
      expect(given.reason).not.toBe("");
    }
    if (problems !== undefined)
      expect(problemsOf(evaluator).map((each) => each.problem.field)).toEqual(problems);
  });
}

/** The naive reference knows single addresses only. */
function hasRange(flow: string): boolean {
  return /[.:]\S*\/\d+ /.test(flow);
}

test("every rule has a case, or a reason to have none", () => {
  const covered = [...new Set(RULES.map(({ rule }) => rule)), ...Object.keys(ELSEWHERE)];
  const all = Array.from({ length: 75 }, (_, i) => `S${i + 1}`);
  expect(covered.toSorted()).toEqual(all.toSorted());
});
