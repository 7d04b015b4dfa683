import type { Answer, Direction, Family, Verdict } from "../core/answer.ts";

/** What a table expects of a flow; what it does not say may be anything. */
export interface Expectation {
  readonly verdict: Verdict;
  readonly egress?: readonly string[];
  readonly ingress?: readonly string[];
  readonly IPv4?: Verdict;
  readonly IPv6?: Verdict;
  readonly because?: string;
}

/**
 * `Denied, ingress by x/p and x/q`; `Allowed, egress by nobody`; `Unknown, IPv4 Allowed, IPv6 Denied`;
 * `Unknown, because no endpoint`.
 */
export function readExpectation(text: string): Expectation {
  const [verdict = "", ...clauses] = text.split(", ");
  const expectation: Expectation = { verdict: readVerdict(verdict) };
  for (const clause of clauses) Object.assign(expectation, readClause(clause));
  return expectation;
}

/** The part of an answer that the expectation speaks of, in its own form: equal when the answer is as expected. */
export function comparable(answer: Answer, expectation: Expectation): Expectation {
  const { egress, ingress, IPv4, IPv6, because } = expectation;
  return {
    verdict: answer.verdict,
    ...(egress && { egress: answer.egress.by }),
    ...(ingress && { ingress: answer.ingress.by }),
    ...(IPv4 && { IPv4: inFamily(answer, "IPv4") }),
    ...(IPv6 && { IPv6: inFamily(answer, "IPv6") }),
    ...(because && { because: answer.reason.includes(because) ? because : answer.reason }),
  };
}

function inFamily(answer: Answer, family: Family): Verdict {
  return answer.families?.find((each) => each.family === family)?.verdict ?? answer.verdict;
}

function readClause(clause: string): Partial<Expectation> {
  const [, direction, names] = /^(egress|ingress) by (.+)$/.exec(clause) ?? [];
  if (isDirection(direction) && names !== undefined)
    return { [direction]: names === "nobody" ? [] : names.split(" and ") };
  const [, family, verdict] = /^(IPv4|IPv6) (\w+)$/.exec(clause) ?? [];
  if (isFamily(family) && verdict !== undefined) return { [family]: readVerdict(verdict) };
  const [, because] = /^because (.+)$/.exec(clause) ?? [];
  if (because !== undefined) return { because };
  throw new Error(`"${clause}" is no expectation`);
}

function readVerdict(text: string): Verdict {
  const verdict = (["Allowed", "Denied", "Unknown"] as const).find((each) => each === text);
  if (verdict === undefined) throw new Error(`"${text}" is no verdict`);
  return verdict;
}

function isDirection(text: string | undefined): text is Direction {
  return text === "egress" || text === "ingress";
}

function isFamily(text: string | undefined): text is Family {
  return text === "IPv4" || text === "IPv6";
}
