import { expect, test } from "vitest";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { readTierCases, type TierCase, tierManifests } from "../testing/decode-tier-cases.ts";
import { expectFlows } from "../testing/expect-answers.ts";

for (const each of readTierCases()) {
  test(`tiers: ${each.name}`, () => {
    expectFlows(askedCase(each), each);
  });
}

test("no two cases have one name", () => {
  const names = readTierCases().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

function askedCase(each: TierCase) {
  const { pods, namespaces, policies, nodes = {} } = each;
  const sketch = { pods, ...(namespaces && { namespaces }), ...(policies && { policies }) };
  return askedWithTiers(sketch, {
    tierPolicies: tierManifests(each),
    nodes: Object.entries(nodes).map(([name, node]) => ({ name, ...node })),
  });
}
