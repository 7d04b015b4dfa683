import { keyText, type ObjectKey } from "../model/key.ts";

/**
 * Where an object waits: `first` and `in turn` for a turn of its policies, `status` for one that says what they do. Who is
 * first goes before all who wait for their turn.
 */
export type Lane = "first" | "in turn" | "status";

/** What is done in a turn: policies are written, or a status is worked out. */
export type Turn = "program" | "status";

export function turnOf(lane: Lane): Turn {
  return lane === "status" ? "status" : "program";
}

/** The objects that wait, each at most once for each of its turns. */
export interface Lanes {
  add(lane: Lane, key: ObjectKey, now: number): void;
  has(turn: Turn, text: string): boolean;
  /** Takes out the next of this turn that may go. */
  take(turn: Turn, mayGo: (text: string) => boolean): ObjectKey | undefined;
  /** Takes one object out of every lane, and says in which it was. */
  leave(text: string): readonly Lane[];
  clear(): void;
  sizes(): Readonly<Record<Lane, number>>;
  /** Since when the one that came first waits; undefined where nobody does. */
  oldest(turn: Turn): number | undefined;
}

const LANES: Readonly<Record<Turn, readonly Lane[]>> = { program: ["first", "in turn"], status: ["status"] };

interface Waiting {
  readonly key: ObjectKey;
  readonly since: number;
}

export function createLanes(): Lanes {
  const lanes: Readonly<Record<Lane, Map<string, Waiting>>> = {
    first: new Map(),
    "in turn": new Map(),
    status: new Map(),
  };
  const has = (turn: Turn, text: string) => LANES[turn].some((lane) => lanes[lane].has(text));
  return {
    has,
    add(lane, key, now) {
      const text = keyText(key);
      if (lane === "first") lanes["in turn"].delete(text);
      if (!has(turnOf(lane), text)) lanes[lane].set(text, { key, since: now });
    },
    take(turn, mayGo) {
      for (const lane of LANES[turn]) {
        for (const [text, { key }] of lanes[lane]) {
          if (!mayGo(text)) continue;
          lanes[lane].delete(text);
          return key;
        }
      }
      return undefined;
    },
    leave: (text) => [...LANES.program, ...LANES.status].filter((lane) => lanes[lane].delete(text)),
    clear() {
      for (const lane of Object.values(lanes)) lane.clear();
    },
    sizes: () => ({ first: lanes.first.size, "in turn": lanes["in turn"].size, status: lanes.status.size }),
    oldest(turn) {
      const firsts = LANES[turn].flatMap((lane) => lanes[lane].values().take(1).toArray());
      return firsts.length === 0 ? undefined : Math.min(...firsts.map(({ since }) => since));
    },
  };
}
