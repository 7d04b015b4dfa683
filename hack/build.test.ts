import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
// Far from the sources and from node_modules, as in an image.
const DIST = mkdtempSync(join(tmpdir(), "serviceaccess-dist-"));

async function node(...args: readonly string[]): Promise<string> {
  return (await execute(process.execPath, args, { cwd: tmpdir() })).stdout;
}

beforeAll(() => node(join(ROOT, "hack/build.ts"), DIST), 60_000);
afterAll(() => rmSync(DIST, { recursive: true }));

test("the bundled command line renders what the sources render", async () => {
  const render = ["render", "-f", join(ROOT, "config/samples/abcdesktop")];
  const rendered = await node(join(DIST, "serviceaccess.mjs"), ...render);
  expect(rendered).toContain("name: memcached-rights");
  expect(rendered).toBe(await node(join(ROOT, "src/cli/main.ts"), ...render));
});

test("the bundled operator starts and says its version", async () => {
  expect(await node(join(DIST, "operator.cjs"), "--version")).toContain("0.1.0");
});
