import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

import type { Settings } from "./process.ts";

const root = join(import.meta.dirname, "../..");

/** The bundle, with the options of the shipped Deployment, for the tests of a file: sources take memory to be compiled. */
export function shipped(): Settings {
  const folder = mkdtempSync(join(tmpdir(), "serviceaccess-bundle-"));
  execFileSync(process.execPath, [join(root, "hack/build.ts"), folder]);
  afterAll(() => rmSync(folder, { recursive: true }));
  const deployment = readFileSync(join(root, "config/manager/deployment.yaml"), "utf8");
  const [, options] = /name: NODE_OPTIONS\s+value: (.*)/.exec(deployment) ?? [];
  if (options === undefined) throw new Error("the Deployment has no NODE_OPTIONS");
  return { program: join(folder, "operator.cjs"), nodeOptions: options.split(" ") };
}
