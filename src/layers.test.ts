import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** model <- core <- generator <- manifest <- reconciler <- kube <- operator */
const PURE = ["model", "core", "generator", "manifest", "reconciler"];

/** What each folder may import: other folders, single files, packages. What is only for tests is in no list. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  core: PURE.slice(0, 1),
  generator: PURE.slice(0, 2),
  manifest: [...PURE.slice(0, 3), "js-yaml", "ajv", "@marcbachmann/cel-js"],
  reconciler: PURE.slice(0, 4),
  kube: [...PURE, "@kubernetes/client-node", "undici", "node:"],
  operator: [...PURE, "kube", "pino", "node:"],
  "operator/framework.ts": ["@dot-i/k8s-operator", "@kubernetes/client-node"],
  "index.ts": PURE,
  cli: [...PURE, "kube/live.ts", "../package.json", "commander", "js-yaml", "node:"],
};

interface Import {
  readonly by: string;
  /** A path below src, or a package. */
  readonly of: string;
}

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing/"));
const imports = files.flatMap(importsOf);

test("nothing is imported against the arrows", () => {
  const wrong = imports.filter((one) => !isAllowed(one));
  expect(wrong.map(({ by, of }) => `${by} imports ${of}`)).toEqual([]);
});

test.each(Object.keys(MAY_IMPORT))("src/%s was looked at", (part) => {
  expect(imports.filter(({ by }) => covers(part, by)).length).toBeGreaterThan(0);
});

test("a folder that nobody wrote rules for is not let through", () => {
  expect(isAllowed({ by: "new/file.ts", of: "model/key.ts" })).toBe(false);
});

function isAllowed({ by, of }: Import): boolean {
  return Object.entries(MAY_IMPORT)
    .filter(([part]) => covers(part, by))
    .some(([part, allowed]) => [part, ...allowed].some((one) => covers(one, of)));
}

/** `core` covers what lies in it, `core/ports.ts` and `ajv` themselves, `node:` every built-in module. */
function covers(part: string, path: string): boolean {
  return path === part || path.startsWith(part.endsWith(":") ? part : `${part}/`);
}

function importsOf(by: string): readonly Import[] {
  const text = readFileSync(join(import.meta.dirname, by), "utf8");
  const found = text.matchAll(/^(?:import|export)\s(?:[^;"]*\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return Array.from(found, ([, fixed, dynamic]) => fixed ?? dynamic ?? "").map((specifier) => ({
    by,
    of: specifier.startsWith(".") ? normalize(join(dirname(by), specifier)) : specifier,
  }));
}
