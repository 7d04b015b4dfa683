/** A list with at least one element: used wherever Kubernetes reads an empty list as "everyone". */
export type NonEmpty<T> = readonly [T, ...T[]];

export function isNonEmpty<T>(list: readonly T[]): list is NonEmpty<T> {
  return list.length > 0;
}
