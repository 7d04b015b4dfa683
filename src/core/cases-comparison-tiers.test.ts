import { test } from "vitest";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { tierManifests } from "../testing/decode-tier-cases.ts";
import { readTierComparison } from "../testing/decode-tier-comparison.ts";
import { expectFlows } from "../testing/expect-answers.ts";

for (const each of readTierComparison()) {
  test(`tiers: ${each.name}`, () => {
    expectFlows(askedWithTiers(each, { tierPolicies: tierManifests(each) }), each);
  });
}
