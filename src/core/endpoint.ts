import type { Pod } from "../model/world.ts";
import { type AddressRange, parseRange, rangeText } from "./addresses.ts";
import type { Family } from "./answer.ts";

/** One end of a flow: a pod (or a workload's template), or addresses outside the cluster. */
export type Endpoint =
  | { readonly kind: "pod"; readonly pod: Pod }
  | { readonly kind: "address"; readonly address: AddressRange };

/** `namespace/name`, or `namespace/Kind/name` for a pod that stands for a workload's template; else the address. */
export function endpointText(endpoint: Endpoint): string {
  return endpoint.kind === "pod" ? podText(endpoint.pod) : rangeText(endpoint.address);
}

export function podText(pod: Pod): string {
  if (pod.fromTemplate && pod.owner !== undefined)
    return `${pod.namespace}/${pod.owner.kind}/${pod.owner.name}`;
  return `${pod.namespace}/${pod.name}`;
}

/** A pod that has ended is no endpoint: its address may already belong to another (S68). */
export function isEndpoint(pod: Pod): boolean {
  return pod.phase !== "Succeeded" && pod.phase !== "Failed";
}

/** The endpoint's addresses of one family; empty where they are not known. */
export function addressesOf(endpoint: Endpoint, family: Family | undefined): readonly AddressRange[] {
  if (endpoint.kind === "address") return [endpoint.address];
  return podRanges(endpoint.pod).filter((range) => range.family === family);
}

/**
 * The families in which a flow between the two can exist; `undefined` in the list stands for "a family that the input
 * does not say", and an empty list means that the two share none.
 */
export function sharedFamilies(a: Endpoint, b: Endpoint): readonly (Family | undefined)[] {
  const [ofA, ofB] = [familiesOf(a), familiesOf(b)];
  if (ofA.length === 0 && ofB.length === 0) return [undefined];
  if (ofA === ofB || ofA.length === 0) return ofB;
  return ofB.length === 0 ? ofA : ofA.filter((family) => ofB.includes(family));
}

/** A pod is held against many blocks, and its addresses are read once. */
function podRanges(pod: Pod): readonly AddressRange[] {
  const known = RANGES.get(pod);
  if (known !== undefined) return known;
  const ranges = pod.addresses.map(parseRange).filter((range) => range !== undefined);
  RANGES.set(pod, ranges);
  return ranges;
}

const RANGES = new WeakMap<Pod, readonly AddressRange[]>();

export function familiesOf(endpoint: Endpoint): readonly Family[] {
  if (endpoint.kind === "address") return [endpoint.address.family];
  const [address, other] = endpoint.pod.addresses;
  if (address === undefined) return [];
  if (other === undefined && IPV4.test(address)) return ONLY_IPV4;
  const ranges = podRanges(endpoint.pod);
  return (["IPv4", "IPv6"] as const).filter((family) => ranges.some((range) => range.family === family));
}

/** What nearly every pod has, told without working it out: a flow is asked for very often. */
const IPV4 = /^(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])(\.(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])){3}$/;
const ONLY_IPV4: readonly Family[] = ["IPv4"];
