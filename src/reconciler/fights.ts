/** How a policy was restored of late. */
export interface Fight {
  /** When, in milliseconds, within the last minute; the last one is always there. */
  readonly restored: readonly [...(readonly number[]), number];
  /** What was undone last, and how often in a row it was the same: who does the same again and again insists on it. */
  readonly undone: string;
  readonly repeats: number;
}

const MINUTE = 60_000;

/** So often the same is undone without a thought: a person tries twice, another controller does not give up. */
const PATIENCE = 5;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 5 * MINUTE;

/** Whoever always does something else is kept to so many writes a minute. */
const MOST_A_MINUTE = 20;

/** The policy was restored, and this is what was undone. */
export function restoredOnce(fight: Fight | undefined, undone: string, now: number): Fight {
  const before = fight === undefined || isForgotten(fight, now) ? undefined : fight;
  const recent = (before?.restored ?? []).filter((time) => now - time < MINUTE);
  const repeats = before?.undone === undone ? before.repeats + 1 : 1;
  return { restored: [...recent, now], undone, repeats };
}

/** Milliseconds until the policy may be restored again. */
export function pauseOf(fight: Fight | undefined, now: number): number {
  return fight === undefined ? 0 : Math.max(0, lastOf(fight) + waitOf(fight) - now);
}

/** Milliseconds until nobody has disturbed the policy for so long that the fight is over; 0 where there is none. */
export function unrestOf(fight: Fight | undefined, now: number): number {
  if (fight === undefined || waitOf(fight) === 0) return 0;
  return Math.max(0, lastOf(fight) + Math.max(MINUTE / 6, 2 * waitOf(fight)) - now);
}

/** Whether what happens next has nothing to do with it. */
export function isForgotten(fight: Fight, now: number): boolean {
  return now - lastOf(fight) > Math.max(MINUTE, 2 * waitOf(fight));
}

function waitOf({ restored, repeats }: Fight): number {
  if (repeats >= PATIENCE) return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (repeats - PATIENCE));
  return restored.length >= MOST_A_MINUTE ? MINUTE / MOST_A_MINUTE : 0;
}

function lastOf({ restored }: Fight): number {
  return restored.at(-1) ?? 0;
}
