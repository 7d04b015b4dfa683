/** Keys of objects by a word that they have, such as a label or the name of another object. */
export type KeysByWord = Map<string, Set<string>>;

export function enter(index: KeysByWord, word: string, key: string): void {
  const keys = index.get(word);
  if (keys === undefined) index.set(word, new Set([key]));
  else keys.add(key);
}

/** A word that nothing has any more is forgotten. */
export function leave(index: KeysByWord, word: string, key: string): void {
  const keys = index.get(word);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(word);
}
