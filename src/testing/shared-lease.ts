import { ApiError } from "../kube/api-error.ts";
import type { Clock } from "../kube/clock.ts";
import type { Lease, LeaseClaim, LeaseClient } from "../kube/lease.ts";
import { microTime } from "../kube/micro-time.ts";
import { settled } from "./fake-clock.ts";

/** One Lease that several processes want, with the API server's preconditions and a network that is as bad as asked. */
export interface SharedLease {
  readonly clientFor: (process: Process) => LeaseClient;
  /** As it is now; undefined: there is none. */
  readonly now: () => Lease | undefined;
  readonly put: (lease: Lease | undefined) => void;
  /** What was done to it, in words. */
  readonly changes: readonly string[];
}

/** A process may be stopped for a while, and then finds all that came in meanwhile at once. */
export interface Process {
  readonly name: string;
  readonly clock: Clock;
  readonly deliver: (run: () => void) => void;
  readonly stop: () => void;
  readonly goOn: () => void;
}

export function processOn(clock: Clock, name: string): Process {
  let isStopped = false;
  const backlog: (() => void)[] = [];
  const deliver = (run: () => void) => (isStopped ? void backlog.push(run) : run());
  return {
    name,
    clock: { now: clock.now, after: (milliseconds, run) => clock.after(milliseconds, () => deliver(run)) },
    deliver,
    stop: () => void (isStopped = true),
    goOn: () => {
      isStopped = false;
      // What each of them leads to happens before the next.
      let turn = Promise.resolve();
      for (const run of backlog.splice(0)) turn = turn.then(settled).then(run);
    },
  };
}

/** What the network does with one call, in milliseconds. */
export interface Fate {
  readonly there: number;
  readonly back: number;
  /** The call does not arrive, or its answer does not. */
  readonly isLost?: "there" | "back";
}

const INSTANT: Fate = { there: 0, back: 0 };

export function sharedLease(
  clock: Clock,
  timeout: number,
  fateOf: (name: string) => Fate = () => INSTANT,
): SharedLease {
  const { create, replace, ...store } = leaseStore();
  const call = <T>(process: Process, act: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const fate = fateOf(process.name);
      const answer = (run: () => void) => {
        if (fate.isLost !== "back") clock.after(fate.back, () => process.deliver(run));
      };
      process.clock.after(timeout, () => reject(unanswered()));
      if (fate.isLost === "there") return;
      clock.after(fate.there, () => {
        try {
          const result = act();
          answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      });
    });
  return {
    ...store,
    clientFor: (process) => ({
      read: () => call(process, store.now),
      create: (claim) => call(process, () => create(claim)),
      replace: (seen, claim) => call(process, () => replace(seen, claim)),
    }),
  };
}

function leaseStore() {
  let current: Lease | undefined;
  let version = 0;
  const changes: string[] = [];
  const store = (claim: LeaseClaim): Lease => {
    version += 1;
    changes.push(claim.holder === "" ? "released" : `held by ${claim.holder}`);
    current = { ...leaseFrom(claim), raw: { version } };
    return current;
  };
  return {
    changes,
    now: () => current,
    put: (lease: Lease | undefined) => void (current = lease),
    create: (claim: LeaseClaim) => {
      if (current !== undefined) throw conflict();
      return store(claim);
    },
    replace: (seen: Lease, claim: LeaseClaim) => {
      if (current === undefined || current.raw["version"] !== seen.raw["version"]) throw conflict();
      return store(claim);
    },
  };
}

function leaseFrom({ holder, duration, acquired, renewed, transitions }: LeaseClaim): Omit<Lease, "raw"> {
  const record = JSON.stringify([holder, duration, acquired, microTime(renewed), transitions]);
  return { holder, duration, acquired, transitions, record };
}

function conflict(): ApiError {
  return new ApiError("update Lease", { status: 409, reason: "Conflict", message: "it has changed" });
}

function unanswered(): ApiError {
  return new ApiError("update Lease", { status: 0, reason: "Timeout", message: "no answer in time" });
}
