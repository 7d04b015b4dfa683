import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { exponent, type Figure, median, readFigure } from "./figures.ts";
import type { Measurement } from "./plan.ts";

const MEASURE = join(import.meta.dirname, "measure.ts");

/** Each run starts cold in a new process, one after another: a busy neighbour would be measured too. */
export function run({ task, shape, pods, runs }: Measurement): readonly Figure[] {
  const all = Array.from({ length: runs }, () => figuresOf([task, shape, String(pods)]));
  return (all[0] ?? []).map((figure, i) => ({
    ...figure,
    value: median(all.map((each) => each[i]?.value ?? Number.NaN)),
  }));
}

function figuresOf(args: readonly string[]): readonly Figure[] {
  const text = execFileSync(process.execPath, ["--expose-gc", MEASURE, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text.trimEnd().split("\n").map(readFigure);
}

/** How the time to the complete answer grows with the pods, shape by shape. */
export function growth(figures: readonly Figure[]): readonly Figure[] {
  const cold = figures.filter(({ name }) => name === "cold to the complete answer");
  return [...Map.groupBy(cold, ({ input }) => input.shape).values()].flatMap((sizes) => {
    const largest = sizes.at(-1);
    if (largest === undefined || sizes.length < 2) return [];
    const points = sizes.map(({ input, value }) => ({ size: input.pods, value }));
    return [{ ...largest, name: "growth exponent", value: exponent(points), unit: "" as const }];
  });
}
