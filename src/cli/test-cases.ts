import type { Answer } from "../core/answer.ts";
import { decodeReachabilityTest, type TestCase } from "../manifest/decode-reachability-test.ts";
import type { Decoded } from "../manifest/decode-json.ts";
import type { SourceDocument, SourceProblem } from "../manifest/read.ts";
import type { Problem } from "../model/problem.ts";
import { BadInput } from "./bad-input.ts";
import { onlyReceives } from "./check.ts";
import type { Input } from "./input.ts";
import { judge, pairsOf } from "./judge.ts";
import type { Asking } from "./on-network.ts";
import { judgeService, servicePort } from "./service-target.ts";

/** A case with what its names stand for. */
export interface Question {
  readonly index: number;
  readonly source: string;
  readonly asked: TestCase;
  answer(): Answer;
}

const MAX_LINES = 100;

/** A document of cases, or what is wrong with it. */
export interface ReadTest {
  readonly origin: SourceDocument["origin"];
  readonly cases: Decoded<readonly TestCase[]>;
}

export function readTests(tests: readonly SourceDocument[]): readonly ReadTest[] {
  return tests.map(({ origin, value }) => ({ origin, cases: decodeReachabilityTest(value) }));
}

/** The secondary networks that cases are about, as they are written. */
export function networksAsked(tests: readonly ReadTest[]): readonly string[] {
  const cases = tests.flatMap((test) => (test.cases.kind === "decoded" ? test.cases.value : []));
  return [...new Set(cases.flatMap(({ network }) => network ?? []))];
}

/** Who answers on a network, or why nobody does. */
export type AskingOn = (network: string | undefined) => Asking | string;

/** Every case of every test, in order; what cannot be asked is said before the first answer. */
export function questionsOf(
  tests: readonly ReadTest[],
  input: Input,
  askingOn: AskingOn,
): readonly Question[] {
  const problems: SourceProblem[] = [];
  const questions: Question[] = [];
  for (const { origin, cases } of tests) {
    if (cases.kind === "problems") {
      for (const problem of cases.problems) problems.push({ ...problem, origin });
      continue;
    }
    for (const [at, asked] of cases.value.entries()) {
      const found = answerTo(asked, askingOn(asked.network));
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
  asking: Asking | string,
): (() => Answer) | readonly Problem[] {
  if (typeof asking === "string") return [{ field: "network", message: asking }];
  const { index, evaluator } = asking;
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
