import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";

const WRAPPER = join(import.meta.dirname, "../../hack/serviceaccess");
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "serviceaccess-"));
  writeFileSync(join(directory, "shop.yaml"), `${SHOP}---\n${DB_ACCESS}`);
  symlinkSync(WRAPPER, join(directory, "first-link"));
  symlinkSync("first-link", join(directory, "kubectl-service_access"));
});

afterAll(() => rmSync(directory, { recursive: true }));

test("the wrapper works through links from any directory, and hands the exit code on", () => {
  const line = ["check", "-f", "shop.yaml", "shop/stranger", "shop/StatefulSet/db:5432"];
  const denied = spawnSync(join(directory, "kubectl-service_access"), line, {
    cwd: directory,
    encoding: "utf8",
  });
  expect(denied.stderr).toBe("");
  expect(denied.stdout).toMatch(/^Denied: shop\/stranger/);
  expect(denied.status).toBe(1);
});

test("stdin is read to its end", () => {
  const result = spawnSync(WRAPPER, ["render", "-f", "-", "-o", "json"], {
    input: `${SHOP}---\n${DB_ACCESS}`,
    encoding: "utf8",
  });
  expect(JSON.parse(result.stdout)).toMatchObject({ kind: "List" });
});

test("a reader that goes away early ends nothing but the output", async () => {
  const child = spawn(WRAPPER, [
    "check",
    "-f",
    join(directory, "shop.yaml"),
    "shop/stranger",
    "shop/StatefulSet/db:5432",
  ]);
  child.stdout.destroy();
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, Buffer.concat(errors).toString()]).toEqual([1, ""]);
});
