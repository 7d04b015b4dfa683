import type { Labels } from "../model/labels.ts";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";
import type { Namespace } from "../model/world.ts";
import { all, type Ternary } from "./ternary.ts";

/** A compiled LabelSelector: all requirements must hold; `invalid` where the API server would have refused it. */
export type Selector =
  | {
      readonly kind: "requirements";
      readonly requirements: readonly Requirement[];
      /** A label that every match must carry, as `pairText`; undefined where no requirement asks for just one. */
      readonly anchor: string | undefined;
    }
  | { readonly kind: "invalid"; readonly reason: string };

export type Requirement =
  | { readonly operator: "In" | "NotIn"; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: "Exists" | "DoesNotExist"; readonly key: string };

export const EVERYTHING: Selector = { kind: "requirements", requirements: [], anchor: undefined };

/** Invalid selectors match `maybe`: implementations differ in what they do with them (S31). */
export function selects(selector: Selector, labels: Labels): Ternary {
  if (selector.kind === "invalid") return "maybe";
  return selector.requirements.every((requirement) => holds(requirement, labels)) ? "yes" : "no";
}

/** As `selects`, but a Namespace known by its name only leaves its other labels undetermined (S24). */
export function selectsNamespace(selector: Selector, namespace: Namespace): Ternary {
  if (namespace.labelsKnown || selector.kind === "invalid") return selects(selector, namespace.labels);
  return all(
    selector.requirements.map((requirement) => {
      if (requirement.key !== NAMESPACE_NAME_LABEL) return "maybe";
      return holds(requirement, namespace.labels) ? "yes" : "no";
    }),
  );
}

/** None of a selector that is invalid. */
export function requirementsOf(selector: Selector): readonly Requirement[] {
  return selector.kind === "invalid" ? [] : selector.requirements;
}

/** The requirements that the labels do not meet. */
export function unmet(selector: Selector, labels: Labels): readonly Requirement[] {
  return requirementsOf(selector).filter((requirement) => !holds(requirement, labels));
}

/** A missing key satisfies NotIn and DoesNotExist (apimachinery labels.Requirement.Matches; S25-S28). */
function holds(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "In":
      return value !== undefined && requirement.values.includes(value);
    case "NotIn":
      return value === undefined || !requirement.values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** Null and absent parts are empty: an empty selector selects everything (S7, S30). */
export function compileSelector({ matchLabels, matchExpressions }: LabelSelector): Selector {
  const expressions = matchExpressions ?? NO_EXPRESSIONS;
  const labels = Object.keys(matchLabels ?? NO_LABELS);
  const [first] = labels;
  if (expressions.length === 0 && first === undefined) return EVERYTHING;
  if (expressions.length === 0 && first !== undefined && labels.length === 1) {
    return singleLabel(first, matchLabels?.[first] ?? "");
  }
  const requirements: Requirement[] = [];
  for (const compiled of [
    ...labels.map((key) => compileLabel(key, matchLabels?.[key] ?? "")),
    ...expressions.map(compileExpression),
  ]) {
    if (typeof compiled === "string") return { kind: "invalid", reason: compiled };
    requirements.push(compiled);
  }
  return selectorOf(requirements);
}

const NO_EXPRESSIONS: readonly LabelSelectorRequirement[] = [];
const NO_LABELS: Labels = {};

export function selectorOf(requirements: readonly Requirement[]): Selector {
  const anchor = requirements.find(
    (requirement) => requirement.operator === "In" && requirement.values.length === 1,
  );
  const [value] = anchor !== undefined && "values" in anchor ? anchor.values : [];
  return {
    kind: "requirements",
    requirements,
    anchor: anchor === undefined || value === undefined ? undefined : pairText(anchor.key, value),
  };
}

/** One label with one value, as selectors and classes are found by. */
export function pairText(key: string, value: string): string {
  return `${key}=${value}`;
}

/** Most selectors ask for one label, and policies of many namespaces for the same: those are one object. */
function singleLabel(key: string, value: string): Selector {
  const pair = pairText(key, value);
  const known = SINGLES.get(pair);
  if (known !== undefined) return known;
  const compiled = compileLabel(key, value);
  if (typeof compiled === "string") return { kind: "invalid", reason: compiled };
  const selector = selectorOf([compiled]);
  if (SINGLES.size < MANY) SINGLES.set(pair, selector);
  return selector;
}

/** Only remembered answers of a function of two texts: forgetting them changes nothing. */
const SINGLES = new Map<string, Selector>();
const MANY = 10_000;

/** A sentence where the requirement is one that the API server refuses. */
function compileLabel(key: string, value: string): Requirement | string {
  if (!isLabelKey(key)) return `"${key}" is not a label key`;
  if (!isLabelValue(value)) return `"${value}" is not a label value`;
  return { operator: "In", key, values: [value] };
}

function compileExpression({ key, operator, values }: LabelSelectorRequirement): Requirement | string {
  const given = values ?? [];
  if (!isLabelKey(key)) return `"${key}" is not a label key`;
  switch (operator) {
    case "In":
    case "NotIn":
      if (given.length === 0) return `${operator} needs values`;
      if (!given.every(isLabelValue)) return `${operator} lists a value that is not a label value`;
      return { operator, key, values: given };
    case "Exists":
    case "DoesNotExist":
      return given.length > 0 ? `${operator} takes no values` : { operator, key };
    default:
      return `"${operator}" is not one of In, NotIn, Exists, DoesNotExist`;
  }
}

const LABEL_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  return slash < 0
    ? isLabelName(key)
    : slash <= 253 && DNS_SUBDOMAIN.test(key.slice(0, slash)) && isLabelName(key.slice(slash + 1));
}

function isLabelValue(value: string): boolean {
  return value === "" || isLabelName(value);
}

function isLabelName(text: string): boolean {
  return text.length <= 63 && LABEL_NAME.test(text);
}
