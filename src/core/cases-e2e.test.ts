import { expect, test } from "vitest";
import { asked } from "../testing/ask.ts";
import { readTables, type TableStep } from "../testing/decode-cases.ts";
import { type Cell, clusterOf, picture } from "../testing/table.ts";

for (const { id, name, steps } of readTables("e2e.yaml")) {
  test(`${id}: ${name}`, () => {
    for (const step of steps) expectTables(step);
  });
}

test("the tables are the 48 of the Kubernetes suite and one of ours", () => {
  const ids = readTables("e2e.yaml").map(({ id }) => id);
  const theirs = Array.from({ length: 48 }, (_, i) => `E${i + 1}`);
  expect(ids.filter((id) => id !== "E36-together")).toEqual(theirs);
  expect(ids).toContain("E36-together");
});

/** One picture a port, drawn from single checks, from whole connections, and from the naive reference. */
function expectTables(step: TableStep): void {
  const names = Object.keys(step.pods);
  const { answer, passes, naively } = asked(clusterOf(step));
  for (const [port, denied] of Object.entries(step.denied)) {
    const draw = (cell: (flow: string) => Cell): string =>
      `${port}\n${picture(names, (from, to) => cell(`${from} > ${to}`))}`;
    const expected = draw((pair) => (denied.includes(pair) ? "Denied" : "Allowed"));
    expect(draw((pair) => answer(`${pair} ${port}`).verdict)).toBe(expected);
    expect(draw((pair) => passes(`${pair} ${port}`))).toBe(expected);
    expect(draw((pair) => naively(`${pair} ${port}`))).toBe(expected);
    expect(denied.filter((pair) => !isPair(pair, names))).toEqual([]);
  }
}

/** A misspelt pair would be a denial that nobody looks for. */
function isPair(pair: string, names: readonly string[]): boolean {
  const [from = "", to = "", ...more] = pair.split(" > ");
  return names.includes(from) && names.includes(to) && from !== to && more.length === 0;
}
