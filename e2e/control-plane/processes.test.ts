import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";

import { eventually } from "./eventually.ts";
import { processes } from "./processes.ts";

/** A folder for the programs to live in, and one beside it where they leave their ids. */
function folders(): { readonly home: string; readonly notes: string } {
  const notes = mkdtempSync(join(tmpdir(), "processes-notes-"));
  onTestFinished(() => rmSync(notes, { recursive: true }));
  return { home: mkdtempSync(join(tmpdir(), "processes-home-")), notes };
}

/** A shell program that leaves its id in a file and then does nothing. */
const idle = (notes: string, name: string, before = "") => [
  "-c",
  `${before} echo $$ > ${join(notes, name)}; while true; do sleep 0.1; done`,
];

async function pid(notes: string, name: string): Promise<number> {
  const read = () => Number(readFileSync(join(notes, name), "utf8"));
  return eventually(() => read() > 0 && read(), { what: `the id of ${name}` });
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

test("stop() ends the programs, last started first, and removes their folder", async () => {
  const { home, notes } = folders();
  const running = processes(home);
  const tell = (name: string) => `trap 'echo ${name} >> ${join(notes, "ended")}; exit' TERM;`;
  running.start("store", "/bin/sh", idle(notes, "store", tell("store")));
  running.start("server", "/bin/sh", idle(notes, "server", tell("server")));
  const ids = [await pid(notes, "store"), await pid(notes, "server")];

  await running.stop();
  expect(readFileSync(join(notes, "ended"), "utf8")).toBe("server\nstore\n");
  expect(ids.map(isAlive)).toEqual([false, false]);
  expect(existsSync(home)).toBe(false);
});

test("a program that does not listen is killed after its grace", async () => {
  const { home, notes } = folders();
  const running = processes(home, { graceMs: 200 });
  running.start("deaf", "/bin/sh", idle(notes, "deaf", "trap '' TERM;"));
  const id = await pid(notes, "deaf");

  await running.stop();
  expect(isAlive(id)).toBe(false);
});

test("a program that ends by itself is noticed, with its last words", async () => {
  const { home } = folders();
  const told: string[] = [];
  const running = processes(home, { tell: (line) => void told.push(line) });
  running.start("server", "/bin/sh", ["-c", "echo the port is taken; exit 3"]);

  await eventually(() => told.length > 0, { what: "the end of the program" });
  expect(told).toEqual(["server ended by itself (3); its log ends:\nthe port is taken"]);
  expect(() => running.check()).toThrow("server ended by itself (3)");
  await running.stop();
});

test("nothing is left when the one who started it is killed", async () => {
  const { home, notes } = folders();
  const module = join(import.meta.dirname, "processes.ts");
  const args = JSON.stringify(["orphan", "/bin/sh", idle(notes, "orphan")]);
  const script = `import { processes } from ${JSON.stringify(module)};
    processes(${JSON.stringify(home)}).start(...${args});
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
  const id = await pid(notes, "orphan");
  expect(isAlive(id)).toBe(true);

  starter.kill("SIGKILL");
  await once(starter, "exit");
  await eventually(() => !isAlive(id) && !existsSync(home), { what: "the orphan and its folder to be gone" });
});
