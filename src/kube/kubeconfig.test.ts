import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadKubeConfig } from "./kubeconfig.ts";

test("a file that is given wins over KUBECONFIG, and KUBECONFIG over the home folder", () => {
  const given = kubeconfig("given");
  vi.stubEnv("KUBECONFIG", kubeconfig("environment"));
  expect(serverOf(loadKubeConfig({ kubeconfig: given }))).toBe("https://given:6443");
  expect(serverOf(loadKubeConfig())).toBe("https://environment:6443");
});

test("a context may be chosen", () => {
  expect(serverOf(loadKubeConfig({ kubeconfig: kubeconfig("a", "b"), context: "b" }))).toBe("https://b:6443");
});

test.each([
  ["a file that is not there", () => ({ kubeconfig: "/no/such/file" }), "no such kubeconfig: /no/such/file"],
  [
    "a context that is not there",
    () => ({ kubeconfig: kubeconfig("a", "b"), context: "c" }),
    'no context "c"; there are: a, b',
  ],
  [
    "a context without a cluster",
    () => ({ kubeconfig: written(dangling) }),
    `the kubeconfig's context "x" leads to no cluster`,
  ],
  [
    "a file without a current context",
    () => ({ kubeconfig: written(kubeconfigText(["a"]).replace(/current-context.*/, "")) }),
    "the kubeconfig names no current context; give --context: a",
  ],
  ["a file that is no kubeconfig", () => ({ kubeconfig: written("{") }), /^cannot read \/.*config: /],
])("%s is said in words", (_, options, message) => {
  expect(() => loadKubeConfig(options())).toThrow(message);
});

test("where nothing leads to a cluster, it is said what would", () => {
  vi.stubEnv("HOME", folder);
  vi.stubEnv("KUBECONFIG", undefined);
  expect(() => loadKubeConfig()).toThrow(
    "no cluster: set KUBECONFIG, give --kubeconfig, or run inside a cluster",
  );
});

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const dangling =
  "{apiVersion: v1, kind: Config, current-context: x, contexts: [{name: x, context: {cluster: gone}}]}";

function kubeconfig(...names: string[]): string {
  return written(kubeconfigText(names));
}

function kubeconfigText(names: readonly string[]): string {
  return [
    `current-context: ${names[0]}`,
    `clusters: [${names.map((name) => `{name: ${name}, cluster: {server: "https://${name}:6443"}}`).join(", ")}]`,
    `contexts: [${names.map((name) => `{name: ${name}, context: {cluster: ${name}, user: u}}`).join(", ")}]`,
    `users: [{name: u, user: {token: t}}]`,
  ].join("\n");
}

let count = 0;

function written(text: string): string {
  count += 1;
  const file = join(folder, `${count}.config`);
  writeFileSync(file, text);
  return file;
}

function serverOf(config: ReturnType<typeof loadKubeConfig>): string | undefined {
  return config.getCurrentCluster()?.server;
}
