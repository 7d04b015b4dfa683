import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";

/** The operator as a user starts it: a process of its own that knows nothing but a kubeconfig. */
export interface OperatorProcess {
  /** Where health is served. */
  readonly health: string;
  /** How it calls itself, besides its version: the API server writes it down with every request. */
  readonly identity: string;
  /** The id of the process, for those who want to know how much memory it takes. */
  readonly pid: number;
  /** What it has logged so far. */
  lines(): readonly LogLine[];
  /** Asks it to end, as Kubernetes does, and gives the code it ends with. */
  stop(): Promise<number | null>;
  /** Ends it as a broken node does. */
  kill(): Promise<void>;
  /** Resolves with the code it ends with, whyever it does. */
  readonly ended: Promise<number | null>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly time: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly error?: string;
  readonly reason?: string;
  /** How often in a row. */
  readonly failures?: number;
}

export interface Settings {
  readonly flags?: readonly string[];
  /** What Node is told; without it, it takes a share of the machine. */
  readonly nodeOptions?: readonly string[];
  /** The program; by default the sources as they are. */
  readonly program?: string;
}

const main = join(import.meta.dirname, "../../src/operator/main.ts");

/** As in the shipped Deployment: what was compiled once is not compiled again. */
const compiled = join(import.meta.dirname, "../../node_modules/.cache/compile");

/** Ready when this returns: everything is known, and work has begun. */
export async function startOperator(
  kubeconfig: string,
  { flags = [], nodeOptions = [], program = main }: Settings = {},
): Promise<OperatorProcess> {
  const args = [program, "--kubeconfig", kubeconfig, "--health-address", "127.0.0.1:0", ...flags];
  // Neither the settings of the person who runs the tests nor those of the CI take part.
  const env = { PATH: process.env["PATH"] ?? "", KUBECONFIG: kubeconfig, NODE_COMPILE_CACHE: compiled };
  const child = spawn(process.execPath, [...nodeOptions, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  endWithUs(child, ended);
  const output = recorded(child);
  try {
    const { health, identity } = await ready(child, output);
    return { health, identity, pid: child.pid ?? 0, lines: output.lines, ...endings(child, ended) };
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`the operator did not become ready: ${output.text()}`, { cause: error });
  }
}

type Endings = Pick<OperatorProcess, "stop" | "kill" | "ended">;

function endings(child: ChildProcess, ended: Promise<unknown>): Endings {
  return {
    ended: ended.then(() => child.exitCode),
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

interface Output {
  text(): string;
  lines(): readonly LogLine[];
}

/** Whatever is not a line of the log, such as a warning of Node on standard error, is told as one. */
function recorded(child: ChildProcess): Output {
  let [log, errors] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const strays = (): readonly LogLine[] =>
    errors === "" ? [] : [{ level: "error", msg: "written to standard error", time: "", error: errors }];
  return {
    text: () => `${log}${errors}`,
    lines: () => [
      ...log
        .split("\n")
        // The last piece is empty, or a line that is still being written.
        .slice(0, -1)
        .map((line) => believe<LogLine>(line)),
      ...strays(),
    ],
  };
}

async function ready(
  child: ChildProcess,
  { lines }: Output,
): Promise<Pick<OperatorProcess, "health" | "identity">> {
  const started = await eventually(() => lines().find(isStart) ?? child.exitCode !== null, {
    what: "the operator to start",
  });
  if (started === true) throw new Error(`it ended with ${child.exitCode}`);
  const { health: port, identity } = started;
  const health = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${health}/readyz`)).ok, {
    what: "the operator to be ready",
    timeoutMs: 60_000,
  });
  return { health, identity };
}

function isStart(line: LogLine): line is LogLine & { readonly health: number; readonly identity: string } {
  return line.msg === "starting" && "health" in line && "identity" in line;
}

/** A shell that ends the operator when we are gone without having done so, however that happened. */
function endWithUs(child: ChildProcess, ended: Promise<unknown>): void {
  const script = 'read -r word; [ "$word" = ended ] || kill -KILL "$0"';
  const stdio = ["pipe", "ignore", "ignore"] as const;
  const shell = spawn("/bin/sh", ["-c", script, String(child.pid)], { detached: true, stdio: [...stdio] });
  shell.unref();
  shell.stdin?.on("error", () => undefined);
  void ended.then(() => shell.stdin?.end("ended\n"));
}
