/** Where something stands in a JSON value: the keys and indices that lead to it. */
export type Place = readonly string[];

/** Every place in a value, the value itself first. */
export function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([key, child]) => placesIn(child).map((place) => [key, ...place])),
  ];
}

export function partAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((parent, key) => Reflect.get(Object(parent), key), value);
}

/** The value with another part at this place. */
export function replaced(value: unknown, place: Place, part: unknown): unknown {
  const [key, ...rest] = place;
  if (key === undefined || typeof value !== "object" || value === null) return part;
  const child = replaced(Reflect.get(value, key), rest, part);
  return Array.isArray(value) ? value.with(Number(key), child) : { ...value, [key]: child };
}
