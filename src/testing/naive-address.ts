import type { IPBlock } from "../model/network-policy.ts";
import type { Truth } from "./naive-selector.ts";

/**
 * The block matches an address inside it and outside its excepts, of its own family only (S53, S56, S72). An end that
 * has no address yet, or a flow of a family not known, leaves it open (S70).
 */
export function blockMatches(block: IPBlock, addresses: readonly string[], family: number): Truth {
  const cidr = prefixOf(block.cidr);
  const excepts = (block.except ?? []).map(prefixOf);
  if (cidr === undefined || excepts.includes(undefined)) return "U";
  if (family === 0 || addresses.length === 0) return "U";
  const relevant = addresses.filter((address) => familyOf(address) === family).map(bitsOf);
  const isInside = relevant.some(
    (bits) => inside(cidr, bits) && !excepts.some((except) => except !== undefined && inside(except, bits)),
  );
  return isInside ? "T" : "F";
}

/** 4 or 6. */
export function familyOf(address: string): number {
  return address.includes(":") ? 6 : 4;
}

export function sameAddress(a: string, b: string): boolean {
  return bitsOf(a) === bitsOf(b);
}

interface Prefix {
  /** 32 or 128: how many bits an address of this family has. */
  readonly size: number;
  readonly bits: string;
}

function inside(prefix: Prefix, bits: string): boolean {
  return bits.length === prefix.size && bits.startsWith(prefix.bits);
}

/** The leading bits that a CIDR fixes; undefined where it is none, or IPv4 in IPv6 clothes, which means nothing (S59). */
function prefixOf(cidr: string): Prefix | undefined {
  const [, base = "", length] = /^([\da-f:.]*[.:][\da-f:.]*)\/(\d+)$/i.exec(cidr) ?? [];
  const size = base.includes(":") ? 128 : 32;
  if (length === undefined || Number(length) > size) return undefined;
  const bits = bitsOf(base).slice(0, Number(length));
  return bits.startsWith("0".repeat(80) + "1".repeat(16)) ? undefined : { size, bits };
}

/** An address as a text of zeros and ones, the longest way to write it and the hardest to get wrong. */
function bitsOf(address: string): string {
  if (familyOf(address) === 4) return ipv4Bits(address);
  const colon = address.lastIndexOf(":");
  const dotted = address.includes(".") ? ipv4Bits(address.slice(colon + 1)) : "";
  const groups = dotted === "" ? address : address.slice(0, colon + 1).replace(/([^:]):$/, "$1");
  const [head = "", tail = ""] = groups.split("::").map(groupBits);
  return groups.includes("::")
    ? head.padEnd(128 - tail.length - dotted.length, "0") + tail + dotted
    : head + dotted;
}

function ipv4Bits(address: string): string {
  return address
    .split(".")
    .map((part) => binary(Number.parseInt(part, 10), 8))
    .join("");
}

function groupBits(groups: string): string {
  return groups
    .split(":")
    .filter((group) => group !== "")
    .map((group) => binary(Number.parseInt(group, 16), 16))
    .join("");
}

function binary(value: number, digits: number): string {
  return value.toString(2).padStart(digits, "0");
}
