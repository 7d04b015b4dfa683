import { ApiError, messageOf } from "../kube/api-error.ts";
import { type Backoff, exponentialBackoff } from "../kube/backoff.ts";
import type { Clock } from "../kube/clock.ts";
import type { Log } from "../kube/log.ts";
import { keyText, type ObjectKey } from "../model/key.ts";

export interface QueueOptions {
  /** Brings one object to where it should be. When it throws, it is called again later. */
  readonly run: (key: ObjectKey) => Promise<void>;
  /** How many keys are run at the same time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

const FIRST_RETRY = 200;
const LONGEST_RETRY = 5 * 60_000;

/**
 * The objects that want attention. A key is in the queue once, however often it was added, and never runs twice at
 * the same time; a key that fails waits for its next turn without keeping any other from theirs.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  /** First come, first served; and before all of these, those that are urgent. */
  readonly #waiting = new Map<string, ObjectKey>();
  readonly #urgent = new Map<string, ObjectKey>();
  readonly #running = new Set<string>();
  /** Added while they ran: what they saw may be out of date. */
  readonly #again = new Map<string, Added>();
  readonly #later = new Map<string, Later>();
  readonly #backoffs = new Map<string, Backoff>();
  #state: "filling" | "open" | "closed" = "filling";
  #drained: (() => void) | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Nothing runs before: whoever fills the queue may not know everything yet. */
  open(): void {
    if (this.#state !== "filling") return;
    this.#state = "open";
    this.#next();
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  add(key: ObjectKey, turn: Turn = "in turn"): void {
    const text = keyText(key);
    if (this.#state === "closed") return;
    this.#forgetLater(text);
    if (this.#running.has(text)) {
      this.#again.set(text, { key, turn: this.#again.get(text)?.turn === "first" ? "first" : turn });
    } else if (turn === "first") {
      this.#waiting.delete(text);
      this.#urgent.set(text, key);
    } else if (!this.#urgent.has(text) && !this.#waiting.has(text)) {
      this.#waiting.set(text, key);
    }
    this.#next();
  }

  /** Adds the key after this time, unless something else adds it sooner. */
  addAfter(key: ObjectKey, milliseconds: number): void {
    const text = keyText(key);
    const { clock } = this.#options;
    const due = clock.now() + milliseconds;
    if (this.#state === "closed" || (this.#later.get(text)?.due ?? Infinity) <= due) return;
    this.#forgetLater(text);
    this.#later.set(text, { due, cancel: clock.after(milliseconds, () => this.add(key)) });
  }

  /** Lets what runs come to its end and begins nothing new; what waits is found again at the next start. */
  async drain(): Promise<void> {
    this.#state = "closed";
    this.#waiting.clear();
    this.#urgent.clear();
    for (const text of this.#later.keys()) this.#forgetLater(text);
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** How much there is to do: keys that wait for a free place, keys that run, keys that wait for their time. */
  size(): { readonly waiting: number; readonly running: number; readonly later: number } {
    const waiting = this.#urgent.size + this.#waiting.size;
    return { waiting, running: this.#running.size, later: this.#later.size };
  }

  #next(): void {
    if (this.#state !== "open") return;
    for (const lane of [this.#urgent, this.#waiting]) {
      for (const [text, key] of lane) {
        if (this.#running.size >= this.#options.concurrency) return;
        lane.delete(text);
        this.#running.add(text);
        void this.#run(text, key);
      }
    }
  }

  async #run(text: string, key: ObjectKey): Promise<void> {
    try {
      await this.#options.run(key);
      this.#backoffs.delete(text);
    } catch (error) {
      this.#retry(text, key, error);
    }
    this.#running.delete(text);
    const again = this.#again.get(text);
    this.#again.delete(text);
    if (again !== undefined) this.add(again.key, again.turn);
    this.#next();
    if (this.#running.size === 0) this.#drained?.();
  }

  #retry(text: string, key: ObjectKey, error: unknown): void {
    const { log, random } = this.#options;
    const backoff = this.#backoffs.get(text) ?? exponentialBackoff(FIRST_RETRY, LONGEST_RETRY, random);
    this.#backoffs.set(text, backoff);
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const pause = Math.max(backoff.next(), asked);
    const fields = {
      ...key,
      error: messageOf(error),
      failures: backoff.failures(),
      pause: Math.round(pause),
    };
    log.warn(fields, "reconcile failed");
    this.addAfter(key, pause);
  }

  #forgetLater(text: string): void {
    this.#later.get(text)?.cancel();
    this.#later.delete(text);
  }
}

/** Who is urgent goes before all who wait for their turn. */
export type Turn = "first" | "in turn";

interface Added {
  readonly key: ObjectKey;
  readonly turn: Turn;
}

interface Later {
  readonly due: number;
  readonly cancel: () => void;
}
