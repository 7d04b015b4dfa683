import { messageOf } from "./message-of.ts";
import { BadInput } from "./bad-input.ts";
import type { Io } from "./io.ts";

/** A text of manifests and the name to call it by. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** The texts of what `-f` names. The same file counts once. */
export async function readSources(io: Io, names: readonly string[]): Promise<readonly Source[]> {
  const distinct = new Map<string, string>();
  for (const path of await expandAll(io, names)) {
    const real = path === STDIN ? STDIN : await io.files.real(path);
    if (!distinct.has(real)) distinct.set(real, path);
  }
  return await Promise.all([...distinct.values()].map((path) => read(io, path)));
}

/** Files, the manifests below directories, `-` for stdin: by the names that the sources will have. */
export async function expandAll(io: Io, names: readonly string[]): Promise<readonly string[]> {
  const paths = await Promise.all(names.map((name) => expand(io, name)));
  return paths.flat();
}

const STDIN = "-";

/** What a path is called in messages. */
export function sourceName(path: string): string {
  return path === STDIN ? "stdin" : path;
}

const MANIFEST = /\.(?:ya?ml|json)$/;

async function expand(io: Io, name: string): Promise<readonly string[]> {
  if (name === STDIN) return [STDIN];
  const kind = await io.files.kind(name);
  if (kind === "missing") throw new BadInput([`${name}: no such file or directory`]);
  if (kind === "file") return [name];
  const found = (await io.files.list(name)).filter((path) => MANIFEST.test(path));
  if (found.length === 0)
    throw new BadInput([`${name}: no manifests (*.yaml, *.yml, *.json) in this directory`]);
  return found;
}

async function read(io: Io, path: string): Promise<Source> {
  if (path === STDIN) return { name: sourceName(path), text: await io.readStdin() };
  try {
    return { name: path, text: await io.files.read(path) };
  } catch (error) {
    const isEncoding = error instanceof TypeError;
    throw new BadInput([
      `${path}: ${isEncoding ? "is not UTF-8 text" : `cannot be read: ${messageOf(error)}`}`,
    ]);
  }
}
