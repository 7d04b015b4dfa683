import type { Clock } from "../kube/clock.ts";

/** A clock that stands still until a test lets time pass. */
export interface FakeClock extends Clock {
  /** Lets time pass, running what comes due on the way, each at its own moment. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** How long from now until each timer that is set, soonest first. */
  readonly waits: () => readonly number[];
}

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

export function fakeClock(): FakeClock {
  let now = 0;
  const timers = new Set<Timer>();
  const sorted = () => [...timers].toSorted((a, b) => a.due - b.due);
  return {
    now: () => now,
    after: (milliseconds, run) => {
      const timer = { due: now + milliseconds, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass: async (milliseconds) => {
      const end = now + milliseconds;
      await settled();
      for (let next = sorted()[0]; next !== undefined && next.due <= end; next = sorted()[0]) {
        now = next.due;
        timers.delete(next);
        next.run();
        await settled();
      }
      now = end;
    },
    waits: () => sorted().map(({ due }) => due - now),
  };
}

/** Lets everything happen that waits for no timer and no network. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
