import { readFileSync } from "node:fs";

/** The version of this program, from the file that says it to npm, too. */
export const VERSION = /"version": "([^"]+)"/.exec(read())?.[1] ?? "unknown";

function read(): string {
  return readFileSync(new URL("../../package.json", import.meta.url), "utf8");
}
