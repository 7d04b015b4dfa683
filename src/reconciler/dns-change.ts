import { clusterDns, isDnsCache, mayBeDns } from "../generator/cluster-dns.ts";
import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { EndpointSlice, World } from "../model/world.ts";
import { objectIn } from "./stored.ts";
import type { Change } from "./store.ts";

/** Whether the cluster's DNS may be somewhere else now: nearly every object has a rule for it. */
export function movesDns({ kind, key, before, after }: Change, world: World): boolean {
  if (kind === "Workload") return isDnsCache(key) && (before === undefined || after === undefined);
  if (kind === "EndpointSlice")
    return movesPorts(objectIn(before, "EndpointSlice"), objectIn(after, "EndpointSlice"), world);
  return [before, after].some((item) => item?.kind === "Service" && mayBeDns(item.object, world.platform));
}

/** Pods of the DNS come and go; where they listen is the same for years. */
function movesPorts(
  before: EndpointSlice | undefined,
  after: EndpointSlice | undefined,
  world: World,
): boolean {
  const dns = clusterDns(world);
  const isOfDns = [before, after].some(
    (slice) => slice !== undefined && dns !== undefined && keyOf(slice) === keyText(dns),
  );
  return isOfDns && !isEqual(before?.ports, after?.ports);
}

function keyOf({ namespace, service }: EndpointSlice): string {
  return keyText({ namespace, name: service });
}
