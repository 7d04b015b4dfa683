import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the help is on standard output", async () => {
  const { code, out, err } = await operator("--help");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^The ServiceAccess operator/);
});

test("a mistake on the command line is told on standard error, and ends with 2", async () => {
  const { code, out, err } = await operator("--concurrency=0");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe('concurrency must be a whole number from 1 to 64, not "0"; --help says more\n');
});

test("what keeps the operator from starting is one line of its log, and ends with 1", async () => {
  const { code, out, err } = await operator("--kubeconfig=/no/such/file");
  expect([code, err]).toEqual([1, ""]);
  expect(JSON.parse(out)).toMatchObject({
    level: "error",
    msg: "cannot start",
    error: "no such kubeconfig: /no/such/file",
  });
});

function operator(...args: readonly string[]) {
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, out, err })),
  );
}
