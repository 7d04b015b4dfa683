/** A moment as the times of conditions have it: in whole seconds. */
export function conditionTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
