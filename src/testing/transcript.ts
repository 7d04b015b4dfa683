import { readFile } from "node:fs/promises";
import type { Io, Sink } from "../cli/io.ts";
import { run } from "../cli/run.ts";

export interface Setting {
  /** The files there are, by path; only the CRD is read from disk. */
  readonly files?: Readonly<Record<string, string>>;
  /** Other names for these files, as links give them. */
  readonly links?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs a command line, written as in a shell without quotes, in a world of its own. */
export async function serviceaccess(line: string, setting: Setting = {}): Promise<Outcome> {
  const [stdout, stderr] = [recorder(setting), recorder(setting)];
  const io: Io = {
    stdout,
    stderr,
    env: setting.env ?? {},
    files: filesOf(setting.files ?? {}, setting.links ?? {}),
    readStdin: () => Promise.resolve(setting.stdin ?? ""),
  };
  const words = line.split(" ").filter((word) => word !== "");
  const code = await run(words, io, () => new Date("2026-01-02T03:04:05Z"));
  return { stdout: stdout.text(), stderr: stderr.text(), code };
}

/** What a terminal would show: both outputs, errors marked, and the exit code where it is not 0. */
export async function transcript(line: string, setting: Setting = {}): Promise<string> {
  const { stdout, stderr, code } = await serviceaccess(line, setting);
  const errors = stderr.replaceAll(/^(?=.)/gm, "! ");
  return `${stdout}${errors}${code === 0 ? "" : `exit ${code}\n`}`;
}

function recorder({ isTTY = false }: Setting): Sink & { text(): string } {
  const written: string[] = [];
  return {
    isTTY,
    write(text) {
      written.push(text);
      return Promise.resolve();
    },
    text: () => written.join(""),
  };
}

function filesOf(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>>,
): Io["files"] {
  const paths = [...Object.keys(files), ...Object.keys(links)];
  const real = (path: string): string => links[path] ?? path;
  return {
    kind(path) {
      if (paths.includes(path)) return Promise.resolve("file");
      return Promise.resolve(paths.some((known) => known.startsWith(`${path}/`)) ? "directory" : "missing");
    },
    list: (directory) => Promise.resolve(paths.filter((path) => path.startsWith(`${directory}/`)).toSorted()),
    read: async (path) => files[real(path)] ?? (await readFile(path, "utf8")),
    real: (path) => Promise.resolve(real(path)),
  };
}
