import type { Family } from "./answer.ts";

/** All addresses from `first` to `last`, inclusive, of one family; a single address has first = last. */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** IPv4 in IPv6 clothes (::ffff:0:0/96): Kubernetes gives it no meaning (S59). */
const MAPPED_FIRST = 0xffff_0000_0000n;
const MAPPED_LAST = 0xffff_ffff_ffffn;

/**
 * An address (`10.1.2.3`, `2001:db8::1`) or a CIDR; undefined when it is neither. As the API server's sloppy parser
 * does, host bits are masked and leading zeros are decimal (S58); IPv4-mapped IPv6 is refused (S59).
 */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const range = slash < 0 ? parseAddress(text) : parseCidr(text.slice(0, slash), text.slice(slash + 1));
  return range !== undefined && isMapped(range) ? undefined : range;
}

export function contains(range: AddressRange, other: AddressRange): boolean {
  return range.family === other.family && range.first <= other.first && other.last <= range.last;
}

/** The text of one address, in the form people write it. */
export function addressText(family: Family, value: bigint): string {
  return family === "IPv4" ? ipv4Text(value) : ipv6Text(value);
}

/** An address, a CIDR, or where it is neither, both of its ends. */
export function rangeText({ family, first, last }: AddressRange): string {
  const start = addressText(family, first);
  if (first === last) return start;
  const size = last - first + 1n;
  const isBlock = (size & (size - 1n)) === 0n && first % size === 0n;
  const bits = family === "IPv4" ? 32 : 128;
  return isBlock ? `${start}/${bits - size.toString(2).length + 1}` : `${start}-${addressText(family, last)}`;
}

function parseAddress(text: string): AddressRange | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { family: "IPv4", first: v4, last: v4 };
  const v6 = parseIpv6(text);
  return v6 === undefined ? undefined : { family: "IPv6", first: v6, last: v6 };
}

function parseCidr(base: string, prefix: string): AddressRange | undefined {
  const address = parseAddress(base);
  if (address === undefined || !/^\d{1,3}$/.test(prefix)) return undefined;
  const bits = address.family === "IPv4" ? 32 : 128;
  const host = bits - Number(prefix);
  if (host < 0) return undefined;
  const first = (address.first >> BigInt(host)) << BigInt(host);
  return { family: address.family, first, last: first + (1n << BigInt(host)) - 1n };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,4}$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((value, part) => value * 256n + BigInt(Number(part)), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = withoutDots(text)?.split("::") ?? [];
  if (halves.length === 0 || halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = tail === undefined ? head : fill(head, tail);
  if (groups?.length !== 8 || !groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}

/** `::` stands for at least one group of zeros. */
function fill(head: readonly string[], tail: readonly string[]): readonly string[] | undefined {
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
}

/** The last 32 bits may be written as an IPv4 address. */
function withoutDots(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const colon = text.lastIndexOf(":");
  const v4 = parseIpv4(text.slice(colon + 1));
  if (v4 === undefined || colon < 0) return undefined;
  return `${text.slice(0, colon + 1)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
}

function isMapped(range: AddressRange): boolean {
  return range.family === "IPv6" && range.first >= MAPPED_FIRST && range.last <= MAPPED_LAST;
}

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join(".");
}

/** RFC 5952: lower case, the longest run of at least two zero groups as `::`. */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const runs = [...groups.join(":").matchAll(/(?<![\da-f])0(?::0)+(?![\da-f])/g)].map((match) => match[0]);
  const longest = runs.toSorted((a, b) => b.length - a.length)[0];
  const text = groups.join(":");
  if (longest === undefined) return text;
  const at = text.search(new RegExp(`(?<![\\da-f])${longest}(?![\\da-f])`));
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}
