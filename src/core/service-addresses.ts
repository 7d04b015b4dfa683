import { type AddressRange, parseRange } from "./addresses.ts";

/** The addresses that Services have of their own, each only once in a cluster. */
export interface ServiceAddresses {
  /** Replaces what the Service had; false where that was the same. */
  put(service: string, addresses: readonly string[]): boolean;
  /** Whether the range is one address, and some Service has it. */
  has(range: AddressRange): boolean;
}

export function createServiceAddresses(): ServiceAddresses {
  const owned = new Map<string, readonly string[]>();
  /** How many have the address: input may give one to two Services. */
  const counts = new Map<string, number>();
  const count = (addresses: readonly string[], step: 1 | -1): void => {
    for (const address of addresses) counts.set(address, (counts.get(address) ?? 0) + step);
  };
  return {
    put(service, addresses) {
      const before = owned.get(service) ?? [];
      const after = addresses.flatMap(textOf).toSorted();
      if (before.join() === after.join()) return false;
      count(before, -1);
      count(after, 1);
      if (after.length === 0) owned.delete(service);
      else owned.set(service, after);
      for (const address of before) if (counts.get(address) === 0) counts.delete(address);
      return true;
    },
    has: (range) => range.first === range.last && counts.has(keyOf(range)),
  };
}

/** However it is written. */
function textOf(address: string): readonly string[] {
  const range = parseRange(address);
  return range === undefined ? [] : [keyOf(range)];
}

function keyOf({ family, first }: AddressRange): string {
  return `${family} ${first}`;
}
