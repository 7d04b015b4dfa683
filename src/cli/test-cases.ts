import type { Evaluator } from "../core/evaluator.ts";
import { decodeReachabilityTest, type TestCase } from "../manifest/decode-reachability-test.ts";
import type { SourceDocument, SourceProblem } from "../manifest/read.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { BadInput } from "./bad-input.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import type { Input } from "./input.ts";
import { type Pair, pairsOf } from "./judge.ts";

/** A case with what its names stand for. */
export interface Question {
  readonly index: number;
  readonly source: string;
  readonly asked: TestCase;
  readonly pairs: NonEmpty<Pair>;
}

const MAX_LINES = 100;

/** Every case of every test, in order; what cannot be asked is said before the first answer. */
export function questionsOf(
  tests: readonly SourceDocument[],
  input: Input,
  index: EndpointIndex,
  evaluator: Evaluator,
): readonly Question[] {
  const problems: SourceProblem[] = [];
  const questions: Question[] = [];
  for (const { origin, value } of tests) {
    const decoded = decodeReachabilityTest(value);
    if (decoded.kind === "problems") {
      for (const problem of decoded.problems) problems.push({ ...problem, origin });
      continue;
    }
    for (const [at, asked] of decoded.value.entries()) {
      const [from, to] = [index.find(asked.from), index.find(asked.to)];
      for (const [field, end] of [
        ["from", from],
        ["to", to],
      ] as const) {
        if (end.kind === "missing")
          problems.push({ origin, field: `spec.cases[${at}].${field}`, message: end.message });
      }
      if (from.kind === "missing" || to.kind === "missing") continue;
      const pairs = pairsOf(evaluator, from.members, to.members);
      questions.push({ index: questions.length, source: origin.source, asked, pairs });
    }
  }
  refuse(problems, input);
  return questions;
}

function refuse(problems: readonly SourceProblem[], input: Input): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, MAX_LINES).map(input.describe);
  const rest = problems.length - lines.length;
  throw new BadInput(rest > 0 ? [...lines, `and ${rest} more problems`] : lines);
}
