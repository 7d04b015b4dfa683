import { vi } from "vitest";

/** Waits until the check holds: as a rule a few milliseconds, and never so short that a busy machine fails a test. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 4500, interval: 5 });
}
