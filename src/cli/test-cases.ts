import type { Answer } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { decodeReachabilityTest, type TestCase } from "../manifest/decode-reachability-test.ts";
import type { SourceDocument, SourceProblem } from "../manifest/read.ts";
import type { Problem } from "../model/problem.ts";
import { BadInput } from "./bad-input.ts";
import { onlyReceives } from "./check.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import type { Input } from "./input.ts";
import { judge, pairsOf } from "./judge.ts";
import { judgeService, servicePort } from "./service-target.ts";

/** A case with what its names stand for. */
export interface Question {
  readonly index: number;
  readonly source: string;
  readonly asked: TestCase;
  answer(): Answer;
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
      const found = answerTo(asked, index, evaluator);
      if (typeof found === "function")
        questions.push({ index: questions.length, source: origin.source, asked, answer: found });
      else
        problems.push(
          ...found.map(({ field, message }) => ({ origin, field: `spec.cases[${at}].${field}`, message })),
        );
    }
  }
  refuse(problems, input);
  return questions;
}

/** How to answer, or why the case cannot be asked. */
function answerTo(
  { from, to, port, protocol }: TestCase,
  index: EndpointIndex,
  evaluator: Evaluator,
): (() => Answer) | readonly Problem[] {
  const [source, target] = [index.find(from), index.find(to)];
  const problems = [
    ...(source.kind === "missing" ? [{ field: "from", message: source.message }] : []),
    ...(source.kind === "service" ? [{ field: "from", message: onlyReceives(source) }] : []),
    ...(target.kind === "missing" ? [{ field: "to", message: target.message }] : []),
  ];
  if (source.kind !== "found" || target.kind === "missing") return problems;
  if (target.kind === "found") {
    const pairs = pairsOf(evaluator, source.members, target.members);
    return () => judge(evaluator, pairs, { port, protocol });
  }
  const found = servicePort(target, { port, protocol });
  if (typeof found === "string") return [{ field: "port", message: found }];
  return () => judgeService(evaluator, source.members, target, found).answer;
}

function refuse(problems: readonly SourceProblem[], input: Input): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, MAX_LINES).map(input.describe);
  const rest = problems.length - lines.length;
  throw new BadInput(rest > 0 ? [...lines, `and ${rest} more problems`] : lines);
}
