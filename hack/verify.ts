/**
 * The gate: `verify.ts test [ARGUMENT…]` runs every static check and the quick test projects, `verify.ts e2e` the long
 * one. Arguments go to vitest. Everything runs, whatever failed before it; the last line counts it all.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Counts, ended, NOTHING, readCounts, strict, sum } from "./counts.ts";

interface Check {
  readonly name: string;
  readonly command: readonly [file: string, ...args: string[]];
}

interface Gate {
  readonly checks: readonly Check[];
  /** Run side by side, for one computes and another waits for servers; the last one is shown as it goes. */
  readonly projects: readonly string[];
}

/** Whose output would be mixed with another's waits for its end. */
type Show = "as it comes" | "at the end" | "when it fails";

const CHECKS: readonly Check[] = [
  { name: "oxfmt", command: ["oxfmt/bin/oxfmt", "--check"] },
  { name: "oxlint", command: ["oxlint/bin/oxlint"] },
  { name: "tsc", command: ["typescript/bin/tsc", "--noEmit"] },
  { name: "knip", command: ["knip/bin/knip.js"] },
];

const GATES: ReadonlyMap<string | undefined, Gate> = new Map([
  ["test", { checks: CHECKS, projects: ["unit", "api"] }],
  ["e2e", { checks: [], projects: ["long"] }],
]);

const ROOT = join(import.meta.dirname, "..");
const COUNTS = join(ROOT, ".cache", "verify");

const [name, ...args] = process.argv.slice(2);
const gate = GATES.get(name);
if (gate === undefined) throw new Error(`verify.ts test or verify.ts e2e, not ${String(name)}`);
process.exitCode = await verify(gate, args);

async function verify(gate: Gate, vitestArguments: readonly string[]): Promise<number> {
  const steps: Counts[] = [];
  for (const check of gate.checks) steps.push(await timed(check.name, () => runCheck(check)));
  const projects = gate.projects.map((project, i) => {
    const show = i === gate.projects.length - 1 ? "as it comes" : "at the end";
    return timed(`vitest ${project}`, () => runProject(project, vitestArguments, show));
  });
  steps.push(...(await Promise.all(projects)));
  const counted = sum(steps);
  if (counted.skipped > 0) console.log(`\n${counted.skipped} skipped: see above what and why`);
  const total = process.env["REQUIRE_CONTROL_PLANE"] === "1" ? strict(counted) : counted;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

async function timed(heading: string, step: () => Promise<Counts>): Promise<Counts> {
  console.log(`== ${heading}`);
  const started = performance.now();
  const counts = await step();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`   ${heading}: ${counts.failed === 0 ? "ok" : "FAILED"}, ${seconds} s`);
  return counts;
}

/** A check is silent unless it fails. */
async function runCheck({ command: [file, ...args] }: Check): Promise<Counts> {
  const { exitCode, output } = await run(file, args, "when it fails");
  if (exitCode !== 0) console.log(output);
  return ended(NOTHING, exitCode);
}

async function runProject(project: string, args: readonly string[], show: Show): Promise<Counts> {
  const file = join(COUNTS, project);
  mkdirSync(COUNTS, { recursive: true });
  rmSync(file, { force: true });
  const reporters = ["--reporter=default", "--reporter=./hack/count-reporter.ts"];
  // A narrowed run may leave a project without tests; a full one may not.
  const narrowed = args.length > 0 ? ["--passWithNoTests", ...args] : [];
  const command = ["run", "--project", project, ...reporters, ...narrowed];
  const { exitCode, output } = await run("vitest/vitest.mjs", command, show, { VERIFY_COUNTS: file });
  if (show === "at the end") console.log(output);
  return ended(existsSync(file) ? readCounts(readFileSync(file, "utf8")) : NOTHING, exitCode);
}

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a package's script with this Node; a signal to us is passed on, so that nothing stays behind. */
function run(
  file: string,
  args: readonly string[],
  show: Show,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "node_modules", file), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: show === "as it comes" ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    const stop = (): boolean => child.kill("SIGTERM");
    process.once("SIGTERM", stop);
    let output = "";
    child.stdout?.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr?.on("data", (text: Buffer) => (output += text.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGTERM", stop);
      resolve({ exitCode: code ?? 1, output });
    });
  });
}
