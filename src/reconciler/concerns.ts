import type { Evaluator } from "../core/evaluator.ts";
import { cluesOf } from "./clues.ts";
import type { Concern } from "./concern.ts";
import { wordsOf } from "./concern-words.ts";
import { enter, type KeysByWord, leave } from "./keys-by-word.ts";
import type { Change } from "./store.ts";

/**
 * What all statuses were worked out from, by the words that a change can be looked up with: who asks for a change looks
 * at the few objects that have a word in common with it, never at all of them. Objects are known by `namespace/name`.
 */
export interface Concerns {
  set(key: string, concern: Concern): void;
  delete(key: string): void;
  /** The objects whose status the change may have changed. Of one that has no status yet nothing is known. */
  concernedBy(change: Change, evaluator: Evaluator): ReadonlySet<string>;
}

export function createConcerns(): Concerns {
  const concerns = new Map<string, Concern>();
  const shelves: KeysByWord = new Map();
  const remove = (key: string) => {
    const concern = concerns.get(key);
    concerns.delete(key);
    for (const word of concern === undefined ? [] : wordsOf(concern)) leave(shelves, word, key);
  };
  return {
    set(key, concern) {
      remove(key);
      concerns.set(key, concern);
      for (const word of wordsOf(concern)) enter(shelves, word, key);
    },
    delete: remove,
    concernedBy(change, evaluator) {
      const found = cluesOf(change, evaluator);
      if (found === "everyone") return new Set(concerns.keys());
      const keys = new Set<string>();
      for (const { words, isMeant } of found) {
        for (const word of words) {
          for (const key of shelves.get(word) ?? []) {
            const concern = concerns.get(key);
            if (concern !== undefined && !keys.has(key) && (isMeant?.(concern) ?? true)) keys.add(key);
          }
        }
      }
      return keys;
    },
  };
}
