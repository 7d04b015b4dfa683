import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { cacheFolder } from "./cache.ts";
import { isObtainable, plan } from "./plan.ts";
import { defaultKubernetes, sources } from "./programs.ts";

const folder = mkdtempSync(join(tmpdir(), "control-plane-plan-"));
afterAll(() => rmSync(folder, { recursive: true }));

const nothing = { PATH: "", XDG_CACHE_HOME: join(folder, "cache"), GOROOT: join(folder, "none") };
const envtest = { ...nothing, KUBEBUILDER_ASSETS: join(folder, "assets") };
const withGo = { ...nothing, PATH: join(folder, "bin") };

program("assets/etcd");
program("assets/kubectl");
program("assets/kube-apiserver", "#!/bin/sh\necho Kubernetes v1.34.9\n");
program("bin/go");

test("without assets, cache and Go nothing can be had", () => {
  expect(isObtainable(plan(nothing))).toBe(false);
  expect(plan(nothing)).toMatchObject({
    toBuild: [],
    missing: ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kwok"],
  });
});

test("envtest's assets alone give a control plane without controllers and pods", () => {
  expect(isObtainable(plan(envtest))).toBe(true);
  expect(plan(envtest)).toMatchObject({ toBuild: [], missing: ["kube-controller-manager", "kwok"] });
});

test("the controllers are built in the version of the API server that the assets bring", () => {
  const builds = plan({ ...envtest, ...withGo }).toBuild;
  expect(builds.map(({ program: name, source }) => `${name} ${source.version}`)).toEqual([
    "kube-controller-manager 1.34.9",
    "kwok 0.8.0",
  ]);
});

test("assets of another version than the one asked for are refused", () => {
  const asked = { ...envtest, SERVICEACCESS_KUBERNETES: "1.36.4" };
  expect(() => plan(asked)).toThrow("holds Kubernetes 1.34.9, but SERVICEACCESS_KUBERNETES asks for 1.36.4");
});

test("assets that do not exist are refused, even where everything could be built", () => {
  expect(() => plan({ ...withGo, KUBEBUILDER_ASSETS: "/nowhere" })).toThrow("/nowhere, which does not exist");
});

test("a Kubernetes version is three numbers", () => {
  expect(() => plan({ ...withGo, SERVICEACCESS_KUBERNETES: "1.36" })).toThrow('is "1.36"');
  expect(plan({ ...withGo, SERVICEACCESS_KUBERNETES: "1.36.4" }).kubernetes).toBe("1.36.4");
  expect(plan(withGo).kubernetes).toBe(defaultKubernetes);
});

test("what is in the cache is not built again", () => {
  const cache = { ...withGo, XDG_CACHE_HOME: join(folder, "warm") };
  for (const source of sources(defaultKubernetes)) {
    for (const name of Object.keys(source.packages)) program(join("warm", pathInCache(source, cache), name));
  }
  expect(plan(cache).toBuild).toEqual([]);
});

test("two Kubernetes versions share etcd and kwok and nothing else", () => {
  const other = sources("1.36.4").map((source) => cacheFolder(source, nothing));
  const shared = sources(defaultKubernetes)
    .filter((source) => other.includes(cacheFolder(source, nothing)))
    .map((source) => source.name);
  expect(shared).toEqual(["etcd", "kwok"]);
});

function pathInCache(source: ReturnType<typeof sources>[number], cache: { XDG_CACHE_HOME: string }): string {
  return cacheFolder(source, cache).slice(cache.XDG_CACHE_HOME.length);
}

function program(path: string, text = "#!/bin/sh\n"): void {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}
