import type { Connections, Direction } from "../core/answer.ts";
import { portsOf } from "../core/admits.ts";
import { boundBy } from "../core/consent.ts";
import type { Applying, Evaluator } from "../core/evaluator.ts";
import { hasTiers } from "../core/exact.ts";
import type { Peer, Rule } from "../core/policy.ts";
import { ALL_PORTS, complement, intersect, NO_PORTS, type PortSet, union } from "../core/ports.ts";
import type { Selector } from "../core/selector.ts";
import type { Pod } from "../model/world.ts";

/** Which rules are for whoever no rule names. */
export type ForAll = (rule: Rule, direction: Direction) => boolean;

/**
 * What one end lets pass for whoever no rule names; who is named gets more. Where no NetworkPolicy isolates, the
 * cluster-scoped ones have the word, and then nothing is sure.
 */
export function openToOthers(
  evaluator: Evaluator,
  direction: Direction,
  pod: Pod,
  isForAll: ForAll,
): Connections {
  const applying = boundBy(evaluator, direction, pod);
  const certain = applying.filter(({ selects }) => selects === "yes");
  const isTiered = certain.length === 0 && hasTiers(evaluator, direction, pod);
  if (applying.length === 0) return isTiered ? UNDECIDED : OPEN;
  const ports = (each: Applying): PortSet => portsForOthers(each, direction, pod, evaluator, isForAll);
  if (certain.length === 0) {
    const allowed = isTiered ? NO_PORTS : applying.map(ports).reduce(intersect, ALL_PORTS);
    return { allowed, unknown: complement(allowed) };
  }
  const allowed = certain.map(ports).reduce(union, NO_PORTS);
  return { allowed, unknown: certain.length < applying.length ? complement(allowed) : NO_PORTS };
}

const OPEN: Connections = { allowed: ALL_PORTS, unknown: NO_PORTS };
const UNDECIDED: Connections = { allowed: NO_PORTS, unknown: ALL_PORTS };

function portsForOthers(
  { policy }: Applying,
  direction: Direction,
  pod: Pod,
  { profile }: Evaluator,
  isForAll: ForAll,
): PortSet {
  return (policy[direction] ?? [])
    .filter((rule) => isForAll(rule, direction))
    .map((rule) => rule.fixed ?? portsOf(rule, { kind: "pod", pod }, profile))
    .reduce(union, NO_PORTS);
}

/** Whether a rule means everyone alike, pods and addresses. On the way out a port's name means something else for each. */
export function isForEverybody({ peers, fixed }: Rule, direction: Direction): boolean {
  return peers === "anyone" && isSameForAll(direction, fixed);
}

/** Whether it means every pod alike. */
export function isForEveryPod({ peers, fixed }: Rule, direction: Direction): boolean {
  return isSameForAll(direction, fixed) && (peers === "anyone" || peers.some(isEveryPod));
}

function isSameForAll(direction: Direction, fixed: PortSet | undefined): boolean {
  return direction === "ingress" || fixed !== undefined;
}

function isEveryPod(peer: Peer): boolean {
  if (peer.kind !== "pods" || peer.namespaces.kind === "own") return false;
  return isEverything(peer.namespaces.selector) && isEverything(peer.pods);
}

function isEverything(selector: Selector): boolean {
  return selector.kind === "requirements" && selector.requirements.length === 0;
}
