import { type AddressRange, contains, parseRange } from "../core/addresses.ts";
import type { World } from "../model/world.ts";

/** Why an answer of the DNS must not become a rule. */
export type Unwanted = "never meant" | "private";

/**
 * Whoever answers for a name chooses the addresses that pods may then reach. Without this a name could open the machine's
 * own services, the cloud's metadata or the API server to them (DNS rebinding).
 */
export function unwantedAs(address: AddressRange, cluster: readonly AddressRange[]): Unwanted | undefined {
  const seen = [address, ...embedded(address)];
  if (seen.some((each) => NEVER_MEANT.some((range) => contains(range, each)))) return "never meant";
  const isPrivate = seen.some((each) => [...PRIVATE, ...cluster].some((range) => contains(range, each)));
  return isPrivate ? "private" : undefined;
}

/** Addresses of the cluster itself that lie in no private range, as far as they are known. */
export function clusterRanges({ endpointSlices, services }: World): readonly AddressRange[] {
  const endpoints = [...endpointSlices.values()].flatMap((slice) => slice.endpoints);
  const addresses = [
    ...endpoints.flatMap((endpoint) => endpoint.addresses),
    ...(services.get("default/kubernetes")?.clusterAddresses ?? []),
  ];
  return addresses.flatMap(rangesOf);
}

/** "This host", loopback, link-local with the metadata of clouds, multicast, reserved; RFC 6890. */
const NEVER_MEANT = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
].flatMap(rangesOf);

/** RFC 1918, 6598, 2544 and 4193; and where Amazon and Alibaba have their metadata beside the link-local address. */
const PRIVATE = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "fc00::/7",
].flatMap(rangesOf);

/** IPv6 addresses that a gateway turns into IPv4 ones: NAT64 (RFC 6052) in the last 32 bits, 6to4 (RFC 3056) after 16. */
const TRANSLATED = [
  { prefix: "64:ff9b::/96", shift: 0n },
  { prefix: "64:ff9b:1::/48", shift: 0n },
  { prefix: "2002::/16", shift: 80n },
].flatMap(({ prefix, shift }) => rangesOf(prefix).map((range) => ({ range, shift })));

function embedded(address: AddressRange): readonly AddressRange[] {
  return TRANSLATED.filter(({ range }) => contains(range, address)).map(({ shift }) => {
    const value = (address.first >> shift) & 0xffff_ffffn;
    return { family: "IPv4", first: value, last: value };
  });
}

function rangesOf(text: string): readonly AddressRange[] {
  const range = parseRange(text);
  return range === undefined ? [] : [range];
}
