import type { Clock } from "./clock.ts";

/** So many at once, and after that only as many as come back with time. */
export interface TokenBucket {
  /** Whether there was one; then it is taken. */
  readonly take: () => boolean;
  /** Milliseconds until there is one. */
  readonly wait: () => number;
}

export function tokenBucket(clock: Clock, most: number, refillEvery: number): TokenBucket {
  let tokens = most;
  let counted = clock.now();
  const refill = () => {
    const now = clock.now();
    tokens = Math.min(most, tokens + (now - counted) / refillEvery);
    counted = now;
  };
  return {
    take: () => {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    wait: () => {
      refill();
      return Math.max(0, (1 - tokens) * refillEvery);
    },
  };
}
