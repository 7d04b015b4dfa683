/** Time as a value, so that a test can be the one who lets it pass. */
export interface Clock {
  /** Milliseconds since some fixed moment; never steps back. */
  readonly now: () => number;
  /** Runs `run` once after `milliseconds`, unless the returned function was called before. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Ends early, without complaint, when the signal aborts: whoever sleeps looks at the signal next anyway. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(milliseconds, wake);
    signal.addEventListener("abort", wake);
  });
}
