import fc from "fast-check";
import { expect, test } from "vitest";
import { createAtoms } from "./atoms.ts";

test("two addresses have one number exactly if they are in the same of the ranges", () => {
  const range = fc.tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 19 })).map(([a, b]) => ({
    family: "IPv4" as const,
    first: BigInt(Math.min(a, b)),
    last: BigInt(Math.max(a, b)),
  }));
  const law = fc.property(fc.array(range, { maxLength: 8 }), fc.subarray(SMALL), (ranges, inhabited) => {
    const atoms = createAtoms();
    const numbers = new Map(inhabited.map((address) => [address, atoms.numberOf("IPv4", address)]));
    for (const each of ranges) {
      const moved = atoms.add(
        each,
        ({ first, end }) => !inhabited.some((address) => first <= address && address < end),
      );
      // Whoever was told of a new number asks again; everyone else keeps the one that they know.
      for (const address of inhabited) {
        const now = atoms.numberOf("IPv4", address);
        if (moved.some(({ first, end }) => first <= address && address < end)) numbers.set(address, now);
        expect(numbers.get(address)).toBe(now);
      }
    }
    for (const a of inhabited) {
      for (const b of inhabited) {
        const isAlike = ranges.every(
          ({ first, last }) => (first <= a && a <= last) === (first <= b && b <= last),
        );
        expect(numbers.get(a) === numbers.get(b), `${a} and ${b}`).toBe(isAlike);
      }
    }
  });
  fc.assert(law, { numRuns: 1000, seed: 20261121 });
});

test("a range in which nobody lives, or outside of which nobody does, moves nobody", () => {
  const atoms = createAtoms();
  const isEmpty = ({ first, end }: { readonly first: bigint; readonly end: bigint }) =>
    !(first <= 5n && 5n < end);
  expect(atoms.add({ family: "IPv4", first: 10n, last: 12n }, isEmpty)).toEqual([]);
  expect(atoms.add({ family: "IPv4", first: 2n, last: 8n }, isEmpty)).toEqual([]);
  expect(atoms.add({ family: "IPv4", first: 0n, last: (1n << 32n) - 1n }, isEmpty)).toEqual([]);
});

const SMALL = Array.from({ length: 20 }, (_, i) => BigInt(i));
