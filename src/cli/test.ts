import { BadInput } from "./bad-input.ts";
import type { NetworkProfileOptions } from "./evaluation.ts";
import { type Input, type InputOptions, loadInput, loadLive } from "./input.ts";
import type { Io } from "./io.ts";
import { type Asking, askingOf, askingOn } from "./on-network.ts";
import { batched, painter } from "./output.ts";
import { progress } from "./progress.ts";
import { expandAll, sourceName } from "./sources.ts";
import { type AskingOn, networksAsked, type Question, questionsOf, readTests } from "./test-cases.ts";
import {
  type Counts,
  jsonReport,
  junitReport,
  type Report,
  type Result,
  textReport,
} from "./test-reports.ts";

export interface TestOptions extends InputOptions, NetworkProfileOptions {
  readonly output: "text" | "json" | "junit";
}

/** Holds the expectations of the files against the cluster. */
export async function test(io: Io, files: readonly string[], options: TestOptions): Promise<number> {
  const paths = await expandAll(io, files);
  const expectations = new Set(paths.map(sourceName));
  const manifests = await loadInput(io, {
    ...options,
    filename: [...paths, ...(options.filename ?? [])],
  });
  const tests = manifests.tests.filter(({ origin }) => expectations.has(origin.source));
  if (tests.length === 0) throw new BadInput([`${files.join(", ")}: no ReachabilityTest in there`]);
  const input =
    isEmpty(manifests) && options.filename === undefined
      ? await liveInput(io, manifests, options)
      : manifests;

  const read = readTests(tests);
  const questions = questionsOf(read, input, await askings(io, input, networksAsked(read), options));
  const counts = await write(io, questions, options.output);
  return counts.failed > 0 ? 1 : 0;
}

/** One network is put together once, whoever asks about it. */
async function askings(
  io: Io,
  input: Input,
  networks: readonly string[],
  options: TestOptions,
): Promise<AskingOn> {
  const onPods = await askingOf(io, input, options);
  const others = new Map<string, Asking | string>();
  for (const network of networks)
    others.set(network, await askingOn(io, input, onPods.world, network, options));
  return (network) => (network === undefined ? onPods : (others.get(network) ?? ""));
}

function isEmpty({ world }: Input): boolean {
  return [world.pods, world.workloads, world.policies, world.accesses, world.namespaces].every(
    (map) => map.size === 0,
  );
}

/** Expectations alone are about the cluster at hand; what is wrong with them is still told by their files. */
async function liveInput(io: Io, { describe }: Input, options: TestOptions): Promise<Input> {
  return { ...(await loadLive(io, options)), describe };
}

async function write(io: Io, questions: readonly Question[], output: TestOptions["output"]): Promise<Counts> {
  const out = batched(io.stdout);
  const report = reportFor(io, output, () => tally(questions.map(resultOf)));
  const sums = { passed: 0, failed: 0, asked: 0 };
  await out.write(report.begin(questions.length));
  const bar = progress(io.stderr, "cases", questions.length);
  for (const question of questions) {
    await bar.step();
    const result = resultOf(question);
    sums[result.outcome] += 1;
    await out.write(report.each(result));
  }
  await bar.end();
  await out.write(report.end(sums));
  await out.flush();
  return sums;
}

/** JUnit wants the sums first, so it costs a second round. */
function reportFor(io: Io, output: TestOptions["output"], counts: () => Counts): Report {
  switch (output) {
    case "json":
      return jsonReport;
    case "junit":
      return junitReport(counts());
    case "text":
      return textReport(painter(io));
  }
}

function resultOf(question: Question): Result {
  const { expect } = question.asked;
  const answer = question.answer();
  if (expect === undefined) return { question, answer, outcome: "asked" };
  return { question, answer, outcome: answer.verdict === expect ? "passed" : "failed" };
}

function tally(results: readonly Result[]): Counts {
  const count = (outcome: Result["outcome"]): number =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed"), asked: count("asked") };
}
