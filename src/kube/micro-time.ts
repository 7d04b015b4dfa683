/**
 * A moment as coordination.k8s.io and events.k8s.io take it: with six digits after the point, neither more nor fewer. What
 * `toISOString` gives has three and is refused, at every write.
 */
export function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
