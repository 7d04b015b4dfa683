import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { messageOf } from "./api-error.ts";

export interface KubeConfigOptions {
  /** A kubeconfig file; absent: KUBECONFIG, then ~/.kube/config, then the Pod's own ServiceAccount. */
  readonly kubeconfig?: string | undefined;
  /** Absent: the kubeconfig's current context. */
  readonly context?: string | undefined;
}

/** Where the cluster is and who we are there. Throws an error that says what to do when nothing says so. */
export function loadKubeConfig(options: KubeConfigOptions = {}): KubeConfig {
  const config = new KubeConfig();
  load(config, options.kubeconfig);
  if (options.context !== undefined) choose(config, options.context);
  if (config.getCurrentCluster() === null) throw new Error(noCluster(config));
  return config;
}

function load(config: KubeConfig, file: string | undefined): void {
  const source = file ?? process.env["KUBECONFIG"] ?? "the default kubeconfig";
  if (file !== undefined && !existsSync(file)) throw new Error(`no such kubeconfig: ${file}`);
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new Error(`cannot read ${source}: ${messageOf(error)}`, { cause: error });
  }
  if (file === undefined && isGuess(config)) {
    throw new Error("no cluster: set KUBECONFIG, give --kubeconfig, or run inside a cluster");
  }
}

/** What the library makes up when it finds neither a file nor a ServiceAccount. */
function isGuess(config: KubeConfig): boolean {
  return config.getCurrentContext() === "loaded-context";
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    throw new Error(`no context "${context}"; there are: ${contextNames(config)}`);
  }
  config.setCurrentContext(context);
}

function noCluster(config: KubeConfig): string {
  const context = config.getCurrentContext();
  return context === undefined || context === ""
    ? `the kubeconfig names no current context; give --context: ${contextNames(config)}`
    : `the kubeconfig's context "${context}" leads to no cluster`;
}

function contextNames(config: KubeConfig): string {
  const names = config.getContexts().map(({ name }) => name);
  return names.length === 0 ? "(none)" : names.join(", ");
}
