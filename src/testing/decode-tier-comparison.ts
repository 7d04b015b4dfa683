import { type ComparisonCase, readList, withPolicies, type Written } from "./decode-cases.ts";
import type { TierCase } from "./decode-tier-cases.ts";

/** An input with cluster-scoped policies on which well-known analysers answer wrongly. */
export type TierComparisonCase = TierCase & Pick<ComparisonCase, "source" | "others">;

const FIELDS = ["name", "source", "others", "pods", "namespaces", "tiers", "policies", "expect"];

export function readTierComparison(): readonly TierComparisonCase[] {
  return (readList("comparison-tiers.yaml", FIELDS) as readonly Written<TierComparisonCase>[]).map(
    withPolicies,
  );
}
