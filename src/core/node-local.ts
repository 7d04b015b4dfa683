import { type AddressRange, contains, parseRange } from "./addresses.ts";

/**
 * Whether nobody but the sender's own node can have the address: link-local ones are not routed, and caches for names
 * listen at them. The clouds' metadata address is answered beyond the node.
 */
export function isNodeLocal(address: AddressRange): boolean {
  return !METADATA.some((range) => contains(range, address)) && isLinkLocal(address);
}

/** Whether all of the range is where no pod has its address. */
export function isLinkLocal(range: AddressRange): boolean {
  return LOCAL.some((local) => contains(local, range));
}

/** The last is what Gardener's cache has in place of a link-local one. */
const LOCAL = ranges("169.254.0.0/16", "fe80::/10", "fd30:1319:f1e:230b::1");
const METADATA = ranges("169.254.169.254");

function ranges(...texts: readonly string[]): readonly AddressRange[] {
  return texts.flatMap((text) => parseRange(text) ?? []);
}
