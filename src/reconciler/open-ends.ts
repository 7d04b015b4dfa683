import type { Connections, Direction } from "../core/answer.ts";
import { portsOf } from "../core/admits.ts";
import { boundBy } from "../core/consent.ts";
import type { Applying, Evaluator } from "../core/evaluator.ts";
import { hasTiers } from "../core/exact.ts";
import type { Peer, Rule } from "../core/policy.ts";
import { ALL_PORTS, complement, intersect, NO_PORTS, type PortSet, subtract, union } from "../core/ports.ts";
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
  const ports = (each: Applying): PortSet =>
    portsBy(each, direction, pod, evaluator, (rule) => isForAll(rule, direction));
  const conceivable = (each: Applying): PortSet =>
    portsBy(each, direction, pod, evaluator, (rule) => isForAll(rule, direction) || mayMeanAnyone(rule));
  if (certain.length === 0) {
    const allowed = isTiered ? NO_PORTS : applying.map(ports).reduce(intersect, ALL_PORTS);
    return { allowed, unknown: complement(allowed) };
  }
  const allowed = certain.map(ports).reduce(union, NO_PORTS);
  return { allowed, unknown: subtract(applying.map(conceivable).reduce(union, NO_PORTS), allowed) };
}

const OPEN: Connections = { allowed: ALL_PORTS, unknown: NO_PORTS };
const UNDECIDED: Connections = { allowed: NO_PORTS, unknown: ALL_PORTS };

function portsBy(
  { policy }: Applying,
  direction: Direction,
  pod: Pod,
  { profile }: Evaluator,
  isMeant: (rule: Rule) => boolean,
): PortSet {
  return (policy[direction] ?? [])
    .filter(isMeant)
    .map((rule) => rule.fixed ?? portsOf(rule, { kind: "pod", pod }, profile))
    .reduce(union, NO_PORTS);
}

/** Whether a rule means everyone alike, pods and addresses. On the way out a port's name means something else for each. */
export function isForEverybody(rule: Rule, direction: Direction): boolean {
  return rule.peers === "anyone" && isSameForAll(rule, direction);
}

/** Whether it means every pod alike. */
export function isForEveryPod(rule: Rule, direction: Direction): boolean {
  const { peers } = rule;
  return isSameForAll(rule, direction) && (peers === "anyone" || peers.some(isEveryPod));
}

function isSameForAll({ ports }: Rule, direction: Direction): boolean {
  return direction === "ingress" || ports === "every" || !ports.some(({ kind }) => kind === "named");
}

/** Of a peer that nobody understands anybody may be meant. */
function mayMeanAnyone({ peers }: Rule): boolean {
  return peers !== "anyone" && peers.some(isVague);
}

function isVague(peer: Peer): boolean {
  if (peer.kind !== "pods") return peer.kind === "undetermined";
  const { namespaces, pods } = peer;
  return (
    pods.kind === "invalid" || (namespaces.kind === "selected" && namespaces.selector.kind === "invalid")
  );
}

function isEveryPod(peer: Peer): boolean {
  if (peer.kind !== "pods" || peer.namespaces.kind === "own") return false;
  return isEverything(peer.namespaces.selector) && isEverything(peer.pods);
}

function isEverything(selector: Selector): boolean {
  return selector.kind === "requirements" && selector.requirements.length === 0;
}
