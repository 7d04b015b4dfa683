import type { Labels } from "../model/labels.ts";
import type { Policy } from "./policy.ts";
import type { Requirement, Selector } from "./selector.ts";

/** The policies of a namespace, found by a label that their subject asks for. */
export interface SubjectIndex {
  add(policy: Policy): void;
  remove(policy: Policy): void;
  /** All policies whose subject may select these labels; few others. */
  candidates(labels: Labels): readonly Policy[];
}

export function createSubjectIndex(): SubjectIndex {
  const byPair = new Map<string, Policy[]>();
  const unanchored: Policy[] = [];
  const shelfOf = (policy: Policy): Policy[] => {
    const anchor = anchorOf(policy.subject);
    if (anchor === undefined) return unanchored;
    const shelf = byPair.get(anchor) ?? [];
    byPair.set(anchor, shelf);
    return shelf;
  };
  return {
    add: (policy) => void shelfOf(policy).push(policy),
    remove(policy) {
      const shelf = shelfOf(policy);
      const at = shelf.indexOf(policy);
      if (at >= 0) shelf.splice(at, 1);
    },
    candidates(labels) {
      if (byPair.size === 0) return unanchored;
      const found = Object.entries(labels).flatMap(([key, value]) => byPair.get(pairText(key, value)) ?? []);
      return found.length === 0 ? unanchored : [...unanchored, ...found];
    },
  };
}

/** A label that every match must carry, `key=value`; undefined where the selector has no such requirement. */
export function anchorOf(selector: Selector): string | undefined {
  if (selector.kind === "invalid") return undefined;
  const anchor = selector.requirements.find(isAnchor);
  return anchor === undefined ? undefined : pairText(anchor.key, anchor.values[0] ?? "");
}

type Anchor = Extract<Requirement, { readonly values: readonly string[] }>;

function isAnchor(requirement: Requirement): requirement is Anchor {
  return requirement.operator === "In" && requirement.values.length === 1;
}

export function pairText(key: string, value: string): string {
  return `${key}=${value}`;
}
