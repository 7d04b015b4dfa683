import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The text of a file in `golden/`, which a test compares with what came out. `UPDATE_GOLDEN=1` writes what came out, for
 * someone to read the difference and commit it.
 */
export function golden(name: string, actual: string): string {
  const file = join(import.meta.dirname, "golden", name);
  if (isUpdating(process.env)) writeFileSync(file, actual);
  return existsSync(file) ? readFileSync(file, "utf8") : `${file} is missing: UPDATE_GOLDEN=1 writes it`;
}

/** A file that is rewritten where nobody reads the difference would agree with anything. */
export function isUpdating(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env["UPDATE_GOLDEN"] !== "1") return false;
  if (env["CI"] === "true") throw new Error("UPDATE_GOLDEN is not for CI: commit the golden files instead");
  return true;
}
