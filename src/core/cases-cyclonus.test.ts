import { expect, test } from "vitest";
import { asked } from "../testing/ask.ts";
import { generatedCases, isExpected } from "../testing/cases/cyclonus.ts";
import { ALL_PORTS, type GeneratedStep } from "../testing/cases/cyclonus/case.ts";
import { type Cell, clusterOf, picture } from "../testing/table.ts";

const CASES = generatedCases();

for (const { group, name, steps } of CASES) {
  test(`${group}: ${name}`, () => {
    for (const step of steps) expectPictures(step);
  });
}

test("there are 230 cases, so many of each group, and no two of one name", () => {
  const counts = Object.entries(Object.groupBy(CASES, ({ group }) => group)).map(([group, list]) => [
    group,
    list.length,
  ]);
  expect(Object.fromEntries(counts)).toEqual({
    target: 6,
    rules: 4,
    peers: 112,
    ports: 70,
    example: 1,
    action: 6,
    conflict: 16,
    "default label": 2,
    upstream: 13,
  });
  expect(CASES).toHaveLength(230);
  expect(new Set(CASES.map(({ group, name }) => `${group}: ${name}`)).size).toBe(230);
});

function expectPictures(step: GeneratedStep): void {
  const names = Object.keys(step.pods);
  const { answer, passes, naively } = asked(clusterOf(step));
  for (const port of ALL_PORTS) {
    const draw = (cell: (from: string, to: string) => Cell): string => `${port}\n${picture(names, cell)}`;
    const expected = draw((from, to) => (isExpected(step, from, to, port) ? "Allowed" : "Denied"));
    expect(draw((from, to) => answer(`${from} > ${to} ${port}`).verdict)).toBe(expected);
    expect(draw((from, to) => passes(`${from} > ${to} ${port}`))).toBe(expected);
    expect(draw((from, to) => naively(`${from} > ${to} ${port}`))).toBe(expected);
  }
}
