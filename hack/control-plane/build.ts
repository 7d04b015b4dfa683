import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { buildFlags, cacheFolder, type Environment, isCommitted } from "./cache.ts";
import { kubernetesModule } from "./kubernetes-module.ts";
import { isObtainable, plan, type Plan, remedy } from "./plan.ts";
import type { Binaries, Program, Source } from "./programs.ts";

/** The programs of a control plane: found, or built once with Go. Says what it does on stderr, for it takes minutes. */
export async function obtain(environment: Environment): Promise<Binaries> {
  const found = plan(environment);
  if (!isObtainable(found)) throw new Error(remedy(found.missing));
  const built: Partial<Record<Program, string>> = {};
  const run = goCommand(found, environment);
  for (const [index, { program, source }] of found.toBuild.entries()) {
    const title = `${program} ${source.version} (${index + 1} of ${found.toBuild.length})`;
    built[program] = await build(program, source, { title, folder: cacheFolder(source, environment), run });
  }
  return complete({ ...found.present, ...built });
}

function complete(files: Readonly<Partial<Record<Program, string>>>): Binaries {
  const { etcd, kubectl, "kube-apiserver": server, ...rest } = files;
  if (etcd === undefined || kubectl === undefined || server === undefined) {
    throw new Error("a control plane needs etcd, kube-apiserver and kubectl");
  }
  return { etcd, kubectl, "kube-apiserver": server, ...rest };
}

interface Job {
  readonly title: string;
  /** Where the program shall lie in the end. */
  readonly folder: string;
  readonly run: GoCommand;
}

/** Builds beside the final place and renames, so nobody ever runs half a program; two at once only waste time. */
async function build(program: Program, source: Source, { title, folder, run }: Job): Promise<string> {
  const partial = join(folder, `.${program}.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const seconds = await progress(title, async () => {
      const module = isCommitted(source) ? source.folder : await otherVersion(source, folder, run);
      const stamp = ["-s", "-w", ...source.stamp.map((variable) => `-X ${variable}`)].join(" ");
      await run(
        module,
        "build",
        ...buildFlags,
        "-ldflags",
        stamp,
        "-o",
        partial,
        source.packages[program] ?? program,
      );
    });
    renameSync(partial, join(folder, program));
    say(`built ${title} in ${seconds} s, ${Math.round(statSync(join(folder, program)).size / 1e6)} MB`);
  } finally {
    rmSync(partial, { force: true });
  }
  return join(folder, program);
}

/** The module of a Kubernetes version whose go.sum we do not commit: written once, beside its programs. */
async function otherVersion(source: Source, folder: string, run: GoCommand): Promise<string> {
  const module = join(folder, "module");
  if (existsSync(join(module, "go.sum"))) return module;

  mkdirSync(module, { recursive: true });
  const download = await run(module, "mod", "download", "-json", `k8s.io/kubernetes@v${source.version}`);
  const upstream = download.match(/"GoMod": "(.*)"/)?.[1];
  if (upstream === undefined)
    throw new Error(`go mod download of Kubernetes ${source.version} names no go.mod`);
  writeFileSync(join(module, "go.mod"), kubernetesModule(source.version, readFileSync(upstream, "utf8")));
  copyFileSync(join(source.folder, "tools.go"), join(module, "tools.go"));
  await run(module, "mod", "tidy");
  return module;
}

/** Runs `go` in a folder and gives its stdout; its last words become the error. */
type GoCommand = (folder: string, ...args: readonly string[]) => Promise<string>;

function goCommand({ go, missing }: Plan, environment: Environment): GoCommand {
  // Static programs run on any machine of the same kind; a go.work above the checkout must not meddle.
  const env = { ...environment, CGO_ENABLED: "0", GOWORK: "off" };
  return async (folder, ...args) => {
    if (go === undefined) throw new Error(remedy(missing));
    const child = spawn(go, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    if (code === 0) return stdout;
    const words = stderr.trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`go ${args.slice(0, 2).join(" ")} ended with ${String(code)} in ${folder}:\n${words}`);
  };
}

/** Tells every ten seconds that something is still being done; gives the seconds it took. */
async function progress(title: string, work: () => Promise<void>): Promise<number> {
  const start = Date.now();
  const elapsed = () => Math.round((Date.now() - start) / 1000);
  say(`building ${title}`);
  const timer = setInterval(() => say(`building ${title}: ${elapsed()} s`), 10_000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return elapsed();
}

function say(line: string): void {
  process.stderr.write(`control plane: ${line}\n`);
}

/** Run by hand or by CI before the tests: prints where each program lies. */
if (import.meta.main) {
  try {
    process.stdout.write(`${JSON.stringify(await obtain(process.env), null, 2)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
