import type { Labels } from "../model/labels.ts";
import type { Policy } from "./policy.ts";
import { pairText, type Selector } from "./selector.ts";
import { FEW, onShelf, shelve, type Shelves, unshelve } from "./shelves.ts";

/** The policies of a namespace, found by a label that their subject asks for once they are more than a few. */
export interface SubjectIndex {
  readonly all: Set<Policy>;
  readonly byPair: Shelves<Policy> | undefined;
}

/** Stands for a label where a subject asks for none in particular. */
const UNANCHORED = "";

export function addSubject(index: SubjectIndex, policy: Policy): void {
  index.all.add(policy);
  if (index.byPair !== undefined) return shelve(index.byPair, shelfOf(policy), policy);
  if (index.all.size <= FEW) return;
  const byPair: Shelves<Policy> = new Map();
  for (const each of index.all) shelve(byPair, shelfOf(each), each);
  Object.assign(index, { byPair });
}

export function removeSubject(index: SubjectIndex, policy: Policy): void {
  index.all.delete(policy);
  if (index.byPair !== undefined) unshelve(index.byPair, shelfOf(policy), policy);
}

/** All policies whose subject may select these labels; few others. */
export function candidates({ all, byPair }: SubjectIndex, labels: Labels): Iterable<Policy> {
  if (byPair === undefined) return all;
  const found = [...onShelf(byPair, UNANCHORED)];
  for (const key in labels) found.push(...onShelf(byPair, pairText(key, labels[key] ?? "")));
  return found;
}

/** A label that every match must carry, `key=value`; undefined where the selector has no such requirement. */
export function anchorOf(selector: Selector): string | undefined {
  return selector.kind === "invalid" ? undefined : selector.anchor;
}

function shelfOf({ subject }: Policy): string {
  return anchorOf(subject) ?? UNANCHORED;
}
