import { type AddressRange, addressText } from "../core/addresses.ts";
import { keyText } from "../model/key.ts";
import { endpointId } from "../model/launcher.ts";
import type { Pod, World } from "../model/world.ts";
import type { Party } from "./parties.ts";
import { podCount, workloadOf } from "./workloads.ts";

/** One end of a row. */
export type Place =
  | {
      readonly kind: "workload";
      readonly namespace: string;
      readonly workload: string;
      readonly pods: ReadonlySet<Pod>;
    }
  | { readonly kind: "addresses"; readonly ranges: readonly AddressRange[] };

/** Pods of one class may belong to several workloads. */
export function placesOf(party: Party, world: World): readonly Place[] {
  if (party.kind === "addresses") return [{ kind: "addresses", ranges: [party.range] }];
  const { namespace } = party.group.pod;
  const byWorkload = Map.groupBy(party.group.members, (pod) => workloadOf(pod, world));
  return [...byWorkload].map(([workload, pods]) => ({
    kind: "workload",
    namespace,
    workload,
    pods: new Set(pods),
  }));
}

/** The one pod of a place, if it has no other, or the one virtual machine, by its `endpointId`. */
export function onlyEndpoint(place: Place): string | undefined {
  if (place.kind === "addresses" || podCount(place.pods) !== 1) return undefined;
  const [pod] = place.pods;
  return pod === undefined ? undefined : endpointId(pod);
}

/** Equal for places that may be one: of the same workload, or addresses of one family. */
export function placeKey(place: Place): string {
  return place.kind === "workload" ? `${place.namespace}/${place.workload}` : (place.ranges[0]?.family ?? "");
}

/** All of these places, which are of one key, as one. */
export function joinedPlace(first: Place, others: readonly Place[]): Place {
  const all = [first, ...others];
  if (first.kind === "workload") {
    return {
      ...first,
      pods: new Set(all.flatMap((place) => (place.kind === "workload" ? [...place.pods] : []))),
    };
  }
  return wholeRanges(all.flatMap((place) => (place.kind === "addresses" ? place.ranges : [])));
}

/** Neighbouring ranges are one; ranges of parties are the same or apart. */
function wholeRanges(ranges: readonly AddressRange[]): Place {
  const joined: AddressRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : Number(a.first > b.first)))) {
    const last = joined.at(-1);
    if (last === undefined || range.first > last.last + 1n) joined.push(range);
    else joined[joined.length - 1] = { ...last, last: range.last };
  }
  return { kind: "addresses", ranges: joined };
}

/** `namespace/Kind/name`, or the addresses, with commas. */
export function placeText(place: Place): string {
  return place.kind === "workload"
    ? `${place.namespace}/${place.workload}`
    : place.ranges.map(rangeText).join(", ");
}

/** `0.0.0.0/0`, `10.0.0.0/8`, or `first-last` where no CIDR says it. */
export function rangeText({ family, first, last }: AddressRange): string {
  const size = last - first + 1n;
  const host = size.toString(2).length - 1;
  const isCidr = size === 1n << BigInt(host) && first % size === 0n;
  const bits = family === "IPv4" ? 32 : 128;
  return isCidr
    ? `${addressText(family, first)}/${bits - host}`
    : `${addressText(family, first)}-${addressText(family, last)}`;
}

/** Tells apart places of the same text: other pods of the same workload. */
export function firstPod(place: Place): string {
  return place.kind === "workload" ? ([...place.pods].map(keyText).toSorted()[0] ?? "") : "";
}
