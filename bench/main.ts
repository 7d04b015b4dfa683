/**
 * `npm run bench`: how fast and how large the evaluator is, beside the bars it is held to. `--json` prints an object a
 * line, `--only TEXT` measures only what has the text in its task or shape, such as `cold` or `F`. `--peers` measures the
 * command line side by side with other analysers instead.
 */
import { parseArgs } from "node:util";
import type { Figure } from "./figures.ts";
import { endToEndText } from "./peers/e2e.ts";
import { sideBySide } from "./peers/side-by-side.ts";
import { wrongAnswersText } from "./peers/wrong-answers.ts";
import { PLAN } from "./plan.ts";
import { figuresText, jsonLines } from "./print.ts";
import { growth, run } from "./run.ts";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    peers: { type: "boolean", default: false },
    e2e: { type: "boolean", default: false },
    wrong: { type: "boolean", default: false },
  },
});
const figures: Figure[] = [];
if (options.e2e) process.stdout.write(endToEndText());
else if (options.wrong) process.stdout.write(wrongAnswersText());
else measureAll();

function measureAll(): void {
  for (const measured of options.peers ? sideBySide() : ownFigures()) {
    figures.push(...measured);
    // Programs get each figure as soon as it is known; a table needs them all.
    if (options.json) process.stdout.write(jsonLines(measured));
  }
  if (!options.json) process.stdout.write(figuresText(figures));
}

function* ownFigures(): Iterable<readonly Figure[]> {
  const wanted = PLAN.filter(({ task, shape }) => `${task} ${shape}`.includes(options.only));
  for (const [index, measurement] of wanted.entries()) {
    const { task, shape, pods } = measurement;
    process.stderr.write(`${index + 1} of ${wanted.length}: ${task} ${shape} ${pods}\n`);
    yield run(measurement);
  }
  yield growth(figures);
}
