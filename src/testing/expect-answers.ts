import { expect } from "vitest";
import { problemsOf } from "../core/evaluator.ts";
import { type Asked, asked } from "./ask.ts";
import type { RuleCase } from "./decode-cases.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { clusterOf } from "./table.ts";

export function expectAnswers(each: RuleCase): void {
  expectFlows(asked(clusterOf(each)), each);
}

/** Every flow of the case by three routes: a single check, everything that passes, and the naive reference. */
export function expectFlows(
  { evaluator, answer, passes, naively }: Asked,
  { expect: expected, problems }: Pick<RuleCase, "expect" | "problems">,
): void {
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
}

/** The naive reference knows single addresses only. */
function hasRange(flow: string): boolean {
  return /[.:]\S*\/\d+ /.test(flow);
}
