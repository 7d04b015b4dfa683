import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("the example of the library's page runs as it stands there, and prints what it says", () => {
  const page = readFileSync(join(root, "docs/library.md"), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const args = ["--input-type=module", "--eval", example];
  const printed = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const promised = Array.from(example.matchAll(/\/\/ (.*)$/gm), ([, text]) => text);
  expect(promised.length).toBe(2);
  expect(printed.split("\n").slice(0, 2)).toEqual(promised);
  expect(printed).toMatch(/app=job|job-0/);
});
