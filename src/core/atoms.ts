import type { AddressRange } from "./addresses.ts";
import type { Family } from "./answer.ts";

/**
 * Cuts the addresses of both families where some range begins or ends: addresses of one atom are in the same ranges. An
 * atom is known by the cut at or below it, so that a new cut renames nothing but what lies above it.
 */
export interface Atoms {
  /** The cuts that are new, each the first address of a new atom. */
  add(range: AddressRange): readonly Cut[];
  /** The atom of an address; -1n below every cut. */
  atomOf(family: Family, address: bigint): bigint;
  size(): number;
}

export interface Cut {
  readonly family: Family;
  readonly at: bigint;
}

export function createAtoms(): Atoms {
  const cuts: Record<Family, bigint[]> = { IPv4: [], IPv6: [] };

  function cut(family: Family, at: bigint): readonly Cut[] {
    const below = countBelow(cuts[family], at);
    if (cuts[family][below - 1] === at) return [];
    cuts[family].splice(below, 0, at);
    return [{ family, at }];
  }

  return {
    add: ({ family, first, last }) => [...cut(family, first), ...cut(family, last + 1n)],
    atomOf: (family, address) => cuts[family][countBelow(cuts[family], address) - 1] ?? -1n,
    size: () => cuts.IPv4.length + cuts.IPv6.length,
  };
}

/** How many of the cuts lie at or below the address. */
function countBelow(cuts: readonly bigint[], address: bigint): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
