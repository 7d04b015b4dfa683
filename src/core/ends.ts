import type { Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { boundBy } from "./consent.ts";
import type { Applying, Evaluator } from "./evaluator.ts";
import { countNamed, eachNamed, type ExactSide, exactSide, hasTiers, isForAnyone } from "./exact.ts";
import type { Peer } from "./policy.ts";
import type { PodClass } from "./room.ts";

/** The classes that one end of a flow may let through; the other end has its own say. */
export type Reach =
  /** Nothing concerns this end. */
  | { readonly kind: "open" }
  /** Too many to be told apart by their labels. */
  | { readonly kind: "any" }
  | { readonly kind: "some"; readonly classes: ReadonlySet<PodClass> };

/** Which classes the policies of one pod let through in a direction, on some port. */
export function admittedBy(evaluator: Evaluator, direction: Direction, pod: Pod): Reach {
  const reach = admittedByPolicies(evaluator, direction, pod);
  // No policy concerns this end, and yet not every port leads to the guest.
  const isNarrow = direction === "ingress" && pod.forwards !== undefined;
  return reach.kind === "open" && isNarrow ? { kind: "any" } : reach;
}

function admittedByPolicies(evaluator: Evaluator, direction: Direction, pod: Pod): Reach {
  if (!evaluator.profile.enforces.includes(direction)) return { kind: "open" };
  const applying = boundBy(evaluator, direction, pod);
  if (applying.length === 0 && !hasTiers(evaluator, direction, pod)) return { kind: "open" };
  // Who is not surely isolated by NetworkPolicies is left to the Baseline tier, which ends in an accept.
  if (!applying.some(({ selects }) => selects === "yes")) return { kind: "any" };
  const found = new Set<PodClass>();
  for (const peers of admitting(evaluator, direction, pod, applying)) {
    const classes = peers === "anyone" ? "all" : evaluator.matching(peers).classes;
    if (classes === "all") return { kind: "any" };
    for (const group of classes) found.add(group);
  }
  return { kind: "some", classes: found };
}

/** Everyone whom some rule names to let through: of the tiers, the Admin tier comes before what isolates. */
function admitting(
  evaluator: Evaluator,
  direction: Direction,
  pod: Pod,
  applying: readonly Applying[],
): readonly ("anyone" | readonly Peer[])[] {
  const admin = evaluator.levelsFor("Admin", pod).flat();
  return [
    ...applying.flatMap(({ policy }) => (policy[direction] ?? []).map(({ peers }) => peers)),
    ...admin.map(({ policy }) => policy.accepts[direction]),
  ];
}

/** What is known of both ends of a class's flows before any pair is looked at. */
export interface Ends {
  readonly group: PodClass;
  readonly egress: End;
  readonly ingress: End;
}

export interface End {
  /** As in `Reach`. */
  readonly kind: Reach["kind"];
  /** Undefined where each flow has to be worked out. */
  readonly exact: ExactSide | undefined;
  /** Where it is not exact, the classes that it may let through. */
  readonly classes: ReadonlySet<PodClass>;
}

const NOBODY: ReadonlySet<PodClass> = new Set();
const OPEN_END: End = { kind: "open", exact: "open", classes: NOBODY };

export function endsOf(evaluator: Evaluator, group: PodClass): Ends {
  return { group, egress: endOf(evaluator, "egress", group), ingress: endOf(evaluator, "ingress", group) };
}

export function endOf(evaluator: Evaluator, direction: Direction, group: PodClass): End {
  const exact = exactSide(evaluator, direction, group);
  if (exact === "open") return OPEN_END;
  if (exact !== undefined) return { kind: isForAnyone(exact) ? "any" : "some", exact, classes: NOBODY };
  const reach = admittedBy(evaluator, direction, group.pod);
  return { kind: reach.kind, exact, classes: reach.kind === "some" ? reach.classes : NOBODY };
}

/**
 * Shows every pair of which at least one end names its others, once: from the side on which fewer are named, and from the
 * other side what is named by nobody there. `second` is the end that named the other, so the one to be asked last.
 */
export function eachPair(
  ends: ReadonlyMap<PodClass, Ends>,
  show: (from: Ends, to: Ends, second: Direction) => void,
): void {
  const fewer: Direction = countAll(ends, "egress") <= countAll(ends, "ingress") ? "egress" : "ingress";
  const other: Direction = fewer === "egress" ? "ingress" : "egress";
  for (const subject of ends.values()) {
    eachOther(subject[fewer], (group) => showPair(subject, ends.get(group), fewer, show));
  }
  const isNaming = ({ [fewer]: end }: Ends): boolean => end.kind === "some";
  if (ends.values().every(isNaming)) return;
  for (const subject of ends.values()) {
    eachOther(subject[other], (group) => {
      const found = ends.get(group);
      if (found !== undefined && !isNaming(found)) showPair(subject, found, other, show);
    });
  }
}

function showPair(
  subject: Ends,
  other: Ends | undefined,
  direction: Direction,
  show: (from: Ends, to: Ends, second: Direction) => void,
): void {
  if (other === undefined) return;
  if (direction === "egress") show(subject, other, direction);
  else show(other, subject, direction);
}

/** Shows the classes that an end names; none where it is open to more. */
export function eachOther({ kind, exact, classes }: End, show: (group: PodClass) => void): void {
  if (kind !== "some") return;
  if (exact === undefined || exact === "open") classes.forEach(show);
  else eachNamed(exact, show);
}

function countAll(ends: ReadonlyMap<PodClass, Ends>, direction: Direction): number {
  let count = 0;
  for (const { [direction]: end } of ends.values()) {
    if (end.kind !== "some") continue;
    count += end.exact === undefined || end.exact === "open" ? end.classes.size : countNamed(end.exact);
  }
  return count;
}
