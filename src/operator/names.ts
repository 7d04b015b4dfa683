import type { Clock } from "../kube/clock.ts";
import type { Log } from "../kube/log.ts";
import type { NameStatus, ServiceAccess } from "../model/service-access.ts";
import { conditionTime } from "../reconciler/condition-time.ts";
import { saysTheSame } from "../reconciler/name-claims.ts";
import type { NameAnswer } from "../reconciler/names/answer.ts";
import { entryFor } from "../reconciler/names/entry.ts";
import { answered, type NameState, seeded, type Windows } from "../reconciler/names/windows.ts";
import { objectIn } from "../reconciler/stored.ts";
import type { Change, Store } from "../reconciler/store.ts";
import { createNameWishes, type NameWishes } from "./name-wishes.ts";

export interface NamesOptions {
  readonly store: Store;
  /** Asks all servers; never throws. */
  readonly ask: (name: string) => Promise<NameAnswer>;
  readonly onChange: (change: Change) => void;
  readonly windows: Windows;
  /** How many names the objects of a namespace get answered, all together. */
  readonly mostOfNamespace: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly date?: () => Date;
}

/** A name that is asked for. */
interface Followed {
  readonly state: NameState;
  /** Calls off the next question. */
  readonly cancel: () => void;
}

/** The policies of an object change at most so often for its names: behind some there are other addresses every second. */
const BETWEEN_CHANGES = 10_000;

/** So many questions are under way at the same time; the others wait, which spreads them. */
const MOST_AT_ONCE = 16;

/** Keeps what the DNS names of all objects resolve to in the store: each name is asked for once, whoever names it. */
export class Names {
  readonly #options: NamesOptions;
  readonly #wishes: NameWishes;
  readonly #followed = new Map<string, Followed>();
  /** Answered since the store was told last. */
  readonly #news = new Set<string>();
  readonly #waiting: string[] = [];
  #underWay = 0;
  #isAsking = false;
  #isOver = false;
  #told = -Infinity;
  #cancelTelling: (() => void) | undefined;

  constructor(options: NamesOptions) {
    this.#options = options;
    this.#wishes = createNameWishes(options.mostOfNamespace);
  }

  /** Only who writes asks: to be called when everything is known. */
  begin(): void {
    if (this.#isOver) return;
    this.#isAsking = true;
    const { accesses } = this.#options.store.world;
    const names = [...accesses].flatMap(([key, access]) => [...this.#wishes.change(key, access)]);
    for (const name of new Set(names)) this.#settle(name);
  }

  /** To be told of every change of an object. */
  follow({ kind, key, after }: Change): void {
    if (kind !== "ServiceAccess" || !this.#isAsking) return;
    for (const name of this.#wishes.change(key, objectIn(after, "ServiceAccess"))) this.#settle(name);
  }

  /** Asks nobody any more. */
  end(): void {
    this.#isOver = true;
    this.#isAsking = false;
    this.#cancelTelling?.();
    for (const { cancel } of this.#followed.values()) cancel();
  }

  /** Begins to ask for what is wanted now, and ends with what is not. */
  #settle(name: string): void {
    const standing = this.#wishes.standing(name);
    if (standing === "wanted") return this.#start(name);
    this.#followed.get(name)?.cancel();
    this.#followed.delete(name);
    if (standing === "too many") this.#put({ name, reason: "TooMany", answers: [] });
    else this.#pass(this.#options.store.remove("ResolvedName", name));
  }

  #start(name: string): void {
    if (this.#followed.has(name)) return;
    const { clock, store, windows } = this.#options;
    const seeds = this.#wishes.wishing(name).flatMap((key) => kept(store.world.accesses.get(key), name));
    this.#followed.set(name, { state: seeded(name, seeds, clock.now(), windows), cancel: () => undefined });
    this.#enqueue(name);
  }

  #enqueue(name: string): void {
    this.#waiting.push(name);
    this.#pump();
  }

  #pump(): void {
    while (this.#isAsking && this.#underWay < MOST_AT_ONCE) {
      const name = this.#waiting.shift();
      if (name === undefined) return;
      this.#underWay += 1;
      void this.#ask(name).finally(() => {
        this.#underWay -= 1;
        this.#pump();
      });
    }
  }

  async #ask(name: string): Promise<void> {
    const one = this.#followed.get(name);
    if (one === undefined) return;
    const answer = await this.#options.ask(name);
    // Nobody may name it any more, or somebody again.
    if (this.#isAsking && this.#followed.get(name) === one) this.#learn(name, one.state, answer);
  }

  #learn(name: string, before: NameState, answer: NameAnswer): void {
    const { clock, log, store, windows } = this.#options;
    const state = answered(before, answer, clock.now(), windows);
    const { reason, next, sightings } = state;
    if (reason !== before.reason)
      log.info({ name, reason, addresses: sightings.length, why: whyOf(answer) }, "name");
    const cancel = clock.after(next - clock.now(), () => this.#enqueue(name));
    this.#followed.set(name, { state, cancel });
    // Whoever has just come is not made to wait for the sake of others.
    if (!store.world.names.has(name)) return void this.#put(entryFor(state, dateOf(this.#options)));
    this.#news.add(name);
    const wait = Math.max(0, this.#told + BETWEEN_CHANGES - clock.now());
    this.#cancelTelling ??= clock.after(wait, () => this.#tell());
  }

  #tell(): void {
    const { clock } = this.#options;
    this.#cancelTelling = undefined;
    const [before, dates] = [this.#told, dateOf(this.#options)];
    const changes = [...this.#news].filter((name) => {
      const one = this.#followed.get(name);
      return one !== undefined && this.#put(entryFor(one.state, dates));
    });
    this.#news.clear();
    // Where nothing was new nobody has written, and what comes next need not wait.
    this.#told = changes.length > 0 ? clock.now() : before;
  }

  /** Says whether anybody had to be told. */
  #put(entry: NameStatus): boolean {
    const { store } = this.#options;
    const known = store.world.names.get(entry.name);
    if (known !== undefined && saysTheSame(known, entry)) return false;
    return this.#pass(store.put({ kind: "ResolvedName", object: entry }));
  }

  #pass(change: Change | undefined): boolean {
    if (change !== undefined) this.#options.onChange(change);
    return change !== undefined;
  }
}

/** What the status has kept of a name from before the start. */
function kept(access: ServiceAccess | undefined, name: string): readonly string[] {
  const entry = access?.status?.names?.find((each) => each.name === name);
  return (entry?.answers ?? []).map(({ address }) => address);
}

function whyOf({ IPv4, IPv6 }: NameAnswer): string | undefined {
  const failed = [IPv4, IPv6].find((each) => each.kind === "failed");
  return failed?.kind === "failed" ? failed.why : undefined;
}

/** The state's clock counts from anywhere: what it says is so long ago. */
function dateOf({ clock, date = () => new Date() }: NamesOptions): (moment: number) => string {
  const [now, today] = [clock.now(), date().getTime()];
  return (moment) => conditionTime(new Date(today - (now - moment)));
}
