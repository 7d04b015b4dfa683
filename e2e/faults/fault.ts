import type { Asked } from "./asked.ts";

/** What goes wrong with a request, or with its answer. */
export type CallFault =
  /** An answer that the API server never gave, nor heard the question. */
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly reason: string;
      readonly retryAfter?: number;
    }
  /** The connection breaks after so many bytes of the answer; 0: before the question is passed on. */
  | { readonly kind: "cut"; readonly after: number }
  /** The answer ends in good order after so many bytes, as if that were all. */
  | { readonly kind: "truncate"; readonly after: number }
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection stays, and nothing comes. */
  | { readonly kind: "silence" }
  /** Done, but nobody learns of it. */
  | { readonly kind: "lose" }
  /** Something happens before the question is passed on, or after it was answered; the connection breaks. */
  | { readonly kind: "stop"; readonly when: "before" | "after"; readonly act: () => Promise<unknown> };

/** What goes wrong with the lines of a watch; each is one event of the API. */
export type LineFault =
  /** This one is passed over, and all others come. */
  | { readonly kind: "drop" }
  | { readonly kind: "repeat" }
  /** From now on nothing comes, and the connection stays. */
  | { readonly kind: "mute" }
  /** The connection breaks in the middle of the line. */
  | { readonly kind: "tear" }
  /** The line ends in its middle, and others follow. */
  | { readonly kind: "garble" }
  /** An ERROR 410 in its place, after which the API server ends the watch. */
  | { readonly kind: "expire" };

/** A watch that begins tells first what was told before it: the lines of an earlier one, oldest first. */
export interface ReplayFault {
  readonly kind: "replay";
}

export type Fault = CallFault | LineFault | ReplayFault;

/** Where and how often something goes wrong. */
export interface Injection {
  readonly on: (asked: Asked) => boolean;
  /** Of the lines of a watch, which; every one where it is not said. */
  readonly line?: (line: string) => boolean;
  /** How many go well before; none where it is not said. */
  readonly skip?: number;
  /** How many go wrong; all that come where it is not said. */
  readonly times?: number;
  readonly fault: Fault;
}

/** The injections that are in force. */
export interface Faults {
  inject(injection: Injection): Injected;
  mend(): void;
  ofCall(asked: Asked): CallFault | undefined;
  ofLine(asked: Asked, line: string): LineFault | undefined;
  replays(asked: Asked): boolean;
}

export interface Injected {
  /** How often it went wrong so far. */
  hits(): number;
  mend(): void;
}

interface InForce extends Injection {
  seen: number;
  hits: number;
}

export function createFaults(): Faults {
  const inForce = new Set<InForce>();
  const next = <Kind extends Fault>(
    is: (fault: Fault) => fault is Kind,
    fits: (each: InForce) => boolean,
  ): Kind | undefined => {
    for (const each of inForce) {
      if (!is(each.fault) || !fits(each)) continue;
      each.seen += 1;
      if (each.seen <= (each.skip ?? 0) || each.hits >= (each.times ?? Infinity)) continue;
      each.hits += 1;
      return each.fault;
    }
    return undefined;
  };
  return {
    inject: (injection) => {
      const each = { ...injection, seen: 0, hits: 0 };
      inForce.add(each);
      return { hits: () => each.hits, mend: () => void inForce.delete(each) };
    },
    mend: () => inForce.clear(),
    ofCall: (asked) => next(isOfCall, ({ on }) => on(asked)),
    ofLine: (asked, text) => next(isOfLine, ({ on, line }) => on(asked) && (line?.(text) ?? true)),
    replays: (asked) => next(isReplay, ({ on }) => on(asked)) !== undefined,
  };
}

function isOfCall(fault: Fault): fault is CallFault {
  return !isOfLine(fault) && !isReplay(fault);
}

function isOfLine(fault: Fault): fault is LineFault {
  return ["drop", "repeat", "mute", "tear", "garble", "expire"].includes(fault.kind);
}

function isReplay(fault: Fault): fault is ReplayFault {
  return fault.kind === "replay";
}
