import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Protocol } from "../model/world.ts";
import { type AddressRange, addressText, contains, parseRange } from "./addresses.ts";
import {
  ALL_PORTS,
  complement,
  equalSets,
  hasPort,
  intersect,
  isEmptySet,
  isSubset,
  NO_PORTS,
  type PortSet,
  portSet,
  portTexts,
  subtract,
  union,
} from "./ports.ts";

// The same examples in every run: a failure here is for whoever made it.
fc.configureGlobal({ seed: 20_261_121 });

// Neighbours, a gap, and both ends: small enough to try all 32 x 32 pairs of sets.
const UNIVERSE = [1, 2, 3, 5, 65535];
const EVERY_SET = Array.from({ length: 2 ** UNIVERSE.length }, (_, bits) =>
  setOf(UNIVERSE.filter((_port, i) => (bits >> i) % 2 === 1)),
);

test("union, intersection, difference and complement agree with membership", () => {
  for (const [a, b] of pairs()) {
    expect(membersOf(union(a, b))).toEqual(UNIVERSE.filter((port) => has(a, port) || has(b, port)));
    expect(membersOf(intersect(a, b))).toEqual(UNIVERSE.filter((port) => has(a, port) && has(b, port)));
    expect(membersOf(subtract(a, b))).toEqual(UNIVERSE.filter((port) => has(a, port) && !has(b, port)));
    expect(membersOf(complement(a))).toEqual(UNIVERSE.filter((port) => !has(a, port)));
  }
});

test("subset, equality and emptiness agree with membership", () => {
  for (const [a, b] of pairs()) {
    expect(isSubset(a, b)).toBe(UNIVERSE.every((port) => !has(a, port) || has(b, port)));
    expect(equalSets(a, b)).toBe(UNIVERSE.every((port) => has(a, port) === has(b, port)));
    expect(isEmptySet(a)).toBe(UNIVERSE.every((port) => !has(a, port)));
  }
});

test("equal sets are deeply equal, however they were made", () => {
  for (const [a, b] of pairs()) {
    expect(union(a, b)).toEqual(union(b, a));
    expect(intersect(a, b)).toEqual(intersect(b, a));
    expect(complement(complement(a))).toEqual(a);
    expect(complement(union(a, b))).toEqual(intersect(complement(a), complement(b)));
    expect(subtract(a, b)).toEqual(subtract(a, intersect(a, b)));
    expect(union(subtract(a, b), intersect(a, b))).toEqual(a);
    expect(union(a, intersect(a, b))).toEqual(a);
  }
});

test("nothing and everything are neutral or absorbing, by value and not by identity", () => {
  const nothing: PortSet = { TCP: [], UDP: [], SCTP: [] };
  const everything = ["TCP", "UDP", "SCTP"].reduce(
    (all, name) => union(all, portSet(name as Protocol)),
    nothing,
  );
  expect(everything).toEqual(ALL_PORTS);
  for (const a of EVERY_SET) {
    for (const none of [NO_PORTS, nothing]) {
      expect(union(a, none)).toEqual(a);
      expect(intersect(none, a)).toEqual(NO_PORTS);
      expect(subtract(a, none)).toEqual(a);
    }
    for (const all of [ALL_PORTS, everything]) {
      expect(union(all, a)).toEqual(ALL_PORTS);
      expect(intersect(a, all)).toEqual(a);
      expect(subtract(a, all)).toEqual(NO_PORTS);
    }
  }
});

test("union and intersection are associative and distribute, for any sets of all three protocols", () => {
  fc.assert(
    fc.property(anySet(), anySet(), anySet(), (a, b, c) => {
      expect(union(a, union(b, c))).toEqual(union(union(a, b), c));
      expect(intersect(a, intersect(b, c))).toEqual(intersect(intersect(a, b), c));
      expect(intersect(a, union(b, c))).toEqual(union(intersect(a, b), intersect(a, c)));
      expect(union(a, intersect(b, c))).toEqual(intersect(union(a, b), union(a, c)));
    }),
  );
});

test("any set is canonical: sorted ranges that neither overlap nor touch", () => {
  fc.assert(
    fc.property(anySet(), anySet(), (a, b) => {
      for (const set of [union(a, b), intersect(a, b), subtract(a, b), complement(a)]) {
        for (const ranges of [set.TCP, set.UDP, set.SCTP]) {
          const edges = ranges.flatMap(({ from, to }) => [from, to + 1]);
          expect(edges).toEqual([...new Set(edges)].toSorted((x, y) => x - y));
        }
      }
    }),
  );
});

test("the texts of a set say exactly what is in it", () => {
  expect(portTexts(union(portSet("UDP", 53, 53), portSet("TCP", 80, 90)))).toEqual(["TCP/80-90", "UDP/53"]);
  fc.assert(
    fc.property(anySet(), (set) => {
      expect(portTexts(set).map(setOfText).reduce(union, NO_PORTS)).toEqual(set);
    }),
  );
});

test("an address is inside a CIDR exactly when Node's own block list says so", () => {
  fc.assert(
    fc.property(anyFamily(), ({ family, bits, base, prefix, other }) => {
      const list = new BlockList();
      list.addSubnet(base, prefix, family);
      // Addresses that share a prefix with the base, or nearly: random ones would always lie outside.
      for (const address of [base, flipped(family, base, prefix), flipped(family, base, prefix - 1), other]) {
        const cidr = rangeOf(`${base}/${prefix}`);
        expect([address, contains(cidr, rangeOf(address))]).toEqual([address, list.check(address, family)]);
        expect(cidr.last - cidr.first + 1n).toBe(1n << BigInt(bits - prefix));
      }
    }),
  );
});

test("the text of an address is the canonical one, and reads back", () => {
  fc.assert(
    fc.property(plainV6(), fc.ipV4(), (v6, v4) => {
      const { first } = rangeOf(v6);
      expect(`[${addressText("IPv6", first)}]`).toBe(new URL(`http://[${v6}]`).hostname);
      expect(rangeOf(addressText("IPv6", first)).first).toBe(first);
      expect(addressText("IPv4", rangeOf(v4).first)).toBe(v4);
    }),
  );
});

test("every way to write an IPv6 address reads as the same address", () => {
  const one = ["::1", "0:0:0:0:0:0:0:1", "0000::0001", "0::1", "::0:1", "0:0:0:0:0:0:0.0.0.1", "::0.0.0.1"];
  for (const text of one) expect([text, parseRange(text)?.first]).toEqual([text, 1n]);
  expect(parseRange("1:2:3:4:5:6:7::")).toEqual(parseRange("1:2:3:4:5:6:7:0"));
  expect(parseRange("::2:3:4:5:6:7:8")).toEqual(parseRange("0:2:3:4:5:6:7:8"));
  expect(parseRange("2001:DB8::A")).toEqual(parseRange("2001:db8::a"));
  expect(parseRange("::/0")).toEqual({ family: "IPv6", first: 0n, last: (1n << 128n) - 1n });
});

test("a CIDR contains another exactly when it contains its first and its last address", () => {
  fc.assert(
    fc.property(anyFamily(), fc.nat(128), ({ family, bits, base, prefix }, length) => {
      const cidr = rangeOf(`${base}/${prefix}`);
      const inner = rangeOf(`${flipped(family, base, length)}/${Math.min(length, bits)}`);
      const ends = [inner.first, inner.last].map((value) => ({ ...inner, first: value, last: value }));
      expect(contains(cidr, inner)).toBe(ends.every((end) => contains(cidr, end)));
      expect(contains(cidr, { ...cidr, family: family === "ipv4" ? "IPv6" : "IPv4" })).toBe(false);
    }),
  );
});

test("what is no address is no range", () => {
  const wrong = [
    "",
    "/",
    "10.0.0",
    "10.0.0.0/33",
    "10.0.0.256",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "::/129",
  ];
  const odd = [
    ":::",
    "1::2::3",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "fe80::1%eth0",
    "localhost",
  ];
  const mapped = ["::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "::ffff:0:0/96"];
  for (const text of [...wrong, ...odd, ...mapped])
    expect([text, parseRange(text)]).toEqual([text, undefined]);
});

function setOf(ports: readonly number[]): PortSet {
  return ports.map((port) => portSet("TCP", port, port)).reduce(union, NO_PORTS);
}

function setOfText(text: string): PortSet {
  const [protocol, from = "", to = from] = text.split(/[/-]/);
  return portSet(protocol as Protocol, Number(from), Number(to));
}

function has(set: PortSet, port: number): boolean {
  return hasPort(set, "TCP", port);
}

function membersOf(set: PortSet): readonly number[] {
  return UNIVERSE.filter((port) => has(set, port));
}

function pairs(): readonly (readonly [PortSet, PortSet])[] {
  return EVERY_SET.flatMap((a) => EVERY_SET.map((b) => [a, b] as const));
}

/** Ranges that like to touch and to overlap. */
function anySet(): fc.Arbitrary<PortSet> {
  const edge = fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 65535 }),
    fc.constant(65535),
  );
  const range = fc.record({ protocol: fc.constantFrom<Protocol[]>("TCP", "UDP", "SCTP"), a: edge, b: edge });
  return fc
    .array(range, { maxLength: 6 })
    .map((ranges) =>
      ranges
        .map(({ protocol, a, b }) => portSet(protocol, Math.min(a, b), Math.max(a, b)))
        .reduce(union, NO_PORTS),
    );
}

interface Subnet {
  readonly family: "ipv4" | "ipv6";
  readonly bits: number;
  readonly base: string;
  readonly prefix: number;
  readonly other: string;
}

function anyFamily(): fc.Arbitrary<Subnet> {
  const v4 = fc.record({
    family: fc.constant("ipv4" as const),
    bits: fc.constant(32),
    base: fc.ipV4(),
    prefix: fc.integer({ min: 1, max: 32 }),
    other: fc.ipV4(),
  });
  const v6 = fc.record({
    family: fc.constant("ipv6" as const),
    bits: fc.constant(128),
    base: plainV6(),
    prefix: fc.integer({ min: 1, max: 128 }),
    other: plainV6(),
  });
  return fc.oneof(v4, v6);
}

/** Many zeros, which is what makes the text of an address hard; none of the IPv4-mapped ones, which are refused. */
function plainV6(): fc.Arbitrary<string> {
  const group = fc.oneof(
    fc.constant("0"),
    fc.constant("0"),
    fc.constantFrom("1", "ffff", "a0"),
    fc.nat(0xffff).map((n) => n.toString(16)),
  );
  return fc
    .tuple(...Array.from({ length: 8 }, () => group))
    .map((groups) => groups.join(":"))
    .filter((text) => !/^(0:){5}ffff:/.test(text));
}

/** The address with one bit the other way. */
function flipped(family: "ipv4" | "ipv6", address: string, bit: number): string {
  const { family: name, first } = rangeOf(address);
  const width = family === "ipv4" ? 32 : 128;
  const value = bit >= width ? first : first ^ (1n << BigInt(width - 1 - bit));
  return addressText(name, value);
}

function rangeOf(text: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`${text} is no address`);
  return range;
}
