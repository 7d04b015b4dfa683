/** Whether two values of plain data say the same; the order of keys does not matter, that of list elements does. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return areListsEqual(a, b);
  const [ofA, ofB] = [present(a), present(b)];
  return (
    ofA.size === ofB.size && [...ofA].every(([key, value]) => ofB.has(key) && isEqual(value, ofB.get(key)))
  );
}

function areListsEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, i) => isEqual(item, b[i]));
}

/** A key with the value undefined is as good as absent: JSON cannot tell them apart. */
function present(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, each]) => each !== undefined));
}
