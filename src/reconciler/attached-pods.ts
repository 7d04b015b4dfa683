import type { Pod, World } from "../model/world.ts";
import { workloadKey } from "../model/world.ts";
import { enter, type KeysByWord, leave } from "./keys-by-word.ts";

/** Which pods are attached to secondary networks at all, and whose addresses there somebody else may know. */
export interface AttachedPods {
  all(world: World): Iterable<Pod>;
  /** Keys of those with a word, such as `claim shop/a` or `owner shop/VirtualMachineInstance/a`. */
  keys(word: string): Iterable<string>;
  replace(key: string, before: Pod | undefined, after: Pod | undefined): void;
}

export function attachedPods(): AttachedPods {
  const byWord: KeysByWord = new Map();
  return {
    *all({ pods }) {
      for (const key of byWord.get(ALL) ?? []) {
        const pod = pods.get(key);
        if (pod !== undefined) yield pod;
      }
    },
    keys: (word) => byWord.get(word) ?? [],
    replace(key, before, after) {
      for (const word of wordsOf(before)) leave(byWord, word, key);
      for (const word of wordsOf(after)) enter(byWord, word, key);
    },
  };
}

const ALL = "attached";

function wordsOf(pod: Pod | undefined): readonly string[] {
  if (pod?.attachments === undefined) return [];
  const { namespace, owner, attachments } = pod;
  const claims = attachments
    .filter(({ claim }) => claim !== "")
    .map(({ claim }) => `claim ${namespace}/${claim}`);
  return [ALL, ...claims, ...(owner === undefined ? [] : [`owner ${workloadKey(namespace, owner)}`])];
}
