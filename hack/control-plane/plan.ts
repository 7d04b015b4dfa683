import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

import { cached, type Environment } from "./cache.ts";
import { defaultKubernetes, type Program, required, type Source, sources } from "./programs.ts";

/** How the control plane will be had: what is there, what must be built with Go, and what cannot be had here. */
export interface Plan {
  readonly kubernetes: string;
  readonly present: Readonly<Partial<Record<Program, string>>>;
  readonly toBuild: readonly { readonly program: Program; readonly source: Source }[];
  readonly missing: readonly Program[];
  /** The `go` command, if there is one. */
  readonly go: string | undefined;
}

/** Looks in KUBEBUILDER_ASSETS, then in the cache; what is in neither is built where there is Go. */
export function plan(environment: Environment): Plan {
  const assets = assetsFolder(environment);
  const kubernetes = kubernetesVersion(assets, environment);
  const go = findGo(environment);
  const present: Partial<Record<Program, string>> = {};
  const absent: { program: Program; source: Source }[] = [];
  for (const { program, source } of wanted(kubernetes)) {
    const file = inAssets(assets, program) ?? cached(source, program, environment);
    if (file === undefined) absent.push({ program, source });
    else present[program] = file;
  }
  return {
    kubernetes,
    present,
    toBuild: go === undefined ? [] : absent,
    missing: go === undefined ? absent.map(({ program }) => program) : [],
    go,
  };
}

/** Whether a control plane comes out of this plan at all, perhaps without controllers and pods. */
export function isObtainable(plan: Plan): boolean {
  return required.every((program) => !plan.missing.includes(program));
}

/** What a person has to do to have what is missing. */
export function remedy(missing: readonly Program[]): string {
  const lines = [
    `There is no ${missing.join(", no ")}, and no Go to build them.`,
    "Install Go 1.26 or later and run this again: it builds them once, in five to eight minutes, and keeps them in",
    "~/.cache/serviceaccess.",
  ];
  if (required.some((program) => missing.includes(program))) {
    lines.push(
      "Or set KUBEBUILDER_ASSETS to the folder that `setup-envtest use --print path` names; it has all but",
    );
    lines.push("kube-controller-manager and kwok, and only the tests that need those are skipped then.");
  }
  return lines.join("\n");
}

function wanted(kubernetes: string): readonly { readonly program: Program; readonly source: Source }[] {
  return sources(kubernetes).flatMap((source) => programsOf(source).map((program) => ({ program, source })));
}

function programsOf(source: Source): readonly Program[] {
  const all: readonly Program[] = ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kwok"];
  return all.filter((program) => source.packages[program] !== undefined);
}

function assetsFolder(environment: Environment): string | undefined {
  const folder = environment["KUBEBUILDER_ASSETS"] || undefined;
  if (folder === undefined) return undefined;
  if (!existsSync(folder)) throw new Error(`KUBEBUILDER_ASSETS names ${folder}, which does not exist`);
  if (!statSync(folder).isDirectory())
    throw new Error(`KUBEBUILDER_ASSETS names ${folder}, which is not a folder`);
  return folder;
}

function inAssets(assets: string | undefined, program: Program): string | undefined {
  return assets !== undefined && isExecutable(join(assets, program)) ? join(assets, program) : undefined;
}

/** The controllers must speak the version of the API server, so the assets decide it where they bring one. */
function kubernetesVersion(assets: string | undefined, environment: Environment): string {
  const asked = askedVersion(environment);
  const server = inAssets(assets, "kube-apiserver");
  if (server === undefined) return asked ?? defaultKubernetes;
  const given = execFileSync(server, ["--version"], { encoding: "utf8" }).match(/v(\d+\.\d+\.\d+)/)?.[1];
  if (given === undefined) throw new Error(`${server} --version does not print a version`);
  if (asked !== undefined && asked !== given) {
    throw new Error(
      `KUBEBUILDER_ASSETS holds Kubernetes ${given}, but SERVICEACCESS_KUBERNETES asks for ${asked}`,
    );
  }
  return given;
}

function askedVersion(environment: Environment): string | undefined {
  const asked = environment["SERVICEACCESS_KUBERNETES"] || undefined;
  if (asked === undefined) return undefined;
  if (!/^1\.\d+\.\d+$/.test(asked)) {
    throw new Error(`SERVICEACCESS_KUBERNETES is "${asked}"; it must be a version like ${defaultKubernetes}`);
  }
  return asked;
}

/** Go's own installer does not put itself on the PATH, so its usual place counts as well. */
function findGo(environment: Environment): string | undefined {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  folders.push(join(environment["GOROOT"] || "/usr/local/go", "bin"));
  return folders.map((folder) => join(folder, "go")).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
