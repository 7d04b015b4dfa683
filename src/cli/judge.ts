import type { Answer, FlowPort, SideAnswer, Verdict } from "../core/answer.ts";
import { check } from "../core/check.ts";
import { type Endpoint, endpointText } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { Pod } from "../model/world.ts";

/** One source and one destination that the question is about. */
export interface Pair {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** The verdict on one port for every pod of both sides: one answer where they agree, Unknown where they do not. */
export function judge(evaluator: Evaluator, pairs: NonEmpty<Pair>, port: FlowPort): Answer {
  const [first, ...others] = pairs;
  const answer = check(evaluator, first.from, first.to, port);
  const answers = others.map((pair) => ({ pair, answer: check(evaluator, pair.from, pair.to, port) }));
  const different = answers.find((other) => other.answer.verdict !== answer.verdict);
  if (different === undefined)
    return joinSides(
      answer,
      answers.map((other) => other.answer),
    );
  return {
    verdict: "Unknown",
    egress: joinSide(answer.egress, [different.answer.egress]),
    ingress: joinSide(answer.ingress, [different.answer.ingress]),
    reason:
      `the pods do not agree: ${pairText(first)} is ${answer.verdict} (${answer.reason}), ` +
      `${pairText(different.pair)} is ${different.answer.verdict} (${different.answer.reason})`,
  };
}

/** The pairs to ask about for what was named on both sides. */
export type Pairing = (from: NonEmpty<Endpoint>, to: NonEmpty<Endpoint>) => NonEmpty<Pair>;

/**
 * Of pods that no policy can tell apart, one speaks for all. A pod is not asked about itself where it has a sibling:
 * replicas are ordinary pairs (S64).
 */
export function pairingOf(evaluator: Evaluator, pods: Iterable<Pod>): Pairing {
  const groups = once(() => groupsOf(evaluator, pods));
  return (from, to) => {
    const only: Pair = { from: from[0], to: to[0] };
    if (from.length === 1 && to.length === 1) return [only];
    const sources = grouped(from, to, groups);
    const targets = grouped(to, from, groups);
    const pairs = sources.flatMap((source) =>
      targets.flatMap((target) => differentPair(source, target) ?? []),
    );
    return isNonEmpty(pairs) ? pairs : [only];
  };
}

export function pairText({ from, to }: Pair): string {
  return `${endpointText(from)} -> ${endpointText(to)}`;
}

/** Own-node traffic is decided by more than policies, so pods are grouped only where no node takes part. */
function grouped(
  ends: NonEmpty<Endpoint>,
  others: NonEmpty<Endpoint>,
  groups: () => ReadonlyMap<Pod, number>,
): readonly (readonly Endpoint[])[] {
  const isAboutNodes = [...ends, ...others].some((end) => end.kind === "address" || end.pod.hostNetwork);
  if (isAboutNodes || ends.length === 1) return ends.map((end) => [end]);
  const known = groups();
  return [...Map.groupBy(ends, (end) => (end.kind === "pod" ? known.get(end.pod) : undefined)).values()];
}

function groupsOf(evaluator: Evaluator): ReadonlyMap<Pod, number> {
  const classes = [...evaluator.classes()];
  return new Map(
    classes.flatMap(({ members }, number) => [...members.values()].map((pod) => [pod, number] as const)),
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function differentPair(sources: readonly Endpoint[], targets: readonly Endpoint[]): Pair | undefined {
  for (const from of sources.slice(0, 2)) {
    const to = targets.slice(0, 2).find((target) => !isSamePod(from, target));
    if (to !== undefined) return { from, to };
  }
  return undefined;
}

function isSamePod(a: Endpoint, b: Endpoint): boolean {
  return a.kind === "pod" && b.kind === "pod" && a.pod === b.pod && a.pod.replicas <= 1;
}

function joinSides(answer: Answer, others: readonly Answer[]): Answer {
  if (others.length === 0) return answer;
  return {
    ...answer,
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
