import { STATUS_LIMITS } from "../model/service-access.ts";
import { pieces } from "./bounds.ts";
import { type Place, rangeText } from "./places.ts";
import { podCount } from "./workloads.ts";

/** One end of a row as a status has it. */
export interface StatusPlace {
  readonly namespace?: string;
  readonly workload?: string;
  readonly addresses?: readonly string[];
  readonly pods?: number;
}

/** One place, or several where a list of addresses is longer than a status takes. */
export function statusPlaces(place: Place): readonly StatusPlace[] {
  if (place.kind === "addresses") {
    return pieces(place.ranges.map(rangeText), STATUS_LIMITS.addresses).map((addresses) => ({ addresses }));
  }
  return [{ namespace: place.namespace, workload: place.workload, pods: podCount(place.pods) }];
}
