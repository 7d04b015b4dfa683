/**
 * An equal value that has in common with earlier ones whatever is equal in both: the labels of a workload's pods, the ends
 * of rows, and what the policies of many namespaces say. Big clusters repeat themselves, and need be kept only once.
 */
export function share<T>(value: T): T;
export function share(value: unknown): unknown {
  if (typeof value === "string") return value.length > LONG ? value : known(value, value);
  if (typeof value !== "object" || value === null) return value;
  const parts: object = Array.isArray(value)
    ? value.map((part: unknown) => share(part))
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, share(part)]));
  const text = JSON.stringify(parts);
  return text.length > LONG ? parts : known(text, parts);
}

/** What is longer is hardly said twice. */
const LONG = 400;

/** So many different things are kept in mind; to forget them all only means that later ones are shared among themselves. */
const MANY = 50_000;

const KNOWN = new Map<string, unknown>();

function known(text: string, value: unknown): unknown {
  const found = KNOWN.get(text);
  if (found !== undefined && typeof found === typeof value) return found;
  if (KNOWN.size >= MANY) KNOWN.clear();
  KNOWN.set(text, value);
  return value;
}
