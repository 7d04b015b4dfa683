import type { Tier } from "../model/tier-policy.ts";
import { boundBy } from "./consent.ts";
import type { Applying, ApplyingTier } from "./evaluator.ts";
import { doubtAboutSubject } from "./explain-doubts.ts";
import { type Asked, type Match, matchRule, matchTierRule } from "./explain-match.ts";
import type { Deed, RuleAt, Step } from "./explained.ts";
import type { Rule } from "./policy.ts";
import type { CompiledTier, CompiledTierRule } from "./tier.ts";

/** Every policy that the flow comes to, in the order of the tiers: Admin, the NetworkPolicies, Baseline. */
export function walkOf(asked: Asked, by: readonly string[]): readonly Step[] {
  const admin = walkTier("Admin", asked, by);
  if (!admin.goesOn) return admin.steps;
  const applying = boundBy(asked.evaluator, asked.direction, asked.subject);
  const union = byName(applying.map((each) => policyStep(each, asked, by)));
  const isFinal = applying.some(({ selects }) => selects === "yes");
  const baseline = isFinal ? [] : walkTier("Baseline", asked, by).steps;
  return [...admin.steps, ...union, ...baseline];
}

/** The policies of one place are asked together: their names say in which order they are told. */
function byName(steps: readonly Step[]): readonly Step[] {
  if (steps.length < 2) return steps;
  return steps.toSorted((a, b) => (a.policy < b.policy ? -1 : 1));
}

/** `goesOn`: the flow may leave the tier undecided. */
function walkTier(
  tier: Tier,
  asked: Asked,
  by: readonly string[],
): { readonly steps: readonly Step[]; readonly goesOn: boolean } {
  const steps: Step[] = [];
  let isPassed = false;
  for (const level of asked.evaluator.levelsFor(tier, asked.subject)) {
    const turns = level.map((each) => turnOf(each, asked));
    const speaking = turns.filter(({ policy }) => policy[asked.direction].length > 0);
    steps.push(...byName(speaking.map((one) => tierStep(one, turns, by))));
    isPassed ||= turns.some((turn) => turn.can.has("passes"));
    if (!turns.every((turn) => turn.isSilent)) return { steps, goesOn: isPassed };
  }
  return { steps, goesOn: true };
}

/** What a policy of a tier can do with the flow: more than one thing where it is not determined which. */
interface Turn {
  readonly policy: CompiledTier;
  readonly can: ReadonlySet<Deed>;
  readonly isSilent: boolean;
  readonly at: RuleAt | undefined;
  readonly doubts: readonly string[];
}

/** The first rule that surely matches ends it; one that may match leaves the later ones their chance. */
function turnOf({ policy, selects }: ApplyingTier, asked: Asked): Turn {
  if (policy.unread !== undefined) return unreadTurn(policy, policy.unread);
  const can = new Set<Deed>();
  const doubts: string[] = [];
  let at: RuleAt | undefined;
  let isSure = false;
  for (const [index, rule] of policy[asked.direction].entries()) {
    const match = matchTierRule(rule, index, asked);
    if (match.holds === "no") continue;
    can.add(DEEDS[rule.action]);
    at ??= match.at;
    doubts.push(...match.doubts);
    isSure = match.holds === "yes";
    if (isSure) break;
  }
  if (selects === "maybe" && can.size > 0)
    doubts.unshift(doubtAboutSubject(asked, [policy.subject.namespaces, policy.subject.pods]));
  return { policy, can, isSilent: !isSure || selects === "maybe", at, doubts };
}

function unreadTurn(policy: CompiledTier, unread: string): Turn {
  return { policy, can: new Set(["accepts", "denies"]), isSilent: true, at: undefined, doubts: [unread] };
}

const DEEDS: Readonly<Record<CompiledTierRule["action"], Deed>> = {
  Accept: "accepts",
  Deny: "denies",
  Pass: "passes",
};

function tierStep(turn: Turn, level: readonly Turn[], by: readonly string[]): Step {
  const { policy, can, isSilent, at, doubts } = turn;
  const [only = "skips"] = can;
  const isClear = can.size === 0 || (can.size === 1 && !isSilent);
  return {
    tier: policy.tier,
    priority: policy.priority,
    policy: policy.name,
    did: isClear ? only : "undetermined",
    decides: by.includes(policy.name),
    ...(at === undefined ? {} : { rule: at }),
    doubts: [...doubts, ...rivalDoubt(turn, level)],
  };
}

/** Which of several policies of one priority comes first is not defined; it matters where they disagree. */
function rivalDoubt({ can }: Turn, level: readonly Turn[]): readonly string[] {
  const rivals = level.filter(
    (other) => other.can.size > 0 && can.size > 0 && other.can.symmetricDifference(can).size > 0,
  );
  if (rivals.length === 0) return [];
  const names = rivals.map((rival) => rival.policy.name).toSorted();
  return [`${names.join(", ")} of the same priority says otherwise, and which comes first is not defined`];
}

function policyStep({ policy, selects, doubt }: Applying, asked: Asked, by: readonly string[]): Step {
  const match = policy.unread === undefined ? firstMatch(policy[asked.direction] ?? [], asked) : undefined;
  const said: Deed = match === undefined ? "isolates" : match.holds === "yes" ? "accepts" : "undetermined";
  const subject =
    selects === "maybe" ? [policy.unread ?? doubt ?? doubtAboutSubject(asked, [policy.subject])] : [];
  return {
    tier: asked.subject.secondary === undefined ? "NetworkPolicy" : "MultiNetworkPolicy",
    policy: policy.name,
    did: selects === "maybe" ? "undetermined" : said,
    decides: by.includes(policy.name),
    ...(match === undefined ? {} : { rule: match.at }),
    doubts: [...subject, ...(match?.doubts ?? [])],
  };
}

/** The first rule that surely matches, else the first that may. */
function firstMatch(rules: readonly Rule[], asked: Asked): Match | undefined {
  let maybe: Match | undefined;
  for (const [index, rule] of rules.entries()) {
    const match = matchRule(rule, index, asked);
    if (match.holds === "yes") return match;
    if (match.holds === "maybe") maybe ??= match;
  }
  return maybe;
}
