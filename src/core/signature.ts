import type { Pod } from "../model/world.ts";
import { parseRange } from "./addresses.ts";
import type { Atoms } from "./atoms.ts";
import { pairText } from "./subject-index.ts";

/** What policies can see of a pod within its namespace: pods of one key are one class. */
export interface Signature {
  readonly key: string;
  readonly pairs: readonly string[];
}

/** What some policy of the cluster looks at. */
export interface Seen {
  readonly keys: ReadonlySet<string>;
  readonly portNames: ReadonlySet<string>;
  readonly atoms: Atoms;
}

/** A pod's own node is left out: it always reaches its pods, whatever policies say. */
export function signatureOf(pod: Pod, ownKeys: ReadonlySet<string>, seen: Seen): Signature {
  const pairs: string[] = [];
  for (const key in pod.labels) {
    if (ownKeys.has(key) || seen.keys.has(key)) pairs.push(pairText(key, pod.labels[key] ?? ""));
  }
  // Most pods have few labels that anyone reads; sorting is for those that write them in another order.
  if (pairs.length > 1) pairs.sort();
  return { key: `${pairs.join()}|${portsText(pod, seen)}|${addressText(pod, seen)}|${kindText(pod)}`, pairs };
}

function portsText(pod: Pod, { portNames }: Seen): string {
  if (portNames.size === 0 || pod.ports.length === 0) return "";
  return pod.ports
    .filter((port) => portNames.has(port.name))
    .map((port) => `${port.name}:${port.protocol}:${port.number}`)
    .toSorted()
    .join();
}

/** The families matter even where no range does: a flow needs one that both ends have. */
function addressText(pod: Pod, { atoms }: Seen): string {
  if (atoms.size() === 0) return pod.addresses.map((text) => (text.includes(":") ? "6" : "4")).join("");
  return pod.addresses
    .map(parseRange)
    .filter((range) => range !== undefined)
    .map((range) => `${range.family}:${atoms.atomOf(range.family, range.first)}`)
    .toSorted()
    .join();
}

function kindText(pod: Pod): string {
  return `${pod.hostNetwork ? "h" : ""}${pod.replicas > 1 ? "n" : ""}`;
}
