import type { Labels } from "../model/labels.ts";
import type { Policy } from "./policy.ts";
import { pairText, type Selector } from "./selector.ts";
import { FEW, onShelf, shelve, type Shelves, unshelve } from "./shelves.ts";

/** The policies of a namespace by their names, and by a label that their subject asks for once they are many. */
export interface Policies {
  readonly byName: Map<string, Policy>;
  readonly byPair: Shelves<Policy> | undefined;
}

/** Stands for a label where a subject asks for none in particular. */
const UNANCHORED = "";

/** Answers with the policy that had this name before. */
export function addPolicy(policies: Policies, policy: Policy): Policy | undefined {
  const before = takePolicy(policies, policy.name);
  const { byName, byPair = new Map() } = policies;
  byName.set(policy.name, policy);
  if (policies.byPair === undefined && byName.size <= FEW) return before;
  for (const each of policies.byPair === undefined ? byName.values() : [policy])
    shelve(byPair, shelfOf(each), each);
  if (policies.byPair === undefined) Object.assign(policies, { byPair });
  return before;
}

export function takePolicy({ byName, byPair }: Policies, name: string): Policy | undefined {
  const policy = byName.get(name);
  if (policy === undefined) return undefined;
  byName.delete(name);
  if (byPair !== undefined) unshelve(byPair, shelfOf(policy), policy);
  return policy;
}

/** All policies whose subject may select these labels; few others. */
export function candidates({ byName, byPair }: Policies, labels: Labels): Iterable<Policy> {
  if (byPair === undefined) return byName.values();
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
