import type { Connections, Direction } from "../core/answer.ts";
import { boundBy } from "../core/consent.ts";
import type { Evaluator } from "../core/evaluator.ts";
import type { Peer } from "../core/policy.ts";
import { equalSets } from "../core/ports.ts";
import type { PodClass } from "../core/room.ts";
import type { Supposition } from "../core/supposing.ts";
import { keyText } from "../model/key.ts";
import { type ForAll, isForEveryPod, openToOthers } from "./open-ends.ts";

/** What is, and what is supposed. */
export interface Comparison {
  readonly before: Evaluator;
  readonly after: Evaluator;
  readonly supposition: Supposition;
}

/** One end of flows whose policies are others afterwards: the pods of one class, in one direction. */
export interface ChangedEnd {
  readonly direction: Direction;
  readonly group: PodClass;
  /** What this end lets pass for whoever no rule names. */
  readonly before: Connections;
  readonly after: Connections;
  /** Whether some policy surely isolates the pods, before and after: then nothing matters but what the rules admit. */
  readonly isIsolated: boolean;
}

/** Every end that a policy of the supposition isolates, now or then: all others judge as they did. */
export function changedEnds(comparison: Comparison, isForAll: ForAll = isForEveryPod): readonly ChangedEnd[] {
  const { before, after } = comparison;
  const names = namesOf(comparison.supposition);
  return namespacesOf(comparison.supposition)
    .flatMap((namespace) => [...after.classesIn(namespace)])
    .flatMap((group) =>
      DIRECTIONS.filter((direction) => isChanged(direction, group)).map((direction) => ({
        direction,
        group,
        before: openToOthers(before, direction, group.pod, isForAll),
        after: openToOthers(after, direction, group.pod, isForAll),
        isIsolated: [before, after].every((evaluator) => isIsolatedIn(evaluator, direction, group)),
      })),
    );

  function isChanged(direction: Direction, { pod }: PodClass): boolean {
    return [before, after].some((evaluator) =>
      boundBy(evaluator, direction, pod).some(({ policy }) => names.has(policy.name)),
    );
  }
}

function isIsolatedIn(evaluator: Evaluator, direction: Direction, { pod }: PodClass): boolean {
  return boundBy(evaluator, direction, pod).some(({ selects }) => selects === "yes");
}

const DIRECTIONS: readonly Direction[] = ["egress", "ingress"];

/**
 * The classes whose flows with a changed end may be judged otherwise, one by one: those that the rules of its changed
 * policies name; and where the end may open or close for everyone, its neighbours, who want to know most.
 */
export function othersOf(end: ChangedEnd, comparison: Comparison): Iterable<PodClass> {
  const { after } = comparison;
  const found = new Set<PodClass>(isNarrow(end) ? [] : after.classesIn(end.group.namespace));
  for (const peers of namedBy(end, comparison)) {
    const classes = peers === "anyone" ? "all" : after.matching(peers).classes;
    if (classes === "all") return after.classes();
    for (const group of classes) found.add(group);
  }
  return found;
}

function isNarrow(end: ChangedEnd): boolean {
  return end.isIsolated && !isForEveryone(end);
}

/** Whether the end opens or closes for whoever no rule names. */
export function isForEveryone({ before, after }: ChangedEnd): boolean {
  return !equalSets(before.allowed, after.allowed) || !equalSets(before.unknown, after.unknown);
}

/** Where it is not sure that the end is isolated, what others say counts otherwise than before, too. */
function namedBy(
  { direction, group, isIsolated }: ChangedEnd,
  { before, after, supposition }: Comparison,
): readonly ("anyone" | readonly Peer[])[] {
  const names = namesOf(supposition);
  return [before, after]
    .flatMap((evaluator) => boundBy(evaluator, direction, group.pod))
    .filter(({ policy }) => !isIsolated || names.has(policy.name))
    .flatMap(({ policy }) => policy[direction] ?? [])
    .filter((rule) => !isForEveryPod(rule, direction))
    .map(({ peers }) => peers);
}

function namesOf({ put, without }: Supposition): ReadonlySet<string> {
  return new Set([...put.map(({ metadata }) => keyText(metadata)), ...without.map(keyText)]);
}

function namespacesOf({ put, without }: Supposition): readonly string[] {
  const all = [...put.map(({ metadata }) => metadata), ...without];
  return [...new Set(all.map(({ namespace }) => namespace))].toSorted();
}
