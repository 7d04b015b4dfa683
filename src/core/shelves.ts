/** Up to here asking each thing is quicker than looking a word up. */
export const FEW = 8;

/** Things by a word, such as a label that they have. Most words stand for one thing, which then needs no set. */
export type Shelves<T extends object> = Map<string, T | Set<T>>;

export function shelve<T extends object>(shelves: Shelves<T>, word: string, thing: T): void {
  const known = shelves.get(word);
  if (known === undefined) shelves.set(word, thing);
  else if (known instanceof Set) known.add(thing);
  else if (known !== thing) shelves.set(word, new Set([known, thing]));
}

export function unshelve<T extends object>(shelves: Shelves<T>, word: string, thing: T): void {
  const known = shelves.get(word);
  if (known instanceof Set) known.delete(thing);
  if (known === thing || (known instanceof Set && known.size === 0)) shelves.delete(word);
}

export function onShelf<T extends object>(shelves: Shelves<T>, word: string): Iterable<T> {
  const known = shelves.get(word);
  if (known === undefined) return [];
  return known instanceof Set ? known : [known];
}
