import { setTimeout as delay } from "node:timers/promises";

import type { Dice } from "../long/dice.ts";
import { type Asked, isWrite, of } from "./asked.ts";
import type { Fault } from "./fault.ts";
import type { FaultProxy } from "./proxy.ts";

/** Faults at random, one after another, until told to end. */
export interface Weather {
  /** How often each kind was let loose. */
  readonly done: ReadonlyMap<string, number>;
  /** Ends it, and mends what is still broken. */
  calm(): Promise<void>;
}

const BETWEEN_MS = 1_500;

/** The same seed lets the same faults loose in the same order; what they meet depends on the moment. */
export function weather(proxy: FaultProxy, chance: Dice): Weather {
  const done = new Map<string, number>();
  const stopping = new AbortController();
  const blow = async () => {
    while (!stopping.signal.aborted) {
      const name = await gust(proxy, chance);
      done.set(name, (done.get(name) ?? 0) + 1);
      await delay(chance.roll(BETWEEN_MS), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const blowing = blow();
  return {
    done,
    calm: async () => {
      stopping.abort();
      await blowing;
      proxy.mend();
    },
  };
}

/** One fault, or a few of a kind; says which. */
async function gust(proxy: FaultProxy, chance: Dice): Promise<string> {
  const kind = chance.oneOf(KINDS);
  if (kind === "down") await proxy.down(chance.roll(3_000));
  else if (kind === "broken connections") proxy.cut();
  else {
    // What never met anybody is not kept for ever: too much of it at a time, and nothing would get through.
    if (chance.roll(6) === 0) proxy.mend();
    const times = 1 + chance.roll(3);
    proxy.inject({ on: somewhere(chance), times, fault: faultOf(kind, chance) });
    // Whatever is said as a watch begins, or of its beginning, needs a watch that begins.
    if (chance.roll(4) === 0 || kind === "replay") proxy.cut();
  }
  return kind;
}

const KINDS = [
  "down",
  "broken connections",
  "refuse",
  "refuse",
  "cut",
  "truncate",
  "delay",
  "lose",
  "drop",
  "drop",
  "repeat",
  "mute",
  "tear",
  "garble",
  "expire",
  "expire",
  "replay",
] as const;

type Kind = Exclude<(typeof KINDS)[number], "down" | "broken connections">;

const REFUSALS: readonly (Fault & { readonly kind: "refuse" })[] = [
  { kind: "refuse", status: 410, reason: "Expired" },
  { kind: "refuse", status: 429, reason: "TooManyRequests", retryAfter: 1 },
  { kind: "refuse", status: 429, reason: "TooManyRequests", retryAfter: 3 },
  { kind: "refuse", status: 500, reason: "InternalError" },
  { kind: "refuse", status: 503, reason: "ServiceUnavailable" },
];

const LARGEST_CUT = 20_000;

function faultOf(kind: Kind, chance: Dice): Fault {
  switch (kind) {
    case "refuse":
      return chance.oneOf(REFUSALS);
    case "cut":
    case "truncate":
      return { kind, after: chance.roll(2) * chance.roll(LARGEST_CUT) };
    case "delay":
      return { kind, ms: chance.roll(3_000) };
    case "lose":
    case "drop":
    case "repeat":
    case "mute":
    case "tear":
    case "garble":
    case "expire":
    case "replay":
      return { kind };
  }
}

function somewhere(chance: Dice): (asked: Asked) => boolean {
  return chance.oneOf<(asked: Asked) => boolean>([
    () => true,
    isWrite,
    of("serviceaccesses"),
    of("networkpolicies"),
    of("pods"),
    of("namespaces"),
    of("services"),
    of("deployments"),
  ]);
}
