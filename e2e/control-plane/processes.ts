import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The programs of one control plane, which live and die together with their folder. */
export interface Processes {
  start(name: string, binary: string, args: readonly string[]): void;
  /** Throws, with the end of its log, when a program has ended without being told to. */
  check(): void;
  /** Ends all in the reverse order of their start, and removes the folder. */
  stop(): Promise<void>;
}

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly log: string;
  readonly ended: Promise<void>;
}

export interface Manners {
  /** How long a program may take to end. Its state is thrown away, so being short loses nothing. */
  readonly graceMs?: number;
  /** Where it is said that a program ended by itself. */
  readonly tell?: (line: string) => void;
}

export function processes(folder: string, { graceMs = 3_000, tell = say }: Manners = {}): Processes {
  const started: Running[] = [];
  const reaper = startReaper(folder);
  let stopping: Promise<void> | undefined;

  return {
    start(name, binary, args) {
      const running = run(name, binary, args, folder);
      started.push(running);
      reaper.watch(running.child.pid);
      void running.ended.then(() => stopping ?? tell(lastWords(running)));
    },
    check() {
      const dead = started.find(({ child }) => hasEnded(child));
      if (dead !== undefined) throw new Error(lastWords(dead));
    },
    stop() {
      stopping ??= end(started.toReversed(), graceMs).then(() => remove(folder, reaper));
      return stopping;
    },
  };
}

async function end(running: readonly Running[], graceMs: number): Promise<void> {
  for (const { child, ended } of running) {
    if (hasEnded(child)) continue;
    child.kill("SIGTERM");
    const late = new AbortController();
    await Promise.race([ended, delay(graceMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    if (!hasEnded(child)) child.kill("SIGKILL");
    await ended;
  }
}

async function remove(folder: string, reaper: Reaper): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  reaper.dismiss();
}

/** In a process group of its own, so that Ctrl-C reaches the test runner, which then ends them in order. */
function run(name: string, binary: string, args: readonly string[], folder: string): Running {
  const log = join(folder, `${name}.log`);
  const file = openSync(log, "a", 0o600);
  const child = spawn(binary, args, { cwd: folder, detached: true, stdio: ["ignore", file, file] });
  closeSync(file);
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return { name, child, log, ended };
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function say(line: string): void {
  process.stderr.write(`control plane: ${line}
`);
}

function lastWords({ name, child, log }: Running): string {
  const end = readFileSync(log, "utf8").trimEnd().split("\n").slice(-10).join("\n");
  return `${name} ended by itself (${child.signalCode ?? child.exitCode ?? "could not be started"}); its log ends:\n${end}`;
}

interface Reaper {
  watch(pid: number | undefined): void;
  dismiss(): void;
}

/**
 * A shell that reads from us the ids of what we start. When its input ends before it is dismissed, we are gone, however
 * that happened (even by SIGKILL, where no handler of ours could run): it ends the programs and removes their folder.
 */
function startReaper(folder: string): Reaper {
  const script = `while read -r word; do
    if [ "$word" = dismissed ]; then exit 0; fi
    pids="$pids $word"
  done
  kill -KILL $pids; rm -rf "$0"`;
  const shell = spawn("/bin/sh", ["-c", script, folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  const tell = (word: string) => void shell.stdin.write(`${word}\n`);
  return {
    watch: (pid) => pid !== undefined && tell(String(pid)),
    dismiss: () => {
      tell("dismissed");
      shell.stdin.end();
    },
  };
}
