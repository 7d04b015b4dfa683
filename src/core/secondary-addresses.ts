import { parseRange } from "./addresses.ts";

/** What is said of the addresses of one interface on a secondary network, by who says it; nothing is an empty list. */
export interface AddressSources {
  /** spec.network.endpoints of a ServiceAccess. */
  readonly endpoints: readonly string[];
  readonly "network-status": readonly string[];
  /** `ips` of the request, which the network gives or lets the pod fail. */
  readonly request: readonly string[];
  readonly IPAMClaim: readonly string[];
  readonly "guest-agent": readonly string[];
  readonly "cloud-init": readonly string[];
}

export type AddressSource = keyof AddressSources;

export type SecondaryAddresses =
  | { readonly kind: "known"; readonly addresses: readonly string[]; readonly by: AddressSource }
  | { readonly kind: "unknown"; readonly reason: string };

/** The first who says anything is believed, and nobody after him where he cannot be understood: nothing is guessed. */
export function secondaryAddresses(sources: AddressSources): SecondaryAddresses {
  const by = ORDER.find((source) => sources[source].length > 0);
  if (by === undefined) return { kind: "unknown", reason: "nobody says which addresses it has there" };
  const strange = sources[by].find((address) => !isAddress(address));
  return strange === undefined
    ? { kind: "known", addresses: [...new Set(sources[by])], by }
    : { kind: "unknown", reason: `"${strange}", by its ${by}, is no address` };
}

const ORDER: readonly AddressSource[] = [
  "endpoints",
  "network-status",
  "request",
  "IPAMClaim",
  "guest-agent",
  "cloud-init",
];

function isAddress(text: string): boolean {
  return !text.includes("/") && parseRange(text) !== undefined;
}
