import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The analysers that we are held against, in the versions that can be had. */
export type Peer = "netpol-analyzer" | "cyclonus" | "kube-network-policies" | "policy-assistant";

interface Recipe {
  readonly peer: Peer;
  readonly version: string;
  readonly program: string;
  /** A module of the Go proxy and the package to build in it, or a folder of ours; undefined where neither has it. */
  readonly source:
    | { readonly module: string; readonly command: string }
    | { readonly folder: string }
    | undefined;
}

const RECIPES: readonly Recipe[] = [
  {
    peer: "netpol-analyzer",
    version: "v1.4.4",
    program: "netpolicy",
    source: { module: "github.com/np-guard/netpol-analyzer", command: "./cmd/netpolicy" },
  },
  {
    peer: "cyclonus",
    version: "v0.5.6",
    program: "cyclonus",
    source: { module: "github.com/mattfenwick/cyclonus", command: "./cmd/cyclonus" },
  },
  {
    peer: "kube-network-policies",
    version: "v1.1.1",
    program: "packet-oracle",
    source: { folder: join(import.meta.dirname, "packet-oracle") },
  },
  { peer: "policy-assistant", version: "main", program: "policy-assistant", source: undefined },
];

/**
 * Where each peer's program lies: in the folder that PEERS_BIN names, in the cache, or built with Go, once. One that
 * cannot be had is said on stderr and left out.
 */
export function obtainPeers(environment: NodeJS.ProcessEnv): ReadonlyMap<Peer, string> {
  const found = new Map<Peer, string>();
  for (const recipe of RECIPES) {
    try {
      found.set(recipe.peer, given(recipe, environment) ?? built(recipe, environment));
    } catch (error) {
      say(`${recipe.peer} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

export function peerTitle(peer: Peer): string {
  return `${peer} ${RECIPES.find((recipe) => recipe.peer === peer)?.version.replace(/^v/, "") ?? ""}`;
}

function given({ program }: Recipe, environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment["PEERS_BIN"] ?? "";
  const file = join(folder, program);
  return folder !== "" && existsSync(file) ? file : undefined;
}

function built({ peer, version, program, source }: Recipe, environment: NodeJS.ProcessEnv): string {
  const cache = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "serviceaccess", "peers", `${peer}-${version}`);
  const file = join(folder, program);
  if (existsSync(file)) return file;
  if (source === undefined) {
    throw new Error(
      `it is no Go module; build ${program} from its repository and name its folder in PEERS_BIN`,
    );
  }
  say(`building ${peer} ${version} with Go, one to three minutes, once`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, ".build-"));
  try {
    cpSync("folder" in source ? source.folder : download(`${source.module}@${version}`), work, {
      recursive: true,
    });
    // Modules lie read-only in Go's cache, and so does the copy.
    spawnSync("chmod", ["-R", "u+w", work]);
    go(work, "build", "-o", join(work, `${program}.built`), "command" in source ? source.command : ".");
    renameSync(join(work, `${program}.built`), file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

function download(module: string): string {
  const folder = go(homedir(), "mod", "download", "-json", module).match(/"Dir": "(.*)"/)?.[1];
  if (folder === undefined) throw new Error(`go mod download ${module} names no folder`);
  return folder;
}

const GO = "go";

/** Runs `go` and gives its stdout. */
function go(cwd: string, ...args: readonly string[]): string {
  const path = [process.env["PATH"] ?? "", "/usr/local/go/bin"].join(delimiter);
  const env = {
    ...process.env,
    PATH: path,
    CGO_ENABLED: "0",
    GOWORK: "off",
    GOFLAGS: "-mod=mod -buildvcs=false",
  };
  const { status, stdout, stderr, error } = spawnSync(GO, args, { cwd, env, encoding: "utf8" });
  if (error !== undefined) throw new Error(`there is no Go to build it: ${error.message}`);
  if (status !== 0) throw new Error(stderr.trimEnd().split("\n").slice(-5).join("\n"));
  return stdout;
}

function say(line: string): void {
  process.stderr.write(`peers: ${line}\n`);
}

if (import.meta.main) {
  for (const [peer, file] of obtainPeers(process.env)) process.stdout.write(`${peerTitle(peer)}: ${file}\n`);
}
