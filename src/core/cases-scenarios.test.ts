import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asked } from "../testing/ask.ts";
import {
  lettersOf,
  readScenarios,
  type Scenario,
  STANDING,
  underStanding,
} from "../testing/decode-scenarios.ts";
import { readNetworkScenarios } from "../testing/decode-network-scenarios.ts";
import { readExpectation } from "../testing/expectation.ts";
import { expectLate, profileOf } from "../testing/expect-late.ts";
import { clusterOf } from "../testing/table.ts";
import { PROFILES } from "./profile.ts";

const SCENARIOS = readScenarios();

for (const row of SCENARIOS) {
  for (const letter of lettersOf(row)) {
    test(`${row.rule}, ${letter}: ${row.name}`, () => {
      for (const name of STANDING[letter] ?? [letter])
        expectLate(underStanding(row, letter), profileOf(name));
    });
  }
}

test.each(PROFILES.filter(({ enforces }) => enforces.length > 0).map(({ name }) => name))(
  "%s answers every row as its kind of plugin does",
  (name) => {
    const profile = profileOf(name);
    for (const row of SCENARIOS) expectLate(onPorts(row, profile.ipBlockMatchesPods ? "P" : "E"), profile);
  },
);

test("the naive reference answers every row as P does", () => {
  for (const row of SCENARIOS) {
    const { naively } = asked(clusterOf(row));
    for (const [flow, text] of Object.entries(onPorts(row, "P").expect))
      expect([row.rule, flow, naively(flow)]).toEqual([row.rule, flow, readExpectation(text).verdict]);
  }
});

/** The ids of the table, system by system; src/core/cases-networks.test.ts has those on secondary networks. */
const TABLE =
  "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 B1 B2 B3 B4 B4b B5 B6 B7 B8 B9 B10 B11 C1 C1b C2 C2b C3 C4 C5 C6 C7 " +
  "K0 K1a K1b K1c K1d K1e K1f K2a K2b K2c K2d K2e K2f K2g K2h K2i K2j K2k " +
  "K3a K3b K3c K3d K3e K3f K3g K3h K3i K3j K4a K4b K4c K4d K4e K4f K4g K4h K4i K4j K4k " +
  "N1 N2 N3 N4 N4b N5 N6 N7 N8 N9 N10 L1 M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10";

/** Rows that are about a finding and no verdict: src/reconciler/findings/scenarios.test.ts has them, and the others' findings. */
const FOUND = ["L1"];

/** Rows that are about more than a verdict, and where the rest of them is held. */
const BESIDE: Readonly<Record<string, string>> = {
  C6: "testing/cases/scenarios-objects.yaml",
  K2k: "reconciler/findings/scenarios.test.ts",
  K3i: "testing/cases/scenarios-objects.yaml",
  L1: "reconciler/findings/scenarios.test.ts",
  M7: "reconciler/secondary.test.ts",
  M9: "reconciler/secondary.test.ts",
  N10: "reconciler/enforced.test.ts",
};

test("every row of the table is asked", () => {
  const covered = new Set([...SCENARIOS, ...readNetworkScenarios()].map(({ rule }) => rule));
  const ids = TABLE.split(" ");
  expect(ids.filter((id) => !covered.has(id))).toEqual(FOUND);
  expect([...covered].filter((id) => !ids.includes(id))).toEqual([]);
  expect(ids.length).toBe(93);
});

test.each(Object.entries(BESIDE))("what %s says besides is held in %s", (id, file) => {
  const text = readFileSync(join(import.meta.dirname, "..", file), "utf8");
  expect(text).toMatch(new RegExp(`\\b${id}\\b`));
});

/** Without ICMP, which plugins differ in for reasons of their own, and without what goes to a Service. */
function onPorts(row: Scenario, letter: string): ReturnType<typeof underStanding> {
  const { expect: all, ...each } = underStanding(row, letter);
  const flows = Object.entries(all).filter(
    ([flow]) => !flow.endsWith(" ICMP") && !flow.includes(" > Service "),
  );
  return { ...each, expect: Object.fromEntries(flows) };
}
