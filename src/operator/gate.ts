import type { Clock } from "../kube/clock.ts";

/** While policies change, most of what is said of them would have to be said again. */
const REST = 100;

/** Policies that never come to rest must not keep everyone from knowing what they do. */
const LONGEST_WAIT = 10_000;

/** Lets turns for statuses pass while no turn for policies is to be done, or when they have waited for long. */
export interface Gate {
  /** To be told whenever something of policies waits or runs. */
  readonly disturb: () => void;
  /** Whether statuses may go now; where not, `retry` is called when that may have changed by time alone. */
  readonly isOpen: (load: Load) => boolean;
  readonly close: () => void;
}

export interface Load {
  /** Turns for policies that wait or run. */
  readonly programs: number;
  /** Since when the first status waits; undefined: none does. */
  readonly waitingSince: number | undefined;
}

export function createGate(clock: Clock, retry: () => void): Gate {
  let disturbed = -Infinity;
  let isOverdue = false;
  let cancel: (() => void) | undefined;
  const wake = (milliseconds: number) => {
    cancel = clock.after(milliseconds, retry);
  };
  return {
    disturb: () => void (disturbed = clock.now()),
    isOpen({ programs, waitingSince }) {
      cancel?.();
      if (waitingSince === undefined) {
        isOverdue = false;
        return false;
      }
      const rest = disturbed + REST - clock.now();
      const patience = waitingSince + LONGEST_WAIT - clock.now();
      // Once they have waited too long, all that wait go.
      isOverdue ||= patience <= 0;
      if (isOverdue || (programs === 0 && rest <= 0)) return true;
      wake(programs === 0 ? Math.min(rest, patience) : patience);
      return false;
    },
    close: () => cancel?.(),
  };
}
