import { eventually, type Given, type Patience } from "../control-plane/eventually.ts";

/** Waits as `eventually` does, and says how long it took, in milliseconds. */
export async function timed<T>(
  check: () => T | Promise<T>,
  patience: Patience,
): Promise<{ readonly value: Given<T>; readonly ms: number }> {
  const begun = performance.now();
  const value = await eventually(check, patience);
  return { value, ms: Math.round(performance.now() - begun) };
}
