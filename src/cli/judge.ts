import type { Answer, FlowPort, SideAnswer, Verdict } from "../core/answer.ts";
import { check } from "../core/check.ts";
import { classesOf } from "../core/classes.ts";
import { type Endpoint, endpointText } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { endpointId } from "../model/launcher.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { Pod } from "../model/world.ts";

/** One source and one destination that the question is about. */
export interface Pair {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** The verdict on one port for every pod of both sides: one answer where they agree, Unknown where they do not. */
export function judge(evaluator: Evaluator, pairs: NonEmpty<Pair>, port: FlowPort): Answer {
  return judgeAll(pairs, ({ from, to }) => check(evaluator, from, to, port));
}

/** As `judge`, whatever is asked of a pair. */
export function judgeAll(pairs: NonEmpty<Pair>, ask: (pair: Pair) => Answer): Answer {
  const [first, ...others] = pairs;
  const answer = ask(first);
  const answers = others.map((pair) => ({ pair, answer: ask(pair) }));
  const different = answers.find((other) => other.answer.verdict !== answer.verdict);
  const joined = joinSides(
    answer,
    answers.map((other) => other.answer),
  );
  if (different === undefined) return joined;
  return {
    verdict: "Unknown",
    egress: joinSide(answer.egress, [different.answer.egress]),
    ingress: joinSide(answer.ingress, [different.answer.ingress]),
    reason:
      `the pods do not agree: ${pairText(first)} is ${answer.verdict} (${answer.reason}), ` +
      `${pairText(different.pair)} is ${different.answer.verdict} (${different.answer.reason})`,
    ...(joined.profile === undefined ? {} : { profile: joined.profile }),
  };
}

/** The first pair, and the first that is judged otherwise. */
export function tellingPairs(evaluator: Evaluator, pairs: NonEmpty<Pair>, port: FlowPort): readonly Pair[] {
  const [first, ...others] = pairs;
  if (others.length === 0) return pairs;
  const { verdict } = check(evaluator, first.from, first.to, port);
  const different = others.find(({ from, to }) => check(evaluator, from, to, port).verdict !== verdict);
  return different === undefined ? [first] : [first, different];
}

/**
 * The pairs to ask about: of pods that no policy can tell apart, one speaks for all. A pod is not asked about itself
 * where it has a sibling: replicas are ordinary pairs (S64).
 */
export function pairsOf(
  evaluator: Evaluator,
  from: NonEmpty<Endpoint>,
  to: NonEmpty<Endpoint>,
): NonEmpty<Pair> {
  const only: Pair = { from: from[0], to: to[0] };
  if (from.length === 1 && to.length === 1) return [only];
  const isAboutNodes = [...from, ...to].some((end) => end.kind === "address" || end.pod.hostNetwork);
  const sources = isAboutNodes ? from.map((end) => [end]) : grouped(evaluator, from);
  const targets = isAboutNodes ? to.map((end) => [end]) : grouped(evaluator, to);
  const pairs = sources.flatMap((source) => targets.flatMap((target) => differentPair(source, target) ?? []));
  return isNonEmpty(pairs) ? pairs : [only];
}

export function pairText({ from, to }: Pair): string {
  return `${endpointText(from)} -> ${endpointText(to)}`;
}

/** Only where no node takes part: own-node traffic is decided by more than policies. */
function grouped(evaluator: Evaluator, ends: NonEmpty<Endpoint>): readonly (readonly Endpoint[])[] {
  const pods = ends.flatMap((end): Pod[] => (end.kind === "pod" ? [end.pod] : []));
  return classesOf(evaluator, pods).map(({ members }) => members.map((pod) => ({ kind: "pod", pod })));
}

function differentPair(sources: readonly Endpoint[], targets: readonly Endpoint[]): Pair | undefined {
  for (const from of sources.slice(0, 2)) {
    const to = targets.slice(0, 2).find((target) => !isSamePod(from, target));
    if (to !== undefined) return { from, to };
  }
  return undefined;
}

function isSamePod(a: Endpoint, b: Endpoint): boolean {
  if (a.kind !== "pod" || b.kind !== "pod" || a.pod.replicas > 1) return false;
  return endpointId(a.pod) === endpointId(b.pod);
}

function joinSides(answer: Answer, others: readonly Answer[]): Answer {
  if (others.length === 0) return answer;
  const profile = [answer, ...others].find((each) => each.profile !== undefined)?.profile;
  return {
    ...answer,
    ...(profile === undefined ? {} : { profile }),
    egress: joinSide(
      answer.egress,
      others.map((other) => other.egress),
    ),
    ingress: joinSide(
      answer.ingress,
      others.map((other) => other.ingress),
    ),
  };
}

/** Every policy that decides for one of the pods; a side on which they differ is Unknown. */
function joinSide(side: SideAnswer, others: readonly SideAnswer[]): SideAnswer {
  const by = [...new Set([side, ...others].flatMap((each) => each.by))].toSorted();
  const different = others.find((other) => other.verdict !== side.verdict);
  if (different === undefined) return { ...side, by };
  const verdict: Verdict = "Unknown";
  return {
    verdict,
    by,
    reason: `${side.verdict} for some (${side.reason}), ${different.verdict} for others (${different.reason})`,
  };
}
