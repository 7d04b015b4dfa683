import type { Direction, Family, FlowPort } from "./answer.ts";
import { answerOf, notJudged, sideAnswer } from "./check.ts";
import { consent } from "./consent.ts";
import { type Endpoint, endpointText, sharedFamilies } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Explanation, SideExplanation } from "./explained.ts";
import { nearestMiss } from "./explain-miss.ts";
import { walkOf } from "./explain-walk.ts";
import { type Pair, splitAt } from "./split.ts";

/**
 * Why a flow has its verdict: one explanation, or one for each way in which the addresses of a range or the two families
 * are judged. None where `check` gives no verdict at all.
 */
export function explain(
  evaluator: Evaluator,
  from: Endpoint,
  to: Endpoint,
  port: FlowPort,
): readonly Explanation[] {
  if (notJudged(from, to) !== undefined) return [];
  const parts = splitAt(evaluator, from, to).flatMap((pair) =>
    sharedFamilies(pair.from, pair.to).map((family) => explainPart(evaluator, pair, family, port)),
  );
  return parts.length > 1 ? differing(parts) : parts;
}

function explainPart(
  evaluator: Evaluator,
  { from, to }: Pair,
  family: Family | undefined,
  port: FlowPort,
): Explanation {
  const egress = explainSide(evaluator, "egress", { from, to }, family, port);
  const ingress = explainSide(evaluator, "ingress", { from, to }, family, port);
  const { verdict } = answerOf(egress, ingress);
  const ends = { from: endpointText(from), to: endpointText(to), protocol: port.protocol, port: port.port };
  return { ...ends, ...(family === undefined ? {} : { family }), verdict, egress, ingress };
}

function explainSide(
  evaluator: Evaluator,
  direction: Direction,
  { from, to }: Pair,
  family: Family | undefined,
  port: FlowPort,
): SideExplanation {
  const [end, other] = direction === "egress" ? [from, to] : [to, from];
  const said = consent(direction, from, to, family, evaluator);
  const answer = { ...sideAnswer(direction, said, port), end: endpointText(end) };
  if (end.kind === "address" || said.exempt !== undefined) return { ...answer, walk: [] };
  const asked = { evaluator, direction, subject: end.pod, other, destination: to, family, port };
  const walk = walkOf(asked, answer.by);
  const isByPolicies = answer.verdict === "Denied" && answer.by.length > 0;
  const nearest = isByPolicies ? nearestMiss(asked, walk) : undefined;
  return { ...answer, walk, ...(nearest === undefined ? {} : { nearest }) };
}

/** The first of those that only their ends tell apart. */
function differing(parts: readonly Explanation[]): readonly Explanation[] {
  const known = new Map<string, Explanation>();
  for (const part of parts) {
    const key = JSON.stringify([part.family, part.egress.walk, part.ingress.walk, part.verdict]);
    if (!known.has(key)) known.set(key, part);
  }
  return [...known.values()];
}
