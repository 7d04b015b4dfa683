import { addressText, parseRange } from "../core/addresses.ts";
import type { PolicyPeer } from "../model/network-policy.ts";

/** Each address as a block of its own, in its canonical form; what is no single address is left out. */
export function addressBlocks(addresses: readonly string[]): readonly PolicyPeer[] {
  return addresses.flatMap((address) => {
    const range = parseRange(address);
    if (range === undefined || range.first !== range.last) return [];
    const bits = range.family === "IPv4" ? 32 : 128;
    return [{ ipBlock: { cidr: `${addressText(range.family, range.first)}/${bits}` } }];
  });
}

export function isIPv6(address: string): boolean {
  return parseRange(address)?.family === "IPv6";
}
