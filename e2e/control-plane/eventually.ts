import { setTimeout as delay } from "node:timers/promises";

export interface Patience {
  /** What is waited for, as it reads after "waited 10 s for". */
  readonly what: string;
  readonly timeoutMs?: number;
}

/**
 * Repeats a check until it gives something (not undefined, null or false) and gives that. A check that throws has not
 * succeeded yet; its last error is told when time is up, so a test says what it saw and not only that it waited.
 */
export async function eventually<T>(check: () => T | Promise<T>, patience: Patience): Promise<Given<T>> {
  const { what, timeoutMs = 15_000 } = patience;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const attempt = await outcome(check);
    if ("value" in attempt && isGiven(attempt.value)) return attempt.value;
    if (Date.now() >= deadline) {
      const seen = "error" in attempt ? attempt.error : `the check gave ${String(attempt.value)}`;
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}: ${String(seen)}`);
    }
    await delay(50);
  }
}

export type Given<T> = Exclude<T, undefined | null | false | void>;

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

async function outcome<T>(check: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await check() };
  } catch (error) {
    return { error };
  }
}

function isGiven<T>(value: T): value is Given<T> {
  return value !== undefined && value !== null && value !== false;
}
