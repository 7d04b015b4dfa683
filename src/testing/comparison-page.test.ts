import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { comparisonTable } from "./comparison-page.ts";
import { readComparison, readTables } from "./decode-cases.ts";
import { readTierComparison } from "./decode-tier-comparison.ts";

const page = readFileSync(new URL("../../docs/comparison.md", import.meta.url), "utf8");
const cases = [...readComparison("comparison.yaml"), ...readTierComparison()];

test("the page has a row for each case that is asked, with the right answer, and no other row", () => {
  expect(page).toContain(`${comparisonTable(cases)}\n`);
  expect(rowsWith(page, /^\| \d+ \|/)).toBe(cases.length);
});

test("no two rows are about the same", () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test("the page counts the pictures of the Kubernetes suite that are drawn by the tests", () => {
  const pictures = readTables("e2e.yaml").flatMap(({ steps }) =>
    steps.flatMap(({ denied }) => Object.keys(denied)),
  );
  expect(page).toContain(`| **serviceaccess** | **${pictures.length}** | **0** |`);
});

function rowsWith(text: string, start: RegExp): number {
  return text.split("\n").filter((line) => start.test(line)).length;
}
