import type { Tier } from "../model/tier-policy.ts";
import { portsOfEntry } from "./admits.ts";
import { boundBy } from "./consent.ts";
import { endpointText } from "./endpoint.ts";
import {
  type Distance,
  distanceOf,
  NO_DISTANCE,
  peerDistance,
  tierPeerDistance,
} from "./explain-distance.ts";
import { type Asked, coversPort, coversTierPort } from "./explain-match.ts";
import type { NearMiss, Step } from "./explained.ts";
import type { Rule } from "./policy.ts";
import { isEmptySet, NO_PORTS, type PortSet, portTexts, union } from "./ports.ts";
import type { CompiledTier, CompiledTierRule } from "./tier.ts";
import { tierPortsOfEntry } from "./tier-walk.ts";

/** Of all rules that could have let a denied flow pass, the one that came closest; the first of several. */
export function nearestMiss(asked: Asked, walk: readonly Step[]): NearMiss | undefined {
  const isUnion = walk.some((step) => step.decides && step.tier.endsWith("NetworkPolicy"));
  let nearest: Near | undefined;
  for (const chance of isUnion ? unionChances(asked) : tierChances(asked, walk)) {
    // Most rules are further away by their peers alone: their ports need no look.
    if (chance.peers.weight > (nearest?.weight ?? Infinity)) continue;
    const ports = chance.ports();
    const weight = chance.peers.weight + ports.weight;
    if (weight > 0 && isBefore(weight, chance, nearest)) nearest = { weight, chance, ports };
  }
  if (nearest === undefined) return undefined;
  const { chance, ports } = nearest;
  return { ...chance.where, lacks: [...chance.peers.lacks(), ...ports.lacks()] };
}

interface Near {
  readonly weight: number;
  readonly chance: Chance;
  readonly ports: Distance;
}

/** The NetworkPolicies of an end have no order, so their names give them one; those of the tiers come in theirs. */
function isBefore(weight: number, { where, isOrdered }: Chance, nearest: Near | undefined): boolean {
  if (nearest === undefined || weight !== nearest.weight) return weight < (nearest?.weight ?? Infinity);
  return !isOrdered && where.policy < nearest.chance.where.policy;
}

/** What a rule that did not let the flow pass is away from doing so. */
interface Chance {
  readonly where: Omit<NearMiss, "lacks">;
  readonly isOrdered: boolean;
  readonly peers: Distance;
  readonly ports: () => Distance;
}

function* unionChances(asked: Asked): Iterable<Chance> {
  const { evaluator, direction, subject } = asked;
  for (const { policy } of boundBy(evaluator, direction, subject)) {
    const rules = policy[direction] ?? [];
    for (const [index, rule] of rules.entries()) {
      const where = { policy: policy.name, isOrdered: false };
      yield chanceOf(where, index, peersOf(rule, peerDistance, asked), () => portDistance(rule, asked));
    }
    if (rules.length === 0) yield noRules(policy.name);
  }
}

function noRules(policy: string): Chance {
  return { where: { policy }, isOrdered: false, peers: NO_RULES, ports: () => NO_DISTANCE };
}

/** The rules that stand before the one that denies and would have kept the flow from it. */
function* tierChances(asked: Asked, walk: readonly Step[]): Iterable<Chance> {
  for (const policy of tierPolicies(asked)) {
    const step = walk.find((each) => each.policy === policy.name);
    if (step === undefined) continue;
    const end = step.decides ? step.rule?.rule : undefined;
    for (const [index, rule] of policy[asked.direction].slice(0, end).entries()) {
      if (rule.action === "Deny") continue;
      const ports = () => tierPortDistance(rule, asked);
      const where = { policy: policy.name, isOrdered: true };
      yield chanceOf(where, index, peersOf(rule, tierPeerDistance, asked), ports);
    }
  }
}

function tierPolicies({ evaluator, subject }: Asked): readonly CompiledTier[] {
  const levels = TIERS.flatMap((tier) => evaluator.levelsFor(tier, subject));
  return levels.flatMap((level) => level.map(({ policy }) => policy).toSorted(byName));
}

const TIERS: readonly Tier[] = ["Admin", "Baseline"];

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** One distance a peer; undefined where the rule means everyone. */
function peersOf<T>(
  rule: { readonly peers: "anyone" | readonly T[] },
  distance: (peer: T, asked: Asked) => Distance,
  asked: Asked,
): readonly Distance[] | undefined {
  return rule.peers === "anyone" ? undefined : rule.peers.map((peer) => distance(peer, asked));
}

function chanceOf(
  { policy, isOrdered }: { readonly policy: string; readonly isOrdered: boolean },
  rule: number,
  peers: readonly Distance[] | undefined,
  ports: () => Distance,
): Chance {
  const weights = peers?.map(({ weight }) => weight) ?? [];
  const peer = weights.indexOf(Math.min(...weights));
  const nearest = peers === undefined ? NO_DISTANCE : (peers[peer] ?? NO_PEER);
  return { where: { policy, at: peer < 0 ? { rule } : { rule, peer } }, isOrdered, peers: nearest, ports };
}

/** The rule was written with peers of which none has a meaning. */
const NO_PEER: Distance = distanceOf("never", () => ({ kind: "never", what: "peer" }));

const NO_RULES: Distance = distanceOf("rules", () => ({ kind: "rules" }));

function portDistance(rule: Rule, asked: Asked): Distance {
  if (rule.ports === "every" || rule.ports.some((entry) => coversPort(entry, asked) !== "no"))
    return NO_DISTANCE;
  const { destination, evaluator } = asked;
  const ports = rule.ports.map((entry) => portsOfEntry(entry, destination, evaluator.profile));
  const names = rule.ports.flatMap((entry) => (entry.kind === "named" ? [entry.name] : []));
  return instead(ports, names, asked);
}

function tierPortDistance(rule: CompiledTierRule, asked: Asked): Distance {
  if (rule.ports === "every" || rule.ports.some((entry) => coversTierPort(entry, asked) !== "no"))
    return NO_DISTANCE;
  const ports = rule.ports.map((entry) => tierPortsOfEntry(entry, asked.destination));
  const names = rule.ports.flatMap((entry) => (entry.kind === "named" ? [entry.name] : []));
  return instead(ports, names, asked);
}

/** What the rule covers in place of the port that was asked about; a name may stand for nothing at all. */
function instead(ports: readonly PortSet[], names: readonly string[], { destination }: Asked): Distance {
  const allowed = ports.reduce(union, NO_PORTS);
  if (!isEmptySet(allowed)) return distanceOf("port", () => ({ kind: "port", allowed: portTexts(allowed) }));
  if (names.length === 0) return distanceOf("never", () => ({ kind: "never", what: "port" }));
  return distanceOf("portName", () => ({ kind: "portName", names, destination: endpointText(destination) }));
}
