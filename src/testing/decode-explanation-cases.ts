import { readList, withPolicies, type Written } from "./decode-cases.ts";
import type { TierCase } from "./decode-tier-cases.ts";

/** A cluster, and in sentences why some of its flows have their verdict. */
export interface ExplanationCase extends Omit<TierCase, "expect" | "problems" | "nodes"> {
  /** By the name of a profile; the specification where there is none. */
  readonly profile?: string;
  /** Per flow the sentences of each explanation; those that say that nothing isolates an end are left out. */
  readonly explain: Readonly<Record<string, readonly string[]>>;
}

const FIELDS = ["name", "profile", "pods", "namespaces", "tiers", "policies", "explain"];

export function readExplanationCases(): readonly ExplanationCase[] {
  const cases = readList("explanations.yaml", FIELDS) as readonly Written<ExplanationCase>[];
  return cases.map((each) => withPolicies({ ...each, tiers: each.tiers ?? {} }));
}
