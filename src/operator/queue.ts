import { ApiError, messageOf } from "../kube/api-error.ts";
import { type Backoff, exponentialBackoff } from "../kube/backoff.ts";
import type { Clock } from "../kube/clock.ts";
import type { Log } from "../kube/log.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import { createGate, type Gate } from "./gate.ts";
import { createLanes, type Lane, type Turn, turnOf } from "./lanes.ts";

export interface QueueOptions {
  /** Does one turn of an object. When it throws, it is called again later. */
  readonly run: (key: ObjectKey, turn: Turn) => Promise<void>;
  /** How many turns of a kind are under way at the same time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** Working a status out takes no waiting, and what was worked out waits only to be written. */
const STATUSES_AT_ONCE = 8;

const FIRST_RETRY = 200;
const LONGEST_RETRY = 5 * 60_000;

/**
 * The objects that want attention. A key waits once for each of its turns, however often it was added, and never has two
 * turns at the same time; a key that fails waits for its next turn without keeping any other from theirs. Turns for
 * policies go before turns for statuses.
 */
export class WorkQueue {
  /** How many turns failed so far. */
  retries = 0;

  readonly #options: QueueOptions;
  readonly #lanes = createLanes();
  readonly #gate: Gate;
  readonly #running = new Map<string, Running>();
  readonly #most: Readonly<Record<Turn, number>>;
  readonly #runningOf: Record<Turn, number> = { program: 0, status: 0 };
  /** Added while they ran: what they saw may be out of date. */
  readonly #again = createLanes();
  readonly #later = new Map<string, Later>();
  readonly #backoffs = new Map<string, Backoff>();
  #state: "filling" | "open" | "closed" = "filling";
  #drained: (() => void) | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#most = {
      program: options.concurrency,
      status: Math.min(options.concurrency, STATUSES_AT_ONCE),
    };
    this.#gate = createGate(options.clock, () => this.#next());
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

  add(key: ObjectKey, lane: Lane = "in turn"): void {
    const text = keyText(key);
    if (this.#state === "closed") return;
    this.#forgetLater(laterKey(turnOf(lane), text));
    const lanes = this.#running.has(text) ? this.#again : this.#lanes;
    lanes.add(lane, key, this.#options.clock.now());
    this.#next();
  }

  /** Adds the key after this time, unless something else adds it sooner. */
  addAfter(key: ObjectKey, milliseconds: number, lane: Lane = "in turn"): void {
    const { clock } = this.#options;
    const text = keyText(key);
    const turn = turnOf(lane);
    const id = laterKey(turn, text);
    const due = clock.now() + milliseconds;
    if (this.#state === "closed" || (this.#later.get(id)?.due ?? Infinity) <= due) return;
    // What waits already will see what has changed until then.
    if (this.#lanes.has(turn, text)) return;
    this.#forgetLater(id);
    this.#later.set(id, { due, cancel: clock.after(milliseconds, () => this.add(key, lane)) });
  }

  /** Lets what runs come to its end and begins nothing new; what waits is found again at the next start. */
  async drain(): Promise<void> {
    this.#state = "closed";
    this.#lanes.clear();
    this.#again.clear();
    this.#gate.close();
    for (const id of this.#later.keys()) this.#forgetLater(id);
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** How much there is to do: turns that wait for a free place, keys that run, turns that wait for their time. */
  size(): { readonly waiting: number; readonly running: number; readonly later: number } {
    const lanes = this.#lanes.sizes();
    const waiting = lanes.first + lanes["in turn"] + lanes.status;
    return { waiting, running: this.#running.size, later: this.#later.size };
  }

  /** The same in more detail, for those who watch over the operator. Times are in milliseconds. */
  look(): Look {
    const now = this.#options.clock.now();
    const [running] = this.#running.values();
    const waiting = [this.#lanes.oldest("program"), this.#lanes.oldest("status")];
    return {
      lanes: this.#lanes.sizes(),
      running: this.#running.size,
      later: this.#later.size,
      oldestWaiting: Math.max(...waiting.map((since) => now - (since ?? now))),
      longestRunning: now - (running?.since ?? now),
    };
  }

  #next(): void {
    if (this.#state !== "open") return;
    while (this.#start("program"));
    while (this.#mayTell() && this.#start("status"));
  }

  #mayTell(): boolean {
    const { first, "in turn": inTurn } = this.#lanes.sizes();
    return this.#gate.isOpen({
      programs: first + inTurn + this.#runningOf.program,
      waitingSince: this.#lanes.oldest("status"),
    });
  }

  /** Says whether something could be started. */
  #start(turn: Turn): boolean {
    if (this.#runningOf[turn] >= this.#most[turn]) return false;
    const key = this.#lanes.take(turn, (text) => this.#mayStart(turn, text));
    if (key === undefined) return false;
    this.#running.set(keyText(key), { turn, since: this.#options.clock.now() });
    this.#runningOf[turn] += 1;
    void this.#run(key, turn);
    return true;
  }

  /** Of an object whose policies are still to be written there is nothing to be said yet. */
  #mayStart(turn: Turn, text: string): boolean {
    return !this.#running.has(text) && (turn === "program" || !this.#lanes.has("program", text));
  }

  async #run(key: ObjectKey, turn: Turn): Promise<void> {
    const text = keyText(key);
    try {
      await this.#options.run(key, turn);
      this.#backoffs.delete(laterKey(turn, text));
    } catch (error) {
      this.#retry(key, turn, error);
    }
    this.#running.delete(text);
    this.#runningOf[turn] -= 1;
    if (turn === "program") this.#gate.disturb();
    for (const lane of this.#again.leave(text)) this.add(key, lane);
    this.#next();
    if (this.#running.size === 0) this.#drained?.();
  }

  #retry(key: ObjectKey, turn: Turn, error: unknown): void {
    const { log, random } = this.#options;
    const id = laterKey(turn, keyText(key));
    const backoff = this.#backoffs.get(id) ?? exponentialBackoff(FIRST_RETRY, LONGEST_RETRY, random);
    this.#backoffs.set(id, backoff);
    this.retries += 1;
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const pause = Math.max(backoff.next(), asked);
    const fields = {
      ...key,
      turn,
      error: messageOf(error),
      failures: backoff.failures(),
      pause: Math.round(pause),
    };
    log.warn(fields, "reconcile failed");
    this.addAfter(key, pause, turn === "status" ? "status" : "in turn");
  }

  #forgetLater(id: string): void {
    this.#later.get(id)?.cancel();
    this.#later.delete(id);
  }
}

function laterKey(turn: Turn, text: string): string {
  return `${turn} ${text}`;
}

interface Running {
  readonly turn: Turn;
  readonly since: number;
}

interface Later {
  readonly due: number;
  readonly cancel: () => void;
}

export interface Look {
  readonly lanes: Readonly<Record<Lane, number>>;
  readonly running: number;
  readonly later: number;
  readonly oldestWaiting: number;
  readonly longestRunning: number;
}
