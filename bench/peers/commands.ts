import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { median } from "../figures.ts";
import type { Peer } from "./build.ts";
import type { Probe } from "./files.ts";

/** A command line that is run in the folder of a written cluster. */
export interface Command {
  readonly title: string;
  readonly line: readonly [program: string, ...args: string[]];
}

export interface Measured {
  readonly title: string;
  readonly seconds: number;
  /** At its largest; undefined where there is no GNU time to tell. */
  readonly megabytes: number | undefined;
  /** The file with what the last run wrote. */
  readonly output: string;
}

const ROOT = join(import.meta.dirname, "..", "..");

/** From the sources, as the README says, and as the one file that is shipped, which is made anew in the folder. */
export function ourCommands(folder: string): readonly Command[] {
  const args = ["matrix", "-f", "k8s", "-o", "csv"];
  execFileSync(process.execPath, [join(ROOT, "hack", "build.ts"), join(folder, "dist")], { stdio: "ignore" });
  const bundle = join(folder, "dist", "serviceaccess.mjs");
  return [
    { title: "serviceaccess", line: [join(ROOT, "hack", "serviceaccess"), ...args] },
    { title: "serviceaccess, bundle", line: [process.execPath, bundle, ...args] },
  ];
}

/** The complete answer of each; cyclonus and kube-network-policies only have one for a single port. */
export function peerCommand(peer: Peer, program: string, { protocol, port }: Probe): Command["line"] {
  switch (peer) {
    case "netpol-analyzer":
      return [program, "list", "-q", "--dirpath", "k8s", "-o", "csv"];
    case "cyclonus":
    case "policy-assistant":
      return [program, ...PROBE_MODE];
    case "kube-network-policies":
      return [program, "-dir", "k8s", "-count", "-probe", `${protocol}/${port}`];
  }
}

const PROBE_MODE = "analyze --mode probe --policy-path k8s/policies --probe-path probe.json".split(" ");

/** The middle one of some runs; a slow tool is run once. */
export function measure({ title, line }: Command, folder: string, runs: number): Measured {
  const output = join(folder, `${title}.txt`);
  const each = Array.from({ length: runs }, () => once(line, folder, output));
  const megabytes = each.at(-1)?.megabytes;
  return { title, seconds: median(each.map(({ seconds }) => seconds)), megabytes, output };
}

const GNU_TIME = "/usr/bin/time";

function once(line: Command["line"], cwd: string, output: string): Pick<Measured, "seconds" | "megabytes"> {
  const file = openSync(output, "w");
  const [program, ...args] = existsSync(GNU_TIME) ? [GNU_TIME, "-f", "peak %M", ...line] : line;
  const start = performance.now();
  const { status, stderr, error } = spawnSync(program, args, {
    cwd,
    stdio: ["ignore", file, "pipe"],
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  const seconds = (performance.now() - start) / 1000;
  closeSync(file);
  if (status !== 0) throw new Error(`${line.join(" ")}: ${error?.message ?? stderr}`);
  const kilobytes = /peak (\d+)/.exec(stderr)?.[1];
  return { seconds, megabytes: kilobytes === undefined ? undefined : Number(kilobytes) / 1024 };
}
