import type { Tier } from "../model/tier-policy.ts";
import { type AddressRange, parseRange } from "./addresses.ts";
import type { Direction } from "./answer.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { intersect, isEmptySet, NO_PORTS, type PortSet, union } from "./ports.ts";
import type { PodClass } from "./room.ts";
import { atoms, networksOf } from "./split.ts";
import type { CompiledTier } from "./tier.ts";
import { type TierShare, walkLevel } from "./tier-walk.ts";

/**
 * Two policies of one tier and one priority that want different things of the same traffic: which of them decides is not
 * defined, so one of them should get another priority.
 */
export interface PriorityConflict {
  readonly tier: Tier;
  readonly priority: number;
  readonly direction: Direction;
  /** `Kind/name` of both, sorted. */
  readonly policies: readonly [string, string];
  /** Where they disagree, for example. */
  readonly example: { readonly from: Endpoint; readonly to: Endpoint; readonly ports: PortSet };
}

/** Every such pair, once per direction; none where the policies that share a priority have no pod in common. */
export function equalPriorityConflicts(evaluator: Evaluator): readonly PriorityConflict[] {
  return rivals(evaluator).flatMap((rivalry) =>
    (["egress", "ingress"] as const).flatMap((direction) => conflictOf(evaluator, rivalry, direction)),
  );
}

/** Two policies of one priority, and the pods that are subjects of both. */
interface Rivalry {
  readonly tier: Tier;
  readonly policies: readonly [CompiledTier, CompiledTier];
  readonly subjects: readonly PodClass[];
}

const TIERS: readonly Tier[] = ["Admin", "Baseline"];

function rivals(evaluator: Evaluator): readonly Rivalry[] {
  const found = new Map<string, Rivalry & { readonly subjects: PodClass[] }>();
  for (const group of evaluator.classes()) {
    for (const tier of TIERS) {
      for (const level of evaluator.levelsFor(tier, group.pod)) {
        for (const policies of pairsOf(level.map(({ policy }) => policy))) {
          const key = policies.map(({ name }) => name).join(" ");
          const known = found.get(key);
          if (known === undefined) found.set(key, { tier, policies, subjects: [group] });
          else known.subjects.push(group);
        }
      }
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, rivalry]) => rivalry);
}

function pairsOf(policies: readonly CompiledTier[]): readonly (readonly [CompiledTier, CompiledTier])[] {
  const sorted = policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((a, i) => sorted.slice(i + 1).map((b) => [a, b] as const));
}

function conflictOf(
  evaluator: Evaluator,
  rivalry: Rivalry,
  direction: Direction,
): readonly PriorityConflict[] {
  const { tier, policies } = rivalry;
  const [first, second] = policies;
  if (first[direction].length === 0 || second[direction].length === 0) return [];
  for (const [from, to] of flowsOf(evaluator, rivalry, direction)) {
    const ports = disagreement(evaluator, rivalry, direction, from, to);
    if (isEmptySet(ports)) continue;
    const names = [first.name, second.name] as const;
    return [{ tier, priority: first.priority, direction, policies: names, example: { from, to, ports } }];
  }
  return [];
}

/** Each subject with every class of pods, and with the addresses that one of the two policies tells apart. */
function* flowsOf(
  evaluator: Evaluator,
  { policies, subjects }: Rivalry,
  direction: Direction,
): Generator<readonly [Endpoint, Endpoint]> {
  const starts = policies.flatMap((policy) => networksOf(policy, direction));
  const addresses = EVERYWHERE.flatMap((range) => atoms(range, starts));
  for (const subject of distinct(subjects, policies, direction)) {
    const own: Endpoint = { kind: "pod", pod: subject.pod };
    const others: Endpoint[] = addresses.map((address) => ({ kind: "address", address }));
    for (const group of evaluator.classes()) {
      if (group !== subject || mayMeetItself(group)) others.push({ kind: "pod", pod: group.pod });
    }
    for (const other of others) yield direction === "egress" ? [own, other] : [other, own];
  }
}

const EVERYWHERE: readonly AddressRange[] = ["0.0.0.0/0", "::/0"]
  .map(parseRange)
  .filter((range) => range !== undefined);

/** A pod always reaches itself, but not the others of its class. */
function mayMeetItself({ pod, members }: PodClass): boolean {
  return members.size > 1 || pod.replicas > 1;
}

/**
 * Once two policies have a subject, what they say depends only on its families, and for ingress on the names of its ports:
 * two subjects that are equal in this are enough, because one of them is never the other end.
 */
function distinct(
  subjects: readonly PodClass[],
  policies: readonly CompiledTier[],
  direction: Direction,
): readonly PodClass[] {
  const asksForNames = direction === "ingress" && policies.some(namesPorts);
  const alike = Map.groupBy(subjects, ({ pod }) =>
    JSON.stringify([pod.addresses.map((text) => text.includes(":")), asksForNames ? pod.ports : []]),
  );
  return [...alike.values()].flatMap((group) => group.slice(0, 2));
}

function namesPorts({ ingress }: CompiledTier): boolean {
  return ingress.some(({ ports }) => ports !== "every" && ports.some(({ kind }) => kind === "named"));
}

/** The ports on which the two may do different things, in one family at least. */
function disagreement(
  evaluator: Evaluator,
  { tier, policies }: Rivalry,
  direction: Direction,
  from: Endpoint,
  to: Endpoint,
): PortSet {
  const level = policies.map((policy) => ({ policy, selects: "yes" as const }));
  const other = direction === "egress" ? to : from;
  return sharedFamilies(from, to)
    .map((family) => walkLevel(level, direction, other, to, family, evaluator).shares)
    .map(([a, b]) =>
      a === undefined || b === undefined ? NO_PORTS : differing(wishes(tier, a), wishes(tier, b)),
    )
    .reduce(union, NO_PORTS);
}

/** After the Baseline tier everything is allowed, so that to pass there is to accept. */
function wishes(tier: Tier, { can }: TierShare): readonly PortSet[] {
  return tier === "Admin" ? [can.Accept, can.Deny, can.Pass] : [union(can.Accept, can.Pass), can.Deny];
}

function differing(a: readonly PortSet[], b: readonly PortSet[]): PortSet {
  return a
    .flatMap((mine, i) => b.map((theirs, j) => (i === j ? NO_PORTS : intersect(mine, theirs))))
    .reduce(union, NO_PORTS);
}
