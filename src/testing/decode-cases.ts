import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";
import type { ClusterSketch } from "./table.ts";

/** A cluster after each of a row of changes, and who must not get through then. */
export interface TableCase {
  readonly id: string;
  readonly name: string;
  readonly steps: readonly TableStep[];
}

export interface TableStep extends ClusterSketch {
  /** Per port such as `TCP/80` every denied pair, as `x/a > y/b`; all other pairs of different pods are allowed. */
  readonly denied: Readonly<Record<string, readonly string[]>>;
}

/** One clause of one rule: a cluster, and what is to be answered for some flows. */
export interface RuleCase extends ClusterSketch {
  /** The rule's number in the specification, `S9`. */
  readonly rule: string;
  readonly name: string;
  /** Per flow, such as `x/a > x/b TCP/80`, the expectation in the words of `readExpectation`. */
  readonly expect: Readonly<Record<string, string>>;
  /** The fields of the policies that must be reported, and no others. */
  readonly problems?: readonly string[];
}

/** An input on which well-known analysers answer wrongly. */
export interface ComparisonCase extends RuleCase {
  /** Where Kubernetes says what is right. */
  readonly source: string;
  /** Who says what instead: the tool, and its answer to the first flow; empty where all of them are right. */
  readonly others: Readonly<Record<string, string>>;
}

const SKETCH = ["pods", "namespaces", "policies"];
const RULE = [...SKETCH, "rule", "name", "expect", "problems"];

export function readTables(file: string): readonly TableCase[] {
  const cases = readList(file, ["id", "name", "steps"]) as readonly TableCase[];
  for (const { id, steps } of cases) refuseOthers(`${file} ${id}`, steps, [...SKETCH, "denied"]);
  return cases;
}

export function readRules(file: string): readonly RuleCase[] {
  return (readList(file, RULE) as readonly Written<RuleCase>[]).map(withPolicies);
}

export function readComparison(file: string): readonly ComparisonCase[] {
  return (readList(file, [...RULE, "source", "others"]) as readonly Written<ComparisonCase>[]).map(
    withPolicies,
  );
}

/** Policies as these files write them: whole objects, or `namespace/name: spec` where nothing else matters. */
export type Written<T> = Omit<T, "policies"> & { readonly policies?: readonly NetworkPolicy[] | Specs };
type Specs = Readonly<Record<string, NetworkPolicySpec>>;

export function withPolicies<T>(written: Written<T>): T {
  const { policies = [] } = written;
  return { ...written, policies: isList(policies) ? policies : Object.entries(policies).map(policyOf) } as T;
}

function isList(policies: readonly NetworkPolicy[] | Specs): policies is readonly NetworkPolicy[] {
  return Array.isArray(policies);
}

function policyOf([text, spec]: readonly [string, NetworkPolicySpec]): NetworkPolicy {
  const [namespace = "", name = ""] = text.split("/");
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { namespace, name }, spec };
}

/** The case files are ours, so the shape is trusted; but a misspelt field must not pass for an absent one. */
export function readList(file: string, fields: readonly string[]): readonly object[] {
  const cases = load(readFileSync(new URL(`cases/${file}`, import.meta.url), "utf8")) as readonly object[];
  if (cases.length === 0) throw new Error(`${file} has no cases`);
  refuseOthers(file, cases, fields);
  return cases;
}

function refuseOthers(place: string, objects: readonly object[], fields: readonly string[]): void {
  for (const [index, object] of objects.entries()) {
    const other = Object.keys(object).find((field) => !fields.includes(field));
    if (other !== undefined) throw new Error(`${place}[${index}] has the unknown field ${other}`);
  }
}
