/** A map that remembers only what was used lately: its memory is bounded whatever happens. */
export interface Recent<V> {
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V) => void;
  readonly delete: (key: string) => void;
  readonly values: () => Iterable<V>;
}

export function recent<V>(most: number, forgotten: (value: V) => void = () => undefined): Recent<V> {
  // A Map lists its keys in the order in which they were put in.
  const known = new Map<string, V>();
  const put = (key: string, value: V) => {
    known.delete(key);
    known.set(key, value);
  };
  return {
    get: (key) => {
      const value = known.get(key);
      if (value !== undefined) put(key, value);
      return value;
    },
    set: (key, value) => {
      put(key, value);
      if (known.size <= most) return;
      const [eldest] = known;
      if (eldest === undefined) return;
      known.delete(eldest[0]);
      forgotten(eldest[1]);
    },
    delete: (key) => void known.delete(key),
    values: () => known.values(),
  };
}
