import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";

/** Sorted by their JSON text, without duplicates: the same set always gives the same list. */
export function sortedSet<T>(list: NonEmpty<T>): NonEmpty<T> {
  const byText = new Map(list.map((item) => [JSON.stringify(item), item]));
  const sorted = [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  return isNonEmpty(sorted) ? sorted : list;
}

/** The one way to write a selector: keys, requirements and values sorted, empty parts left out. */
export function canonicalSelector(selector: LabelSelector): LabelSelector {
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(canonicalRequirement);
  return {
    ...(labels.length > 0 ? { matchLabels: Object.fromEntries(labels) } : {}),
    ...(isNonEmpty(expressions) ? { matchExpressions: sortedSet(expressions) } : {}),
  };
}

function canonicalRequirement({ key, operator, values }: LabelSelectorRequirement): LabelSelectorRequirement {
  const given = values ?? [];
  return { key, operator, ...(isNonEmpty(given) ? { values: sortedSet(given) } : {}) };
}
