import { realpath, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** Everything a command may touch; tests bring their own. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly files: Files;
  readonly env: Readonly<Record<string, string | undefined>>;
  readStdin(): Promise<string>;
}

export interface Sink {
  readonly isTTY: boolean;
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
}

export interface Files {
  kind(path: string): Promise<"file" | "directory" | "missing">;
  /** The paths of all files below a directory, sorted; hidden ones are left out. */
  list(directory: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  /** The same for two ways to write one path. */
  real(path: string): Promise<string>;
}

export function processIo(): Io {
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    files: DISK,
    env: process.env,
    readStdin: () => text(process.stdin),
  };
}

/**
 * A reader that goes away, as `head` does, is no error of ours: what is left goes nowhere and the exit code still says
 * the verdict.
 */
function sinkOf(stream: NodeJS.WriteStream): Sink {
  let isOpen = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isOpen = false;
  });
  return {
    isTTY: stream.isTTY,
    write: (chunk) =>
      new Promise((resolve) => {
        if (!isOpen) resolve();
        else stream.write(chunk, () => resolve());
      }),
  };
}

const DISK: Files = {
  async kind(path) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return "missing";
    return found.isDirectory() ? "directory" : "file";
  },
  async list(directory) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(
        (path) =>
          !path
            .slice(directory.length)
            .split("/")
            .some((part) => part.startsWith(".")),
      )
      .toSorted();
  },
  async read(path) {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  },
  real: (path) => realpath(path).catch(() => path),
};
