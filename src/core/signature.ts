import type { Pod } from "../model/world.ts";
import { parseRange } from "./addresses.ts";
import type { Atoms } from "./atoms.ts";
import { pairText } from "./selector.ts";

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
  const pairs = pairsOf(pod, ownKeys, seen);
  // Most pods have few labels that anyone reads; sorting is for those that write them in another order.
  if (pairs.length > 1) pairs.sort();
  const rest = `|${portsText(pod, seen)}|${addressText(pod, seen)}|${kindText(pod)}`;
  const [only = ""] = pairs;
  return { key: (pairs.length < 2 ? quoted(only) : pairs.map(quoted).join(",")) + rest, pairs };
}

function pairsOf({ labels }: Pod, ownKeys: ReadonlySet<string>, { keys }: Seen): string[] {
  let pairs: string[] | undefined;
  for (const key in labels) {
    if (!ownKeys.has(key) && !keys.has(key)) continue;
    const pair = pairText(key, labels[key] ?? "");
    if (pairs === undefined) pairs = [pair];
    else pairs.push(pair);
  }
  return pairs ?? [];
}

/** A value from a file may hold anything, and must not pass for two labels. */
function quoted(pair: string): string {
  return pair.includes(",") || pair.includes("|") || pair.includes('"') ? JSON.stringify(pair) : pair;
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
  const [address, other] = pod.addresses;
  if (address === undefined) return "";
  if (other === undefined) return atomText(address, atoms);
  return pod.addresses
    .map((text) => atomText(text, atoms))
    .toSorted()
    .join();
}

/** Uncut, all addresses of a family are one atom, and which family it is can be seen without reading the address. */
function atomText(text: string, atoms: Atoms): string {
  if (atoms.isUncut()) return text.includes(":") ? "6:0" : "4:0";
  const range = parseRange(text);
  if (range === undefined) return "";
  return `${range.family === "IPv6" ? 6 : 4}:${atoms.numberOf(range.family, range.first)}`;
}

/** What is not forwarded to a guest nobody reaches, whatever policies say. */
function forwardsText({ forwards }: Pod): string {
  return forwards === undefined
    ? ""
    : forwards
        .map((port) => `${port.protocol}${port.number}`)
        .toSorted()
        .join();
}

function kindText(pod: Pod): string {
  const { secondary } = pod;
  const kind = `${pod.hostNetwork ? "h" : ""}${pod.replicas > 1 ? "n" : ""}${forwardsText(pod)}`;
  if (secondary === undefined) return kind;
  const { definitions, isListed, isMachine } = secondary;
  return `${kind}${isListed ? "l" : ""}${isMachine ? "m" : ""}${definitions.join()}`;
}
