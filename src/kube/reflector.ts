import { ApiError, messageOf } from "./api-error.ts";
import { type Backoff, exponentialBackoff } from "./backoff.ts";
import type { ApiClient } from "./client.ts";
import { type Clock, sleep } from "./clock.ts";
import { listPages } from "./list.ts";
import type { Log } from "./log.ts";
import { createMirror, type Handler, type Mirror } from "./mirror.ts";
import { type Patience, PATIENCE } from "./patience.ts";
import { isNewer, type Meta, nameOf, type Received } from "./received.ts";
import type { Resource } from "./resources.ts";
import { type News, watch } from "./watch.ts";

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** Of which objects, where not all are wanted. */
  readonly query?: Readonly<Record<string, string>>;
  readonly handler: Handler;
  readonly log: Log;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly patience?: Patience;
}

const FIRST_WAIT = 800;
const LONGEST_WAIT = 30_000;

/** A watch that ends sooner, without a word, is a failure: asking again at once would never stop. */
const SHORTEST_WATCH = 1_000;

/** After so many failures in a row the place we want to go on from may be what is wrong. */
const FAILURES_BEFORE_LIST = 5;

/** When a list fails that was only to make sure, the watch goes on for this long before the next try. */
const LIST_LATER = 60_000;

/** Keeps a handler told of every object of one resource, through everything a network and a server can do. */
export class Reflector {
  readonly resource: Resource;
  /** Resolves when the first list has been handed on; rejects when the reflector is stopped before. */
  readonly synced: Promise<void>;
  /** When something was last heard, in the clock's milliseconds. */
  lastEvent: number;
  isSynced = false;
  /** Why nothing is heard at the moment. */
  trouble: string | undefined;
  /** How often everything was read, and how often a list or a watch came to a bad end. */
  lists = 0;
  interruptions = 0;

  readonly #options: ReflectorOptions;
  readonly #random: () => number;
  readonly #patience: Patience;
  readonly #mirror: Mirror;
  readonly #backoff: Backoff;
  readonly #firstList = Promise.withResolvers<void>();
  /** The version up to which everything was handed on; undefined: list first. */
  #position: string | undefined;
  /** When the list is read again, whatever the watch told. */
  #listDue = 0;
  #inPages = true;

  constructor(options: ReflectorOptions) {
    this.resource = options.resource;
    this.synced = this.#firstList.promise;
    // Nobody has to be waiting for it.
    this.synced.catch(() => undefined);
    this.lastEvent = options.clock.now();
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#patience = options.patience ?? PATIENCE;
    this.#mirror = createMirror(guarded(options), options.clock);
    this.#backoff = exponentialBackoff(FIRST_WAIT, LONGEST_WAIT, this.#random);
  }

  /** Lists and watches until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const from = this.#isListDue() ? undefined : this.#position;
      try {
        if (from === undefined) this.#position = await this.#list(signal);
        else await this.#follow(from, signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, from === undefined ? "list" : "watch", signal);
      }
    }
    this.#firstList.reject(new Error(`stopped before the ${this.resource.plural} were listed`));
  }

  /** Hands on what the API answered to a write of ours, without waiting for the watch to show it. */
  wrote(object: Received): void {
    this.#mirror.wrote(object);
  }

  /** What the API removed for us. */
  removed(meta: Meta): void {
    this.#mirror.remove(meta);
  }

  /** Hands on that nothing is there any more: the kind itself is gone. */
  forget(): void {
    this.#mirror.keepOnly(new Set(), "");
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, clock, resource, query = {} } = this.#options;
    const { relist } = this.#patience;
    this.#listDue = clock.now() + Math.min(relist, LIST_LATER);
    this.#mirror.listing();
    const shown = new Set<string>();
    let version = "";
    for await (const page of listPages(client, resource, { signal, paged: this.#inPages, query })) {
      version = page.resourceVersion;
      for (const object of page.objects) {
        shown.add(nameOf(object.meta));
        this.#mirror.put(object);
      }
    }
    this.#mirror.keepOnly(shown, version);
    this.#inPages = true;
    this.#heard();
    // At random, so that lists that were read together are not all read again together.
    this.#listDue = clock.now() + relist * (0.8 + 0.2 * this.#random());
    this.lists += 1;
    this.isSynced = true;
    this.#firstList.resolve();
    return version;
  }

  async #follow(from: string, signal: AbortSignal): Promise<void> {
    const { client, resource, query = {}, clock } = this.#options;
    const begun = clock.now();
    const [random, { silence }] = [this.#random, this.#patience];
    const longest = this.#listDue - begun;
    const wanted = { client, resource, query, from, signal, clock, random, silence, longest };
    for await (const news of watch(wanted)) {
      this.#heard();
      this.#backoff.reset();
      this.#handOn(news);
      if (this.#isListDue()) return;
    }
    const isBrief = this.#position === from && clock.now() - begun < SHORTEST_WATCH;
    if (isBrief && !this.#isListDue()) throw closedAtOnce(resource);
  }

  #isListDue(): boolean {
    return this.#options.clock.now() >= this.#listDue;
  }

  /**
   * A watch tells everything in order, so what is older than what was told is a repetition, and not how things are now.
   * Except the end of an object: it is as true as before, for no object comes back.
   */
  #handOn(news: News): void {
    if (news.kind === "remove") this.#mirror.remove(news.object.meta);
    const version = news.kind === "bookmark" ? news.resourceVersion : news.object.meta.resourceVersion;
    if (this.#position !== undefined && isNewer(this.#position, version)) return;
    if (news.kind === "put") this.#mirror.put(news.object);
    this.#position = version;
    this.#mirror.reached(version);
  }

  #heard(): void {
    this.trouble = undefined;
    this.lastEvent = this.#options.clock.now();
  }

  async #recover(error: unknown, doing: "list" | "watch", signal: AbortSignal): Promise<void> {
    const { clock, log, resource } = this.#options;
    const failures = this.#backoff.failures();
    // What expired between two pages would expire again: the whole in one piece always ends.
    if (doing === "list") this.#inPages &&= !isExpired(error);
    else if (isLost(error) || failures >= FAILURES_BEFORE_LIST) this.#position = undefined;
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const pause = Math.max(this.#backoff.next(), asked);
    this.interruptions += 1;
    this.trouble = messageOf(error);
    log.warn(
      { resource: resource.plural, error: this.trouble, pause: Math.round(pause) },
      "watch interrupted",
    );
    // An expired place is no sign of trouble, unless it comes again and again.
    if (failures > 0 || !isExpired(error)) await sleep(clock, pause, signal);
  }
}

/** A mistake in what is done with an object must not end the watch of all others. */
function guarded({ handler, log, resource }: ReflectorOptions): Handler {
  const attempt = (name: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      log.error({ resource: resource.plural, name, error: messageOf(error) }, "object not handled");
    }
  };
  return {
    put: (object) => attempt(nameOf(object.meta), () => handler.put(object)),
    remove: (meta) => attempt(nameOf(meta), () => handler.remove(meta)),
  };
}

/** Too old a place to go on from, or something was passed over: only a list can tell what there is. */
function isLost(error: unknown): boolean {
  return isExpired(error) || (error instanceof ApiError && error.reason === "Malformed");
}

function isExpired(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 410 || error.reason === "Expired" || error.reason === "Gone")
  );
}

function closedAtOnce(resource: Resource): ApiError {
  const message = "the server ended the watch at once";
  return new ApiError(`watch ${resource.plural}`, { status: 0, reason: "Closed", message });
}
