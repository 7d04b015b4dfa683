import type { FlowPort } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { explain } from "../core/explain.ts";
import type { Explanation } from "../core/explained.ts";
import { explanationText } from "../core/explain-text.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { type Pair, tellingPairs } from "./judge.ts";

/** Why the pairs have the verdict that `judge` gives them; where they do not agree, of one of either kind. */
export function explanationsOf(
  evaluator: Evaluator,
  pairs: NonEmpty<Pair>,
  port: FlowPort,
): readonly Explanation[] {
  return tellingPairs(evaluator, pairs, port).flatMap(({ from, to }) => explain(evaluator, from, to, port));
}

/** The data, and the sentences made of it. */
export function explanationsJson(explanations: readonly Explanation[]): readonly object[] {
  return explanations.map((each) => ({ ...each, sentences: explanationText(each) }));
}

/** The sentences, indented, below an empty line; with their ends where there is more than one explanation. */
export function explanationsText(explanations: readonly Explanation[]): string {
  const blocks = explanations.map((each) => {
    const head = explanations.length === 1 ? [] : [`${heading(each)}:`];
    return [...head, ...explanationText(each)].map((line) => `  ${line}\n`).join("");
  });
  return blocks.map((block) => `\n${block}`).join("");
}

function heading({ from, to, family, verdict }: Explanation): string {
  return `${verdict}, ${from} -> ${to}${family === undefined ? "" : ` in ${family}`}`;
}
