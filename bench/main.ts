/**
 * `npm run bench`: how fast and how large the evaluator is, beside the bars it is held to. `--json` prints an object a
 * line, `--only TEXT` measures only what has the text in its task or shape, such as `cold` or `F`.
 */
import { parseArgs } from "node:util";
import type { Figure } from "./figures.ts";
import { PLAN } from "./plan.ts";
import { figuresText, jsonLines } from "./print.ts";
import { growth, run } from "./run.ts";

const { values: options } = parseArgs({
  options: { json: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});
ownFigures();

function ownFigures(): void {
  const wanted = PLAN.filter(({ task, shape }) => `${task} ${shape}`.includes(options.only));
  const figures: Figure[] = [];
  for (const [index, measurement] of wanted.entries()) {
    const { task, shape, pods } = measurement;
    process.stderr.write(`${index + 1} of ${wanted.length}: ${task} ${shape} ${pods}\n`);
    add(figures, run(measurement));
  }
  add(figures, growth(figures));
  if (!options.json) process.stdout.write(figuresText(figures));
}

/** Programs get each figure as soon as it is known; a table needs them all. */
function add(figures: Figure[], measured: readonly Figure[]): void {
  figures.push(...measured);
  if (options.json) process.stdout.write(jsonLines(measured));
}
