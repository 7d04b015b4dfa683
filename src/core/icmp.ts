import type { Tier, TierAction } from "../model/tier-policy.ts";
import type { Pod } from "../model/world.ts";
import { includes } from "./admits.ts";
import type { Answer, Direction, Family, SideAnswer, Verdict } from "./answer.ts";
import { answerOf, judge } from "./check.ts";
import { boundBy, consent } from "./consent.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Applying, ApplyingTier, Evaluator } from "./evaluator.ts";
import { and, any, type Ternary } from "./ternary.ts";
import type { CompiledTier, CompiledTierRule } from "./tier.ts";
import { includesTier } from "./tier-walk.ts";

/**
 * Whether ICMP, such as a ping, gets from one end to the other. NetworkPolicy speaks of TCP, UDP and SCTP only (S77), so
 * where one isolates either end the answer is the profile's; a ClusterNetworkPolicy that names no protocols means ICMP, too.
 */
export function icmpVerdict(evaluator: Evaluator, from: Endpoint, to: Endpoint): Answer {
  return judge(evaluator, from, to, (each, source, destination, family) =>
    answerOf(
      icmpSide("egress", each, source, destination, family),
      icmpSide("ingress", each, source, destination, family),
    ),
  );
}

/** One end of the flow, as its policies are asked about it. */
interface Asked {
  readonly evaluator: Evaluator;
  readonly direction: Direction;
  readonly subject: Pod;
  readonly other: Endpoint;
  readonly family: Family | undefined;
}

function icmpSide(
  direction: Direction,
  evaluator: Evaluator,
  from: Endpoint,
  to: Endpoint,
  family: Family | undefined,
): SideAnswer {
  const [end, other] = direction === "egress" ? [from, to] : [to, from];
  const { exempt = "" } = consent(direction, from, to, family, evaluator);
  if (end.kind === "address" || exempt !== "") return { verdict: "Allowed", by: [], reason: exempt };
  const asked = { evaluator, direction, subject: end.pod, other, family };
  const deeds: Deed[] = [];
  for (const stage of [tierStage("Admin", asked), unionStage(asked), tierStage("Baseline", asked)]) {
    deeds.push(...stage.deeds);
    if (!stage.goesOn) return sideAnswer(direction, deeds);
  }
  return sideAnswer(direction, [...deeds, { verdict: "Allowed", policies: [] }]);
}

/** A way in which policies may end the flow. */
interface Deed {
  readonly verdict: Verdict;
  readonly policies: readonly string[];
}

/** `goesOn`: it may be that none of the policies ends it. */
interface Stage {
  readonly deeds: readonly Deed[];
  readonly goesOn: boolean;
}

function tierStage(tier: Tier, asked: Asked): Stage {
  const deeds: Deed[] = [];
  let isPassed = false;
  for (const level of asked.evaluator.levelsFor(tier, asked.subject)) {
    const turns = level.map((applying) => turnOf(applying, asked));
    deeds.push(...turns.flatMap((turn) => turn.deeds));
    isPassed ||= turns.some((turn) => turn.mayPass);
    if (!turns.every((turn) => turn.isSilent)) return { deeds, goesOn: isPassed };
  }
  return { deeds, goesOn: true };
}

interface Turn {
  readonly deeds: readonly Deed[];
  readonly mayPass: boolean;
  readonly isSilent: boolean;
}

function turnOf({ policy, selects }: ApplyingTier, asked: Asked): Turn {
  const can = new Set<TierAction>();
  let isSilent = true;
  for (const rule of policy[asked.direction]) {
    const holds = covers(policy, rule, asked);
    if (holds !== "no") can.add(rule.action);
    isSilent = holds !== "yes";
    if (!isSilent) break;
  }
  const deeds = [...can].flatMap((action): readonly Deed[] =>
    action === "Pass" ? [] : [{ verdict: VERDICTS[action], policies: [policy.name] }],
  );
  return { deeds, mayPass: can.has("Pass"), isSilent: isSilent || selects === "maybe" };
}

const VERDICTS: Readonly<Record<Exclude<TierAction, "Pass">, Verdict>> = {
  Accept: "Allowed",
  Deny: "Denied",
};

/** Without protocols a ClusterNetworkPolicy means all of them; the older kinds only say that no port is looked at. */
function covers(policy: CompiledTier, rule: CompiledTierRule, asked: Asked): Ternary {
  if (rule.ports !== "every") return "no";
  const isDefined = policy.name.startsWith("ClusterNetworkPolicy/");
  return and(isDefined ? "yes" : "maybe", includesTier(rule, asked.other, asked.family, asked.evaluator));
}

/** The NetworkPolicies, as the profile has them: isolation by them is final. */
function unionStage(asked: Asked): Stage {
  const applying = boundBy(asked.evaluator, asked.direction, asked.subject);
  if (applying.length === 0) return { deeds: [], goesOn: true };
  const goesOn = !applying.some(({ selects }) => selects === "yes");
  const all = applying.map(({ policy }) => policy.name);
  const { icmp } = asked.evaluator.profile;
  if (icmp === "allowed") return { deeds: [{ verdict: "Allowed", policies: all }], goesOn };
  if (icmp === "undefined") return { deeds: [{ verdict: "Unknown", policies: all }], goesOn };
  return { deeds: byRulesWithoutPorts(applying, asked), goesOn };
}

/** Where the profile says `denied`, what such a rule makes of ICMP is not known: it may end both ways. */
function byRulesWithoutPorts(applying: readonly Applying[], asked: Asked): readonly Deed[] {
  const admitting = applying.map((each) => ({ ...each, admits: admits(each, asked) }));
  const possible = admitting.filter((each) => each.admits !== "no");
  const certain = admitting.filter((each) => each.selects === "yes");
  const isSure =
    certain.length > 0
      ? certain.some((each) => each.admits === "yes")
      : admitting.every((each) => each.admits === "yes");
  return [
    ...(possible.length > 0 ? [{ verdict: "Allowed", policies: names(possible) } as const] : []),
    ...(isSure && asked.evaluator.profile.icmp !== "denied"
      ? []
      : [{ verdict: "Denied", policies: names(applying) } as const]),
  ];
}

function names(applying: readonly Applying[]): readonly string[] {
  return applying.map(({ policy }) => policy.name);
}

function admits({ policy }: Applying, { evaluator, direction, other, family }: Asked): Ternary {
  const rules = (policy[direction] ?? []).filter(({ ports }) => ports === "every");
  return any(rules.map((rule) => includes(rule, other, family, evaluator)));
}

/** Where it can end in more than one way it is unknown, and everybody takes part. */
function sideAnswer(direction: Direction, deeds: readonly Deed[]): SideAnswer {
  const verdicts = new Set(deeds.map((deed) => deed.verdict));
  const [only = "Unknown"] = verdicts;
  const verdict = verdicts.size === 1 ? only : "Unknown";
  const by = [...new Set(deeds.flatMap(({ policies }) => policies))].toSorted();
  return { verdict, by, reason: sentence(verdict, direction, by) };
}

function sentence(verdict: Verdict, direction: Direction, by: readonly string[]): string {
  if (by.length === 0) return `no policy isolates the pod for ${direction}`;
  const policies = by.join(", ");
  switch (verdict) {
    case "Allowed":
      return `${direction} of ICMP is allowed by ${policies}`;
    case "Denied":
      return `${direction} of ICMP is denied by ${policies}`;
    case "Unknown":
      return `it is not defined what ${policies} makes of ${direction} of ICMP`;
  }
}
