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
  const isUnion = walk.some((step) => step.decides && step.tier === "NetworkPolicy");
  let nearest: Chance | undefined;
  for (const chance of isUnion ? unionChances(asked) : tierChances(asked, walk)) {
    if (chance.weight > 0 && chance.weight < (nearest?.weight ?? Infinity)) nearest = chance;
  }
  return nearest?.miss;
}

interface Chance {
  readonly weight: number;
  readonly miss: NearMiss;
}

function* unionChances(asked: Asked): Iterable<Chance> {
  const { evaluator, direction, subject } = asked;
  const policies = boundBy(evaluator, direction, subject).map(({ policy }) => policy);
  for (const policy of policies.toSorted(byName)) {
    const rules = policy[direction] ?? [];
    for (const [index, rule] of rules.entries()) {
      yield chanceOf(policy.name, index, peersOf(rule, peerDistance, asked), portDistance(rule, asked));
    }
    if (rules.length === 0) {
      const { weight, lacks } = distanceOf([{ kind: "rules" }]);
      yield { weight, miss: { policy: policy.name, lacks } };
    }
  }
}

/** The rules that stand before the one that denies and would have kept the flow from it. */
function* tierChances(asked: Asked, walk: readonly Step[]): Iterable<Chance> {
  for (const policy of tierPolicies(asked)) {
    const step = walk.find((each) => each.policy === policy.name);
    if (step === undefined) continue;
    const end = step.decides ? step.rule?.rule : undefined;
    for (const [index, rule] of policy[asked.direction].slice(0, end).entries()) {
      if (rule.action === "Deny") continue;
      const ports = tierPortDistance(rule, asked);
      yield chanceOf(policy.name, index, peersOf(rule, tierPeerDistance, asked), ports);
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
  policy: string,
  rule: number,
  peers: readonly Distance[] | undefined,
  ports: Distance,
): Chance {
  const weights = peers?.map(({ weight }) => weight) ?? [];
  const peer = weights.indexOf(Math.min(...weights));
  const nearest = peers === undefined ? NO_DISTANCE : (peers[peer] ?? NO_PEER);
  const at = peer < 0 ? { rule } : { rule, peer };
  return {
    weight: nearest.weight + ports.weight,
    miss: { policy, at, lacks: [...nearest.lacks, ...ports.lacks] },
  };
}

/** The rule was written with peers of which none has a meaning. */
const NO_PEER: Distance = distanceOf([{ kind: "never", what: "peer" }]);

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
  if (!isEmptySet(allowed)) return distanceOf([{ kind: "port", allowed: portTexts(allowed) }]);
  if (names.length === 0) return distanceOf([{ kind: "never", what: "port" }]);
  return distanceOf([{ kind: "portName", names, destination: endpointText(destination) }]);
}
