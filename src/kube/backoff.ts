export interface Backoff {
  /** Milliseconds to wait after this failure; grows with every call. */
  readonly next: () => number;
  /** How many failures there were since the last reset. */
  readonly failures: () => number;
  readonly reset: () => void;
}

/**
 * Doubles from `first` to `most`. Each wait is somewhere between half of that and all of it,
 * so that everything that failed together does not come back together.
 */
export function exponentialBackoff(first: number, most: number, random: () => number = Math.random): Backoff {
  let failures = 0;
  return {
    next: () => {
      const full = Math.min(most, first * 2 ** Math.min(failures, 30));
      failures += 1;
      return full * (0.5 + random() / 2);
    },
    failures: () => failures,
    reset: () => {
      failures = 0;
    },
  };
}
