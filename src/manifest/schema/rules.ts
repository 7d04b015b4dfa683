import { Environment } from "@marcbachmann/cel-js";
import { celValue } from "./cel-value.ts";
import { childOf } from "./child.ts";
import { withCidrFunctions } from "./cidr-functions.ts";
import type { CrdRule, CrdSchema } from "./decode-crd.ts";
import { fieldText, type Step } from "./field-path.ts";

/** A rule that does not hold; `failed` when it could not be evaluated, because the value has not the shape it is for. */
export interface BrokenRule {
  /** The field whose schema has the rule, while `field` is the one the rule speaks of. */
  readonly at: string;
  readonly field: string;
  readonly message: string;
  readonly failed: boolean;
}

export type RuleChecker = (raw: unknown) => readonly BrokenRule[];

/** Checks all `x-kubernetes-validations` of a schema; transition rules (`oldSelf`) are not among ours. */
export function compileRules(schema: CrdSchema): RuleChecker {
  const node = compileNode(schema, new Map());
  return (raw) => checkNode(node, celValue(schema, raw), []);
}

/** A schema reduced to its rules and to the ways on to rules further down. */
interface Node {
  readonly rules: readonly Rule[];
  readonly fields: readonly (readonly [name: string, node: Node])[];
  /** For the elements of a list, or for the values of a map. */
  readonly each: Node | undefined;
}

interface Rule {
  readonly holds: (self: unknown) => unknown;
  readonly message: string;
  readonly below: readonly Step[];
}

const ENVIRONMENT = withCidrFunctions(
  new Environment({ homogeneousAggregateLiterals: false }).registerVariable("self", "dyn"),
);

/** `known` keeps the work small: the schema uses its larger parts, by aliases, up to seven times. */
function compileNode(schema: CrdSchema, known: Map<CrdSchema, Node>): Node {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const each = schema.items ?? schema.additionalProperties;
  const node: Node = {
    rules: (schema["x-kubernetes-validations"] ?? []).map(compileRule),
    fields: Object.entries(schema.properties ?? {}).map(([name, property]) => [
      name,
      compileNode(property, known),
    ]),
    each: each === undefined ? undefined : compileNode(each, known),
  };
  known.set(schema, node);
  return node;
}

function compileRule({ rule, message, fieldPath = "" }: CrdRule): Rule {
  const below = fieldPath.split(".").filter((step) => step !== "");
  const compiled = ENVIRONMENT.parse(rule);
  return { holds: (self): unknown => compiled({ self }), message, below };
}

function checkNode(node: Node, value: unknown, path: readonly Step[]): readonly BrokenRule[] {
  return [
    ...node.rules.flatMap((rule) => checkRule(rule, value, path)),
    ...entriesOf(node, value).flatMap(([step, child, below]) => checkNode(below, child, [...path, step])),
  ];
}

function checkRule(rule: Rule, value: unknown, path: readonly Step[]): readonly BrokenRule[] {
  const fields = { at: fieldText(path), field: fieldText([...path, ...rule.below]) };
  try {
    if (rule.holds(value) === true) return [];
    return [{ ...fields, message: `${rule.message}${found(value)}`, failed: false }];
  } catch {
    return [{ ...fields, message: rule.message, failed: true }];
  }
}

type Entry = readonly [step: Step, child: unknown, node: Node];

function entriesOf({ fields, each }: Node, value: unknown): readonly Entry[] {
  if (Array.isArray(value))
    return each === undefined ? [] : value.map((child, index) => [index, child, each]);
  if (value instanceof Map)
    return each === undefined ? [] : [...value].map(([key, child]) => [String(key), child, each]);
  if (typeof value !== "object" || value === null) return [];
  return fields
    .filter(([name]) => Object.hasOwn(value, name))
    .map(([name, node]) => [name, childOf(value, name), node]);
}

/** The value as it was written, where it fits in a line. */
function found(value: unknown): string {
  if (typeof value === "bigint") return ` (found ${value})`;
  if (typeof value !== "string" || value.length > 60) return "";
  return ` (found ${JSON.stringify(value)})`;
}
