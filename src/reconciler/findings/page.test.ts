import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the page of the findings explains each there is, and no others", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/findings.md"), "utf8");
  const explained = Array.from(
    page.matchAll(/^\| ([A-Z]\w+) \| (?:Warning|Info|Error)/gm),
    ([, type = ""]) => type,
  );
  const sources = readdirSync(import.meta.dirname).filter((file) => !file.endsWith(".test.ts"));
  const found = sources
    .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
    .flatMap((text) => Array.from(text.matchAll(/\btype: "(\w+)"/g), ([, type = ""]) => type));
  expect([...new Set(explained)].toSorted()).toEqual([...new Set(found)].toSorted());
  expect(found.length).toBeGreaterThan(20);
});
