import type { AddressRange } from "./addresses.ts";
import type { Family } from "./answer.ts";

/**
 * Numbers for addresses: two have the same number if they are in the same of the ranges that were added. Stretches of
 * addresses between the ends of ranges are atoms; several atoms may have one number.
 */
export interface Atoms {
  /** Tells the addresses of the range apart from all others, and answers with those whose number is another one now. */
  add(range: AddressRange, isEmpty: IsEmpty): readonly Stretch[];
  numberOf(family: Family, address: bigint): number;
  isUncut(): boolean;
}

/** Addresses from `first` to below `end`. */
export interface Stretch {
  readonly family: Family;
  readonly first: bigint;
  readonly end: bigint;
}

/** Whether nobody has an address there, so that it may be given another number for nothing. */
export type IsEmpty = (stretch: Stretch) => boolean;

/** The addresses of one family: the atom i lies from cuts[i - 1] to below cuts[i], and has numbers[i]. */
interface Line {
  readonly family: Family;
  readonly cuts: bigint[];
  readonly numbers: number[];
  /** How many atoms have each number. */
  readonly counts: Map<number, number>;
}

export function createAtoms(): Atoms {
  const lines = { IPv4: lineOf("IPv4"), IPv6: lineOf("IPv6") };
  const added = new Set<string>();
  let fresh = 1;
  return {
    add(range, isEmpty) {
      const line = lines[range.family];
      const key = `${range.first}-${range.last}/${range.family}`;
      if (added.has(key)) return [];
      added.add(key);
      const [from, to] = [cutAt(line, range.first), cutAt(line, range.last + 1n)];
      const moved = groupsInside(line, from, to).map((inside) => {
        const renumbered = partToRenumber(line, inside, from, to, isEmpty);
        for (const atom of renumbered.atoms) renumber(line, atom, fresh);
        fresh += 1;
        return renumbered.isFree ? [] : renumbered.atoms.map((atom) => stretchOf(line, atom));
      });
      return moved.flat();
    },
    numberOf: (family, address) => lines[family].numbers[countBelow(lines[family].cuts, address)] ?? 0,
    isUncut: () => added.size === 0,
  };
}

function lineOf(family: Family): Line {
  return { family, cuts: [], numbers: [0], counts: new Map([[0, 1]]) };
}

/** The atom that begins at the address; where none did, one is cut in two of the same number. */
function cutAt({ cuts, numbers, counts }: Line, at: bigint): number {
  const place = countBelow(cuts, at);
  if (at === 0n || cuts[place - 1] === at) return place;
  const number = numbers[place] ?? 0;
  cuts.splice(place, 0, at);
  numbers.splice(place, 0, number);
  counts.set(number, (counts.get(number) ?? 0) + 1);
  return place + 1;
}

/** The atoms from one to below another that share their number with atoms outside, number by number. */
function groupsInside({ numbers, counts }: Line, from: number, to: number): readonly (readonly number[])[] {
  const byNumber = Map.groupBy(
    Array.from({ length: to - from }, (_, i) => from + i),
    (atom) => numbers[atom] ?? 0,
  );
  return [...byNumber]
    .filter(([number, atoms]) => (counts.get(number) ?? 0) > atoms.length)
    .map(([, atoms]) => atoms);
}

/** The side without pods, if there is one; otherwise the pods inside have to move. */
function partToRenumber(
  line: Line,
  inside: readonly number[],
  from: number,
  to: number,
  isEmpty: IsEmpty,
): { readonly atoms: readonly number[]; readonly isFree: boolean } {
  const isBare = (atom: number): boolean => isEmpty(stretchOf(line, atom));
  if (inside.every(isBare)) return { atoms: inside, isFree: true };
  const number = line.numbers[inside[0] ?? 0];
  const outside = [...line.numbers.keys()].filter(
    (atom) => line.numbers[atom] === number && (atom < from || to <= atom),
  );
  return outside.every(isBare) ? { atoms: outside, isFree: true } : { atoms: inside, isFree: false };
}

function renumber({ numbers, counts }: Line, atom: number, number: number): void {
  const old = numbers[atom] ?? 0;
  counts.set(old, (counts.get(old) ?? 0) - 1);
  counts.set(number, (counts.get(number) ?? 0) + 1);
  numbers.splice(atom, 1, number);
}

function stretchOf({ family, cuts }: Line, atom: number): Stretch {
  return { family, first: cuts[atom - 1] ?? 0n, end: cuts[atom] ?? END[family] };
}

const END: Readonly<Record<Family, bigint>> = { IPv4: 1n << 32n, IPv6: 1n << 128n };

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
