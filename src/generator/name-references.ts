import { type AddressRange, parseRange } from "../core/addresses.ts";
import type { NamesPeer, NameStatus, ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { destinationsIn } from "./asked-peers.ts";
import { fqdnsOf } from "./fqdns.ts";
import { clusterRanges, unwantedAs } from "./unwanted-addresses.ts";

/** A DNS name of an object, and what is known of it. */
export interface NameReference {
  readonly entry: NameStatus;
  /** Answers that a peer by this name does not take, as text. */
  readonly refused: readonly string[];
}

/** All names of an object, in the order of the alphabet. */
export function namesOf(access: ServiceAccess, world: World): readonly NameReference[] {
  const { asked, tooMany } = fqdnsOf(access);
  if (asked.length === 0) return [];
  const cluster = clusterRanges(world);
  return [
    ...asked.map((name) => {
      const entry = entryOf(name, access, world);
      return { entry, refused: refusedOf(entry, access, cluster) };
    }),
    ...tooMany.map((name) => ({ entry: overMany(name), refused: [] })),
  ].toSorted((a, b) => (a.entry.name < b.entry.name ? -1 : 1));
}

/**
 * What was resolved, and before anything was asked what the status has kept: after a restart, and on the command line,
 * which asks nobody.
 */
export function entryOf(name: string, access: ServiceAccess, world: World): NameStatus {
  if (!fqdnsOf(access).asked.includes(name)) return overMany(name);
  const kept = access.status?.names?.find((each) => each.name === name);
  return world.names.get(name) ?? kept ?? { name, reason: "Pending", answers: [] };
}

function overMany(name: string): NameStatus {
  return { name, reason: "TooMany", answers: [] };
}

export interface Answer {
  readonly address: string;
  readonly range: AddressRange;
}

/** What cannot be read is no address: nothing is let through for it. */
export function answersOf({ answers }: NameStatus): readonly Answer[] {
  return answers.flatMap(({ address }) => {
    const range = parseRange(address);
    return range !== undefined && range.first === range.last ? [{ address, range }] : [];
  });
}

export function isTaken(answer: Answer, peer: NamesPeer, cluster: readonly AddressRange[]): boolean {
  switch (unwantedAs(answer.range, cluster)) {
    case undefined:
      return true;
    case "private":
      return peer.allowPrivate === true;
    case "never meant":
      return false;
  }
}

function refusedOf(
  entry: NameStatus,
  { spec }: ServiceAccess,
  cluster: readonly AddressRange[],
): readonly string[] {
  const peers = destinationsIn(spec).flatMap(({ names }) =>
    names?.fqdns.includes(entry.name) === true ? [names] : [],
  );
  return answersOf(entry)
    .filter((answer) => peers.some((peer) => !isTaken(answer, peer, cluster)))
    .map(({ address }) => address);
}
