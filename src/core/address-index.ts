import type { Pod } from "../model/world.ts";
import { parseRange } from "./addresses.ts";
import type { Family } from "./answer.ts";

/** Pods by their addresses, a bucket a subnet, to find those between two addresses without asking every pod. */
export interface AddressIndex {
  add(pod: Pod): void;
  remove(pod: Pod): void;
  /** The pods with an address of the family from `first` to below `end`. */
  within(family: Family, first: bigint, end: bigint): Iterable<Pod>;
}

interface Bucket {
  readonly family: Family;
  readonly first: bigint;
  readonly end: bigint;
  readonly pods: Map<Pod, bigint>;
}

/** The size of a bucket: one that is neither found nor searched slowly where subnets are given to nodes. */
const BITS: Readonly<Record<Family, bigint>> = { IPv4: 8n, IPv6: 64n };

export function createAddressIndex(): AddressIndex {
  const buckets = new Map<string, Bucket>();
  return {
    add(pod) {
      for (const { family, first } of addressesOf(pod)) bucketOf(buckets, family, first).pods.set(pod, first);
    },
    remove(pod) {
      for (const { family, first } of addressesOf(pod)) {
        const bucket = bucketOf(buckets, family, first);
        bucket.pods.delete(pod);
        if (bucket.pods.size === 0) buckets.delete(bucketKey(family, first));
      }
    },
    *within(family, first, end) {
      for (const bucket of buckets.values()) {
        if (bucket.family !== family || bucket.end <= first || end <= bucket.first) continue;
        for (const [pod, address] of bucket.pods) if (first <= address && address < end) yield pod;
      }
    },
  };
}

function addressesOf(pod: Pod) {
  return pod.addresses.map(parseRange).filter((range) => range !== undefined);
}

function bucketOf(buckets: Map<string, Bucket>, family: Family, address: bigint): Bucket {
  const key = bucketKey(family, address);
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const first = (address >> BITS[family]) << BITS[family];
  const bucket = { family, first, end: first + (1n << BITS[family]), pods: new Map<Pod, bigint>() };
  buckets.set(key, bucket);
  return bucket;
}

function bucketKey(family: Family, address: bigint): string {
  return `${family}/${address >> BITS[family]}`;
}
