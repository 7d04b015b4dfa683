import type { Labels } from "../model/labels.ts";
import type { Policy } from "./policy.ts";
import { pairText, type Selector } from "./selector.ts";

/** The policies of a namespace, found by a label that their subject asks for. */
export interface SubjectIndex {
  readonly byPair: Map<string, Policy[]>;
  readonly unanchored: Policy[];
}

export function addSubject(index: SubjectIndex, policy: Policy): void {
  shelfOf(index, policy).push(policy);
}

export function removeSubject(index: SubjectIndex, policy: Policy): void {
  const shelf = shelfOf(index, policy);
  const at = shelf.indexOf(policy);
  if (at >= 0) shelf.splice(at, 1);
}

/** All policies whose subject may select these labels; few others. */
export function candidates({ byPair, unanchored }: SubjectIndex, labels: Labels): readonly Policy[] {
  if (byPair.size === 0) return unanchored;
  const found: Policy[] = [...unanchored];
  for (const key in labels) {
    const shelf = byPair.get(pairText(key, labels[key] ?? ""));
    if (shelf !== undefined) found.push(...shelf);
  }
  return found;
}

/** A label that every match must carry, `key=value`; undefined where the selector has no such requirement. */
export function anchorOf(selector: Selector): string | undefined {
  return selector.kind === "invalid" ? undefined : selector.anchor;
}

function shelfOf({ byPair, unanchored }: SubjectIndex, policy: Policy): Policy[] {
  const anchor = anchorOf(policy.subject);
  if (anchor === undefined) return unanchored;
  const known = byPair.get(anchor);
  if (known !== undefined) return known;
  const shelf: Policy[] = [];
  byPair.set(anchor, shelf);
  return shelf;
}
