import type { Pod } from "../model/world.ts";
import type { Tier } from "../model/tier-policy.ts";
import type { Direction } from "./answer.ts";
import { portsOf } from "./admits.ts";
import { compact } from "./compact.ts";
import type { Classes, Evaluator, Matching } from "./evaluator.ts";
import type { Rule } from "./policy.ts";
import { ALL_PORTS, NO_PORTS, type PortSet, union } from "./ports.ts";
import type { Profile } from "./profile.ts";
import type { PodClass } from "./room.ts";

/**
 * What the policies of one class let through, where everything about it is sure: then a flow is decided by looking the
 * other end's class up, and no rule has to be asked.
 */
export type ExactSide = "open" | readonly ExactRule[];

interface ExactRule {
  readonly classes: "all" | Classes;
  readonly rule: Rule;
}

/** Undefined where a flow has to be worked out: tiers, pods on the node's network, address blocks, what is undetermined. */
export function exactSide(
  evaluator: Evaluator,
  direction: Direction,
  group: PodClass,
): ExactSide | undefined {
  const { pod } = group;
  if (!isPlain(group) || hasTiers(evaluator, direction, pod) || !isPlainProfile(evaluator.profile))
    return undefined;
  const applying = evaluator.applyingTo(direction, pod);
  if (applying.length === 0) return "open";
  const rules: ExactRule[] = [];
  for (const { policy, selects } of applying) {
    if (selects !== "yes") return undefined;
    for (const rule of policy[direction] ?? []) {
      const { classes, isExact } = rule.peers === "anyone" ? EVERYONE : evaluator.matching(rule.peers);
      if (!isExact) return undefined;
      if (!isNobody(classes)) rules.push({ classes, rule });
    }
  }
  return compact(rules);
}

/** The ports that a side lets through between its class and another. */
export function exactPorts(side: ExactSide, other: PodClass, to: PodClass, profile: Profile): PortSet {
  if (side === "open") return ALL_PORTS;
  let allowed = NO_PORTS;
  for (const { classes, rule } of side) {
    if (isAmong(other, classes)) allowed = union(allowed, portsTo(rule, to, profile));
  }
  return allowed;
}

/** Shows every class that the rules name, once. */
export function eachNamed(side: readonly ExactRule[], show: (group: PodClass) => void): void {
  let place = 0;
  for (const { classes } of side) {
    for (const group of listed(classes)) if (!isNamedBefore(group, side, place)) show(group);
    place += 1;
  }
}

function isNamedBefore(group: PodClass, side: readonly ExactRule[], place: number): boolean {
  for (let i = 0; i < place; i++) if (isAmong(group, side[i]?.classes ?? [])) return true;
  return false;
}

/** How many classes the rules name, those of several rules more than once. */
export function countNamed(side: readonly ExactRule[]): number {
  let count = 0;
  for (const { classes } of side)
    if (classes !== "all") count += isList(classes) ? classes.length : classes.size;
  return count;
}

export function isForAnyone(side: readonly ExactRule[]): boolean {
  return side.some(({ classes }) => classes === "all");
}

function listed(classes: "all" | Classes): Iterable<PodClass> {
  return classes === "all" ? [] : classes;
}

function isNobody(classes: "all" | Classes): boolean {
  if (classes === "all") return false;
  return isList(classes) ? classes.length === 0 : classes.size === 0;
}

function isAmong(group: PodClass, classes: "all" | Classes): boolean {
  if (classes === "all") return true;
  return isList(classes) ? classes.includes(group) : classes.has(group);
}

function isList(classes: Classes): classes is readonly PodClass[] {
  return Array.isArray(classes);
}

const TIERS: readonly Tier[] = ["Admin", "Baseline"];

/** Whether some cluster-scoped policy has a rule that may concern the pod in this direction. */
export function hasTiers(evaluator: Evaluator, direction: Direction, pod: Pod): boolean {
  return TIERS.some((tier) =>
    evaluator.levelsFor(tier, pod).some((level) => level.some(({ policy }) => policy[direction].length > 0)),
  );
}

function portsTo(rule: Rule, to: PodClass, profile: Profile): PortSet {
  return rule.fixed ?? portsOf(rule, { kind: "pod", pod: to.pod }, profile);
}

/** With one IPv4 address and a network of its own there is nothing about a pod that policies could leave open. */
function isPlain({ pod }: PodClass): boolean {
  if (pod.secondary !== undefined || pod.forwards !== undefined) return false;
  return !pod.hostNetwork && pod.addresses.length === 1 && pod.addresses[0]?.includes(":") === false;
}

function isPlainProfile({ namedPort, enforces }: Profile): boolean {
  return namedPort !== "undefined" && enforces.length === 2;
}

const EVERYONE: Matching = { classes: "all", isExact: true };
