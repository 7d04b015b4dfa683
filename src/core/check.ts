import type { Answer, Connections, Direction, Family, FlowPort, SideAnswer, Verdict } from "./answer.ts";
import { type Consent, consent, type Layer, type Share, type Union } from "./consent.ts";
import { type Endpoint, endpointText, isEndpoint, sharedFamilies } from "./endpoint.ts";
import { type Evaluator, underProfile } from "./evaluator.ts";
import {
  ALL_PORTS,
  hasPort,
  intersect,
  NO_PORTS,
  type PortSet,
  portTexts,
  subtract,
  union,
} from "./ports.ts";
import { type Pair, splitAt } from "./split.ts";
import type { TierShare } from "./tier-walk.ts";

/** The verdict on one flow, with the policies that decide on both sides. */
export function check(evaluator: Evaluator, from: Endpoint, to: Endpoint, port: FlowPort): Answer {
  return judge(evaluator, from, to, (each, source, destination, family) =>
    answerOf(
      sideAnswer("egress", consent("egress", source, destination, family, each), port),
      sideAnswer("ingress", consent("ingress", source, destination, family, each), port),
    ),
  );
}

/** The answer for two ends that no policy of either tells into parts, in one address family. */
type JudgePart = (evaluator: Evaluator, from: Endpoint, to: Endpoint, family: Family | undefined) => Answer;

/** One answer for all addresses and families of the two ends; a verdict that only the profile gives says so. */
export function judge(evaluator: Evaluator, from: Endpoint, to: Endpoint, judgePart: JudgePart): Answer {
  const answer = judgeAll(evaluator, from, to, judgePart);
  const { name } = evaluator.profile;
  const { specification } = evaluator;
  if (name === specification.name) return answer;
  const specified = judgeAll(underProfile(evaluator, specification), from, to, judgePart).verdict;
  if (answer.verdict === specified) return answer;
  const reason = `${answer.reason} (decided by the profile ${name}: the specification alone says ${specified})`;
  return { ...answer, reason, profile: name };
}

function judgeAll(evaluator: Evaluator, from: Endpoint, to: Endpoint, judgePart: JudgePart): Answer {
  const aside = notJudged(from, to);
  if (aside !== undefined) return unknownAnswer(aside);
  const parts = splitAt(evaluator, from, to).map((pair) => judgePair(evaluator, pair, judgePart));
  return agreeing(parts, `the addresses of ${endpointText(from.kind === "address" ? from : to)} differ`);
}

/** Everything that may pass between two endpoints: the ports allowed, and those that are undetermined. */
export function connections(evaluator: Evaluator, from: Endpoint, to: Endpoint): Connections {
  if (notJudged(from, to) !== undefined) return { allowed: NO_PORTS, unknown: ALL_PORTS };
  const parts = splitAt(evaluator, from, to).flatMap((pair) =>
    sharedFamilies(pair.from, pair.to).map((family) => meet(evaluator, pair.from, pair.to, family)),
  );
  if (parts.length === 0) return { allowed: NO_PORTS, unknown: ALL_PORTS };
  const allowed = parts.map((part) => part.allowed).reduce(intersect, ALL_PORTS);
  const conceivable = parts.map((part) => union(part.allowed, part.unknown)).reduce(union, NO_PORTS);
  return { allowed, unknown: subtract(conceivable, allowed) };
}

/** Both ends must allow the same port (S10). */
function meet(evaluator: Evaluator, from: Endpoint, to: Endpoint, family: Family | undefined): Connections {
  const egress = consent("egress", from, to, family, evaluator);
  const ingress = consent("ingress", from, to, family, evaluator);
  const allowed = intersect(egress.allowed, ingress.allowed);
  return { allowed, unknown: subtract(intersect(conceivable(egress), conceivable(ingress)), allowed) };
}

function conceivable(side: Consent): PortSet {
  return union(side.allowed, side.unknown);
}

/** Why no verdict can be given at all. */
export function notJudged(from: Endpoint, to: Endpoint): string | undefined {
  if (from.kind === "address" && to.kind === "address") {
    return "neither end is a pod: no NetworkPolicy concerns this flow";
  }
  const ended = [from, to].find((endpoint) => endpoint.kind === "pod" && !isEndpoint(endpoint.pod));
  return ended === undefined ? undefined : `${endpointText(ended)} has ended and is no endpoint`;
}

function judgePair(evaluator: Evaluator, { from, to }: Pair, judgePart: JudgePart): Answer {
  const families = sharedFamilies(from, to);
  if (families.length === 0) return unknownAnswer("the two ends share no address family");
  const answers = families.map((family) => ({ family, answer: judgePart(evaluator, from, to, family) }));
  const agreed = agreeing(
    answers.map(({ answer }) => answer),
    "the address families differ",
  );
  if (answers.every(({ answer }) => answer.verdict === agreed.verdict)) return agreed;
  const named = answers.flatMap(({ family, answer }) =>
    family === undefined ? [] : [{ family, verdict: answer.verdict }],
  );
  return { ...agreed, families: named };
}

/** Both ends must allow a flow; the reason is that of the ends that decide. */
export function answerOf(egress: SideAnswer, ingress: SideAnswer): Answer {
  const verdict = both(egress.verdict, ingress.verdict);
  const deciding = [egress, ingress].filter((side) => side.verdict === verdict);
  const reasons = new Set(deciding.map((side) => side.reason));
  return { verdict, egress, ingress, reason: [...reasons].join("; ") };
}

function both(a: Verdict, b: Verdict): Verdict {
  if (a === "Denied" || b === "Denied") return "Denied";
  return a === "Unknown" || b === "Unknown" ? "Unknown" : "Allowed";
}

/** One answer for several that should be the same; Unknown where they are not. */
export function agreeing(answers: readonly Answer[], difference: string): Answer {
  const [first, ...others] = answers;
  if (first === undefined) return unknownAnswer("nothing to judge");
  return others.reduce((joined, answer) => joinAnswers(joined, answer, difference), first);
}

function joinAnswers(a: Answer, b: Answer, difference: string): Answer {
  const egress = joinSides(a.egress, b.egress);
  const ingress = joinSides(a.ingress, b.ingress);
  if (a.verdict === b.verdict) return { ...a, egress, ingress };
  const reason = `${difference}: ${a.verdict} (${a.reason}), but also ${b.verdict} (${b.reason})`;
  return { verdict: "Unknown", egress, ingress, reason };
}

function joinSides(a: SideAnswer, b: SideAnswer): SideAnswer {
  const by = sorted([...a.by, ...b.by]);
  if (a.verdict === b.verdict) return { ...a, by };
  return { verdict: "Unknown", by, reason: `${a.verdict}, but also ${b.verdict}` };
}

export function sideAnswer(direction: Direction, side: Consent, port: FlowPort): SideAnswer {
  const has = (set: PortSet): boolean => hasPort(set, port.protocol, port.port);
  const { forwarded } = side;
  const isLost = forwarded !== undefined && !has(forwarded);
  if (side.exempt !== undefined && !isLost) return { verdict: "Allowed", by: [], reason: side.exempt };
  const verdict = verdictOf(side, has);
  const by = sorted(
    side.layers.filter((layer) => has(layer.reach)).flatMap((layer) => deciders(layer, verdict, has)),
  );
  if (isLost && by.length === 0) return { verdict, by, reason: lostReason(forwarded) };
  const doubts = verdict === "Unknown" ? doubtsOf(side.layers, by) : [];
  return { verdict, by, reason: sentence(verdict, direction, by, doubts) };
}

function lostReason(forwarded: PortSet): string {
  return `the virtual machine forwards only ${portTexts(forwarded).join(", ")} to its guest`;
}

/** What enforcers do not agree on, of those that could tip it. */
function doubtsOf(layers: readonly Layer[], by: readonly string[]): readonly string[] {
  const shares = layers.flatMap((layer) => (layer.kind === "union" ? layer.union.shares : []));
  const doubts = shares.flatMap(({ policy, doubt }) =>
    doubt !== undefined && by.includes(policy) ? [`${policy}: ${doubt}`] : [],
  );
  return [...new Set(doubts)].toSorted();
}

function verdictOf({ allowed, unknown }: Pick<Consent, "allowed" | "unknown">, has: Has): Verdict {
  if (has(allowed)) return "Allowed";
  return has(unknown) ? "Unknown" : "Denied";
}

type Has = (set: PortSet) => boolean;

/** Those of a layer that give this verdict; for Unknown all that could tip it. */
function deciders(layer: Layer, verdict: Verdict, has: Has): readonly string[] {
  if (layer.kind === "union") return unionDeciders(layer.union, verdict, has);
  const { shares } = layer.outcome;
  const isDecider = ({ can }: TierShare): boolean => {
    if (verdict === "Unknown") return has(can.Accept) || has(can.Deny) || has(can.Pass);
    return verdict === "Allowed" ? has(can.Accept) : has(can.Deny);
  };
  return shares.filter(isDecider).map((share) => share.policy);
}

/** Where none of them is sure to isolate, an Unknown of the union may be an Allowed of the whole. */
function unionDeciders(layer: Union, verdict: Verdict, has: Has): readonly string[] {
  const own = verdictOf(layer, has);
  const { shares } = layer;
  if (verdict !== "Unknown" && own !== verdict) return [];
  const deciding = { Allowed: admitting, Unknown: undecided, Denied: isolating }[own](shares, has);
  return deciding.map((share) => share.policy);
}

/** Those that surely select and admit; where none surely selects, all of them admit. */
function admitting(shares: readonly Share[], has: Has): readonly Share[] {
  const certain = shares.filter((share) => share.selects === "yes" && has(share.sure));
  return certain.length > 0 ? certain : shares;
}

function undecided(shares: readonly Share[], has: Has): readonly Share[] {
  return shares.filter((share) => has(share.maybe) || share.selects === "maybe");
}

function isolating(shares: readonly Share[]): readonly Share[] {
  return shares.filter((share) => share.selects === "yes");
}

function sentence(
  verdict: Verdict,
  direction: Direction,
  by: readonly string[],
  doubts: readonly string[],
): string {
  const policies = by.join(", ");
  if (by.length === 0) return `no policy isolates the pod for ${direction}`;
  switch (verdict) {
    case "Allowed":
      return `${direction} is allowed by ${policies}`;
    case "Denied":
      return `${direction} is denied by ${policies}`;
    case "Unknown":
      if (doubts.length > 0) return `${direction} is not determined: ${doubts.join("; ")}`;
      return `Kubernetes does not define, or the input does not say, what ${policies} makes of this ${direction}`;
  }
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

export function unknownAnswer(reason: string): Answer {
  const side: SideAnswer = { verdict: "Unknown", by: [], reason };
  return { verdict: "Unknown", egress: side, ingress: side, reason };
}
