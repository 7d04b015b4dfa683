import { keyText } from "../model/key.ts";
import type { AccessEvent } from "../reconciler/cluster.ts";
import { ApiError, messageOf } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import { EventSeries, type Reporter } from "./event-series.ts";
import type { Log } from "./log.ts";
import { PacedQueue } from "./paced-queue.ts";
import { recent } from "./recent.ts";
import { type TokenBucket, tokenBucket } from "./token-bucket.ts";

export interface EventsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** What people's clocks show. */
  readonly date: () => Date;
  /** Something that the name of no other Event ends with. */
  readonly newId: () => string;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly onOutcome?: (outcome: EventOutcome, event: AccessEvent) => void;
}

/** Merged: counted in an Event that there is already. */
export type EventOutcome = "sent" | "merged" | "dropped" | "failed";

/** What says the same again within this time is the same Event, with a count. */
const SAME = 10 * 60_000;
/** How often the count of one Event is written, at most. */
const COUNT_EVERY = 60_000;

/** Of one object: so many different ones at once, then one a minute. */
const MOST_OF_ONE = 10;
const ONE_EVERY = 60_000;

/** Of all objects: so many at once, then twenty a second; a cluster that comes up has more important things to do. */
const MOST_OF_ALL = 50;
const ANY_EVERY = 50;

/** How much is remembered, at most: Events that may come again, objects that talk, Events that wait. */
const MOST_KNOWN = 1_000;
const MOST_WAITING = 1_000;
/** Some of the places are kept for warnings. */
const MOST_NORMAL_WAITING = 800;

/**
 * Tells people what happened, as Events beside the objects. Nothing here waits for an answer or fails: what says the same
 * again is counted in the Event that there is, what is too much is dropped, and both are counted.
 */
export class Events {
  readonly #options: EventsOptions;
  readonly #known = recent<EventSeries>(MOST_KNOWN, (series) => series.cancel());
  readonly #allowances = recent<TokenBucket>(MOST_KNOWN);
  readonly #queue: PacedQueue<EventSeries>;
  #isFailing = false;

  constructor(options: EventsOptions) {
    this.#options = options;
    const send = (series: EventSeries): Promise<number> => this.#send(series);
    this.#queue = new PacedQueue({ clock: options.clock, send, burst: MOST_OF_ALL, every: ANY_EVERY });
  }

  tell(event: AccessEvent): void {
    const now = this.#options.clock.now();
    const series = this.#known.get(identityOf(event));
    if (series !== undefined && now - series.observed < SAME) this.#repeat(series, now);
    else if (this.#allowanceOf(event).take()) this.#begin(event, now);
    else this.#outcome("dropped", event);
  }

  /** Lets what is on its way arrive, and drops the rest. */
  async close(): Promise<void> {
    for (const series of this.#known.values()) series.cancel();
    for (const { event } of await this.#queue.close()) this.#outcome("dropped", event);
  }

  #begin(event: AccessEvent, now: number): void {
    const series = new EventSeries(event, now, this.#options.date());
    this.#known.set(identityOf(event), series);
    this.#post(series);
  }

  #repeat(series: EventSeries, now: number): void {
    series.again(now, this.#options.date());
    this.#outcome("merged", series.event);
    if (this.#queue.has(series)) return;
    const wait = Math.max(0, series.written + COUNT_EVERY - now);
    series.wake(this.#options.clock.after(wait, () => this.#post(series)));
  }

  #post(series: EventSeries): void {
    const places = series.event.type === "Warning" ? MOST_WAITING : MOST_NORMAL_WAITING;
    if (!this.#queue.post(series, places)) this.#giveUp(series, "dropped");
  }

  async #send(series: EventSeries): Promise<number> {
    const { client, clock, log, newId, reporter } = this.#options;
    try {
      await series.write(client, reporter, newId, clock.now());
      if (this.#isFailing) log.info({}, "events are sent again");
      this.#isFailing = false;
      this.#outcome("sent", series.event);
      return 0;
    } catch (error) {
      if (isGoing(error)) {
        this.#giveUp(series, "dropped");
        return 0;
      }
      // Said when it begins, and not for each Event that does not arrive.
      log[this.#isFailing ? "debug" : "warn"]({ error: messageOf(error) }, "event not sent");
      this.#isFailing = true;
      this.#giveUp(series, "failed");
      return error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    }
  }

  /** Whatever became of it, the same is told anew the next time. */
  #giveUp(series: EventSeries, outcome: EventOutcome): void {
    series.cancel();
    this.#known.delete(identityOf(series.event));
    this.#outcome(outcome, series.event);
  }

  #allowanceOf({ access }: AccessEvent): TokenBucket {
    const key = keyText(access);
    const allowance = this.#allowances.get(key) ?? tokenBucket(this.#options.clock, MOST_OF_ONE, ONE_EVERY);
    this.#allowances.set(key, allowance);
    return allowance;
  }

  #outcome(outcome: EventOutcome, event: AccessEvent): void {
    this.#options.onOutcome?.(outcome, event);
  }
}

/** A namespace that goes takes no Events any more, and nobody would find them in it. */
function isGoing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 404 || error.causes.some(({ reason }) => reason === "NamespaceTerminating");
}

function identityOf({ access, type, reason, action, note }: AccessEvent): string {
  return JSON.stringify([keyText(access), access.uid, type, reason, action, note]);
}
