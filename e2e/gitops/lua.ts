import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import { plan } from "../../hack/control-plane/plan.ts";
import { believe } from "../control-plane/believe.ts";
import { chunk } from "./lua-chunk.ts";

/** What a health check says of an object. */
export interface Health {
  readonly status: string;
  readonly message: string;
}

export interface Interpreter {
  readonly name: string;
  /** What the script returns for each object; a script that fails says so in place of a status. */
  read(script: string, objects: readonly object[]): readonly Health[];
}

/**
 * The interpreter of Argo CD, built once with Go and kept, and Debian's where it is installed. Neither has the standard
 * libraries that Argo CD leaves out.
 */
export function interpreters(): readonly Interpreter[] {
  const { go } = plan(process.env);
  const file = built();
  if (go === undefined && !existsSync(file)) return debian();
  return [{ name: "gopher-lua", read: (...asked) => readTogether(obtain(go, file), ...asked) }, ...debian()];
}

const sources = join(import.meta.dirname, "../../hack/health-lua");
const flags = ["build", "-trimpath", "-o"];

/** Another file as soon as the program or what it is pinned to changes. */
function built(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(readFileSync(join(sources, file)));
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "serviceaccess", `health-lua-${hash.digest("hex").slice(0, 12)}`);
}

function obtain(go: string | undefined, file: string): string {
  if (go === undefined || existsSync(file)) return file;
  mkdirSync(join(file, ".."), { recursive: true });
  const partial = `${file}.${process.pid}`;
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };
  const { status, stderr } = spawnSync(go, [...flags, partial, "."], { cwd: sources, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`go build in ${sources}: ${stderr}`);
  renameSync(partial, file);
  return file;
}

interface Answer {
  readonly status?: string;
  readonly message?: string;
  readonly error?: string;
}

function readTogether(program: string, script: string, objects: readonly object[]): readonly Health[] {
  const answers = believe<readonly Answer[]>(run(program, [], JSON.stringify({ script, objects })));
  return answers.map(({ status, message, error }) => health(status ?? `error: ${error ?? ""}`, message));
}

function debian(): readonly Interpreter[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const program = folders.map((folder) => join(folder, "lua5.1")).find((file) => existsSync(file));
  if (program === undefined) return [];
  const one = (script: string, object: object): Health => {
    const [status = "", ...message] = run(program, ["-"], chunk(script, object)).split("\n");
    return health(status, message.join("\n"));
  };
  return [{ name: program, read: (script, objects) => objects.map((object) => one(script, object)) }];
}

function health(status: string, message = ""): Health {
  return { status, message };
}

function run(program: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}
