import { describe, expect, test } from "vitest";
import { conformanceSubtests } from "../testing/cases/conformance.ts";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { flowOf, nodeAddress, sketchOf, type Step } from "../testing/cases/conformance/houses.ts";
import type { Node } from "../model/world.ts";
import type { Family } from "./answer.ts";

describe.each<Family>(["IPv4", "IPv6"])("in a cluster of %s", (family) => {
  for (const { test: name, name: subtest, steps } of conformanceSubtests(family)) {
    test(`${name}: ${subtest}`, () => {
      for (const step of steps) expectStep(step, family);
    });
  }
});

test("there are 24 tests with 92 subtests, no two of one name, and all of them ask something", () => {
  const subtests = conformanceSubtests("IPv4");
  expect(new Set(subtests.map(({ test: name }) => name)).size).toBe(24);
  expect(new Set(subtests.map(({ test: name, name: subtest }) => `${name}: ${subtest}`)).size).toBe(92);
  expect(subtests).toHaveLength(92);
  for (const { steps } of subtests) {
    for (const { allowed, denied } of steps) expect(allowed.length + denied.length).toBeGreaterThan(0);
  }
});

/** By a single check, by everything that passes, and by the naive reference. */
function expectStep(step: Step, family: Family): void {
  const { answer, passes, naively } = askedWithTiers(sketchOf(step, family), {
    tierPolicies: step.clusterPolicies,
    nodes: [0, 1].map((n) => nodeOf(n, family)),
  });
  const expected = [
    ...step.allowed.map((flow) => [flow, "Allowed"]),
    ...step.denied.map((flow) => [flow, "Denied"]),
  ];
  const asFound = (ask: (flow: string) => string) => expected.map(([flow = ""]) => [flow, ask(flowOf(flow))]);
  expect(asFound((flow) => answer(flow).verdict)).toEqual(expected);
  expect(asFound(passes)).toEqual(expected);
  expect(asFound(naively)).toEqual(expected);
}

function nodeOf(n: number, family: Family): Node {
  return { name: `node-${n}`, labels: { "kubernetes.io/os": "linux" }, addresses: [nodeAddress(n, family)] };
}
