import { NAMESPACE_NAME_LABEL, type Labels } from "../model/labels.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";
import type { Namespace } from "../model/world.ts";

/** True, false, or undetermined. */
export type Truth = "T" | "F" | "U";

/** A selector that the API server would refuse decides nothing (S31). */
export function labelsMatch(selector: LabelSelector, labels: Labels): Truth {
  const requirements = requirementsOf(selector);
  if (!requirements.every(isValid)) return "U";
  return requirements.every((requirement) => holds(requirement, labels)) ? "T" : "F";
}

/** Of a namespace without an object only the name is known (S24). */
export function namespaceMatches(
  selector: LabelSelector,
  name: string,
  namespace: Namespace | undefined,
): Truth {
  if (namespace?.labelsKnown) return labelsMatch(selector, namespace.labels);
  const requirements = requirementsOf(selector);
  if (!requirements.every(isValid)) return "U";
  const aboutName = requirements.filter(({ key }) => key === NAMESPACE_NAME_LABEL);
  if (!aboutName.every((requirement) => holds(requirement, { [NAMESPACE_NAME_LABEL]: name }))) return "F";
  return aboutName.length === requirements.length ? "T" : "U";
}

/** A label that must be equal is an `In` with one value (S28, S29). */
function requirementsOf(selector: LabelSelector): readonly LabelSelectorRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  return [...equal, ...(selector.matchExpressions ?? [])];
}

/** A key that is not there satisfies NotIn and DoesNotExist (S25-S27). */
function holds({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = Object.entries(labels).find(([name]) => name === key)?.[1];
  const isListed = value !== undefined && (values ?? []).includes(value);
  if (operator === "In") return isListed;
  if (operator === "NotIn") return !isListed;
  return operator === "Exists" ? value !== undefined : value === undefined;
}

function isValid({ key, operator, values }: LabelSelectorRequirement): boolean {
  const [name = "", prefix, ...more] = key.split("/").toReversed();
  if (more.length > 0 || !isWord(name) || prefix === "") return false;
  if (prefix !== undefined && !/^[a-z0-9.-]{1,253}$/.test(prefix)) return false;
  const given = values ?? [];
  if (operator === "Exists" || operator === "DoesNotExist") return given.length === 0;
  if (operator !== "In" && operator !== "NotIn") return false;
  return given.length > 0 && given.every((value) => value === "" || isWord(value));
}

function isWord(text: string): boolean {
  return (
    text.length <= 63 && /^[a-z0-9_.-]+$/i.test(text) && /^[a-z0-9]/i.test(text) && /[a-z0-9]$/i.test(text)
  );
}
