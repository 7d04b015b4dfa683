import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";

/** A selector as kubectl takes it: `app=web,tier in (a,b),!draft`; `{}` for the one that selects everything. */
export function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const parts = [...labels, ...(matchExpressions ?? []).map(requirementText)];
  return parts.length === 0 ? "{}" : parts.join(",");
}

function requirementText({ key, operator, values }: LabelSelectorRequirement): string {
  const listed = `(${(values ?? []).join(",")})`;
  switch (operator) {
    case "In":
      return `${key} in ${listed}`;
    case "NotIn":
      return `${key} notin ${listed}`;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return key;
  }
}
