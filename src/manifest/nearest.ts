/** The candidates that look most like what was written: what someone who mistyped most likely meant. */
export function nearest(written: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const tolerance = Math.max(2, Math.floor(written.length / 8));
  return [...new Set(candidates)]
    .filter((candidate) => Math.abs(candidate.length - written.length) <= tolerance)
    .map((candidate) => ({ candidate, distance: distance(written, candidate) }))
    .filter((scored) => scored.distance <= tolerance)
    .toSorted((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** `; did you mean a or b?`, or nothing. */
export function suggestion(names: readonly string[]): string {
  if (names.length === 0) return "";
  const last = names.at(-1) ?? "";
  return `; did you mean ${names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`}?`;
}

/** Levenshtein, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
