import { ApiError, messageOf } from "../kube/api-error.ts";
import { type Clock, sleep } from "../kube/clock.ts";
import type { Lease, LeaseClaim, LeaseClient } from "../kube/lease.ts";
import type { Log } from "../kube/log.ts";
import { microTime } from "../kube/micro-time.ts";

/** In milliseconds. */
export interface LeaseTimes {
  /** So long after the holder's last sign of life another one may take the Lease. */
  readonly duration: number;
  /** So long after its last renewal the holder writes no more; what is between the two is for what is under way. */
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

export interface LeaderOptions {
  readonly lease: LeaseClient;
  /** Of this process alone: one that comes back under the same name is another one. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly clock: Clock;
  /** What people's clocks show, in milliseconds. */
  readonly wall: () => number;
  readonly random?: () => number;
  readonly log: Log;
}

/** Whether this process is the one that writes. */
export interface Leadership {
  /** Whether the Lease is surely ours at this very moment. */
  readonly isLeading: () => boolean;
  /** Resolves when this process has become the one. */
  readonly elected: Promise<void>;
  /** Resolves with the reason when it is that no more; it never will be again. */
  readonly lost: Promise<string>;
  /** Takes part in the election until the signal aborts; never throws. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Leaves the Lease to whoever waits for it. Nothing may be written after. */
  readonly release: () => Promise<void>;
}

/** Where nobody else can be. */
export const ALONE: Leadership = {
  isLeading: () => true,
  elected: Promise.resolve(),
  lost: new Promise(() => undefined),
  run: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/** A moment on both clocks. */
interface Moment {
  readonly tick: number;
  readonly wall: number;
}

/**
 * One of several processes. Whether another one's Lease has run out is judged by how long we have seen it unchanged, and
 * whether our own still holds by when we *began* to renew it; so every doubt about clocks and slow answers makes us wait
 * longer, or stop sooner, than the others believe.
 */
export class Leader implements Leadership {
  readonly elected: Promise<void>;
  readonly lost: Promise<string>;
  readonly #options: LeaderOptions;
  readonly #elected = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<string>();
  #state: "standing by" | "leading" | "lost" = "standing by";
  /** When the renewal began that counts. */
  #renewed: Moment = { tick: -Infinity, wall: -Infinity };
  /** The Lease as we know it; while we lead it is what our last renewal left. */
  #known: Lease | undefined;
  /** Since when it has been what it is. */
  #unchangedSince = -Infinity;
  #cancelDeadline = (): void => undefined;
  #trouble: string | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.elected = this.#elected.promise;
    this.lost = this.#lost.promise;
  }

  /** By either clock: the one that steps back never stands still for us, and the other may stand still while we sleep. */
  isLeading(): boolean {
    const { tick, wall } = this.#now();
    const { renewDeadline } = this.#options.times;
    return (
      this.#state === "leading" &&
      tick - this.#renewed.tick < renewDeadline &&
      wall - this.#renewed.wall < renewDeadline
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#state !== "lost") {
      await this.#attempt();
      await sleep(this.#options.clock, this.#pause(), signal);
    }
    this.#cancelDeadline();
  }

  async release(): Promise<void> {
    const lease = this.#known;
    if (!this.isLeading() || lease === undefined) return;
    // From here on nothing is written, whatever becomes of the release.
    this.#state = "lost";
    this.#cancelDeadline();
    const { log } = this.#options;
    try {
      await this.#options.lease.replace(lease, {
        ...this.#claim(lease, this.#now()),
        holder: "",
        duration: 0,
      });
      log.info({}, "lease released");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "lease not released: it has to run out");
    }
  }

  async #attempt(): Promise<void> {
    const began = this.#now();
    try {
      await (this.#state === "leading" ? this.#renew(began) : this.#apply(began));
      this.#trouble = undefined;
    } catch (error) {
      this.#complain(messageOf(error));
    }
  }

  /** Renews what nobody has touched since; where somebody has, it is looked at again at once. */
  async #renew(began: Moment): Promise<void> {
    const { lease } = this.#options;
    if (this.#isOverdue(began)) return;
    const known = this.#known;
    try {
      if (known !== undefined)
        return this.#hold(await lease.replace(known, this.#claim(known, began)), began);
    } catch (error) {
      if (!isOutdated(error)) throw error;
      this.#known = undefined;
    }
    await this.#renewAnew(began);
  }

  async #renewAnew(began: Moment): Promise<void> {
    const { lease, identity } = this.#options;
    const found = await lease.read();
    if (found !== undefined && found.holder !== identity) {
      return this.#lose(found.holder === "" ? "someone has released it" : `${found.holder} has taken it`);
    }
    const claim = this.#claim(found, began);
    this.#hold(await (found === undefined ? lease.create(claim) : lease.replace(found, claim)), began);
  }

  async #apply(began: Moment): Promise<void> {
    const { lease, log, clock, times } = this.#options;
    const found = await lease.read();
    this.#observe(found);
    if (!this.#isFree()) return;
    const claim = this.#claim(found, began);
    this.#known = await (found === undefined ? lease.create(claim) : lease.replace(found, claim));
    // An answer that took too long is no election; the Lease is ours, and is renewed by the next attempt.
    if (clock.now() - began.tick >= times.renewDeadline) return;
    this.#state = "leading";
    this.#hold(this.#known, began);
    log.info({ identity: claim.holder, transitions: claim.transitions }, "leading");
    this.#elected.resolve();
  }

  /** A Lease that somebody removed is still held by who held it: he may not have learnt of it yet. */
  #observe(found: Lease | undefined): void {
    if (found === undefined || found.record === this.#known?.record) return;
    const { log, identity, clock } = this.#options;
    if (!["", identity, this.#known?.holder].includes(found.holder)) {
      log.info({ holder: found.holder }, "standing by");
    }
    this.#known = found;
    this.#unchangedSince = clock.now();
  }

  #isFree(): boolean {
    const { clock, times, identity } = this.#options;
    const known = this.#known;
    if (known === undefined || known.holder === "" || known.holder === identity) return true;
    // Whoever holds it may have been told other times than we.
    return clock.now() - this.#unchangedSince >= Math.max(times.duration, known.duration);
  }

  #claim(lease: Lease | undefined, { wall }: Moment): LeaseClaim {
    const { identity, times } = this.#options;
    const now = new Date(wall);
    const isOurs = lease?.holder === identity;
    return {
      holder: identity,
      duration: times.duration,
      acquired: (isOurs ? lease.acquired : undefined) ?? microTime(now),
      renewed: now,
      transitions: lease === undefined ? 0 : lease.transitions + (isOurs ? 0 : 1),
    };
  }

  #hold(lease: Lease, began: Moment): void {
    const { clock, times } = this.#options;
    this.#known = lease;
    this.#renewed = began;
    this.#cancelDeadline();
    const left = began.tick + times.renewDeadline - clock.now();
    this.#cancelDeadline = clock.after(Math.max(0, left), () => void this.#isOverdue(this.#now()));
  }

  /** Whoever was not heard of in time must not come back to it, even where nobody else has taken it yet. */
  #isOverdue({ tick }: Moment): boolean {
    if (tick - this.#renewed.tick < this.#options.times.renewDeadline) return false;
    this.#lose(`it was not renewed in time${this.#trouble === undefined ? "" : `: ${this.#trouble}`}`);
    return true;
  }

  #lose(why: string): void {
    this.#state = "lost";
    this.#cancelDeadline();
    this.#lost.resolve(why);
  }

  #complain(trouble: string): void {
    const { log } = this.#options;
    const level = this.#trouble === undefined || this.#state === "leading" ? "warn" : "debug";
    this.#trouble = trouble;
    log[level]({ error: trouble, state: this.#state }, "lease not reached");
  }

  /** Those who wait do not all ask at the same moment. */
  #pause(): number {
    const { times, random = Math.random } = this.#options;
    return times.retryPeriod * (0.75 + random() / 4);
  }

  #now(): Moment {
    return { tick: this.#options.clock.now(), wall: this.#options.wall() };
  }
}

/** It was changed, or removed, since we knew it. */
function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 404);
}
