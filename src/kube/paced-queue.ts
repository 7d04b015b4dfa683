import type { Clock } from "./clock.ts";
import { type TokenBucket, tokenBucket } from "./token-bucket.ts";

export interface PacedQueueOptions<T> {
  readonly clock: Clock;
  /** Never throws; answers with how long to wait before the next, in milliseconds. */
  readonly send: (item: T) => Promise<number>;
  /** So many may go at once, and after that one each so many milliseconds. */
  readonly burst: number;
  readonly every: number;
}

/** Sends one after another, no faster than is polite; what is in it already is not put in again. */
export class PacedQueue<T> {
  readonly #options: PacedQueueOptions<T>;
  readonly #pace: TokenBucket;
  readonly #waiting = new Set<T>();
  #sending: Promise<void> | undefined;
  #pausedUntil = 0;
  #isClosed = false;
  #forgetTimer = (): void => undefined;

  constructor(options: PacedQueueOptions<T>) {
    this.#options = options;
    this.#pace = tokenBucket(options.clock, options.burst, options.every);
  }

  /** False where so many wait already. */
  post(item: T, places: number): boolean {
    if (this.#isClosed || (this.#waiting.size >= places && !this.#waiting.has(item))) return false;
    this.#waiting.add(item);
    this.#next();
    return true;
  }

  has(item: T): boolean {
    return this.#waiting.has(item);
  }

  /** Lets what is on its way arrive; gives what was not sent. */
  async close(): Promise<readonly T[]> {
    this.#isClosed = true;
    this.#forgetTimer();
    await this.#sending;
    return [...this.#waiting];
  }

  #next(): void {
    const [item] = this.#waiting;
    if (item === undefined || this.#sending !== undefined || this.#isClosed) return;
    const { clock } = this.#options;
    const wait = Math.max(this.#pace.wait(), this.#pausedUntil - clock.now());
    this.#forgetTimer();
    if (wait > 0) {
      this.#forgetTimer = clock.after(wait, () => this.#next());
      return;
    }
    this.#pace.take();
    this.#waiting.delete(item);
    this.#sending = this.#send(item);
  }

  async #send(item: T): Promise<void> {
    const { send, clock } = this.#options;
    this.#pausedUntil = (await send(item)) + clock.now();
    this.#sending = undefined;
    this.#next();
  }
}
