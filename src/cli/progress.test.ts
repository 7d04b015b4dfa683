import { expect, test } from "vitest";
import { progress } from "./progress.ts";

/** What is written while 1024 steps take this long each. */
async function written(isTTY: boolean, milliseconds: number): Promise<string> {
  const pieces: string[] = [];
  const sink = { isTTY, write: (text: string) => Promise.resolve(void pieces.push(text)) };
  let time = 5;
  const bar = progress(sink, "cases", 1024, () => time);
  for (let i = 0; i < 1024; i += 1) {
    time += milliseconds;
    await bar.step();
  }
  await bar.end();
  return pieces.join("").replaceAll("\r", "|").replaceAll("\u001B[K", "wiped");
}

test("long work is counted on a terminal, after a second of patience", async () => {
  expect(await written(true, 3)).toBe(
    "|cases: 512 of 1024 (50 %)|cases: 768 of 1024 (75 %)|cases: 1024 of 1024 (100 %)|wiped",
  );
});

test("short work is not, and nothing is written where nobody watches", async () => {
  expect([await written(true, 0.5), await written(false, 100)]).toEqual(["", ""]);
});
