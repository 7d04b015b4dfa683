import type { Connections, Verdict } from "../core/answer.ts";
import { ALL_PORTS, intersect, isEmptySet, type PortSet, portTexts, subtract, union } from "../core/ports.ts";
import { firstPod, type Place, placeKey, placeText } from "./places.ts";

/** Flows that are judged otherwise afterwards, in one way. */
export interface ChangedRow extends Change {
  readonly from: ChangedPlace;
  readonly to: ChangedPlace;
}

/** `others`: every pod, but on its node's network, that no row names and no other policy lets through or stops. */
export type ChangedPlace = Place | { readonly kind: "others" };

export interface Change {
  readonly ports: PortSet;
  readonly before: Verdict;
  readonly after: Verdict;
}

const VERDICTS: readonly Verdict[] = ["Denied", "Unknown", "Allowed"];

/** The ports on which two answers differ, by the verdicts of both. */
export function changesOf(before: Connections, after: Connections): readonly Change[] {
  return VERDICTS.flatMap((old) =>
    VERDICTS.filter((fresh) => fresh !== old).flatMap((fresh) => {
      const ports = intersect(portsWith(old, before), portsWith(fresh, after));
      return isEmptySet(ports) ? [] : [{ ports, before: old, after: fresh }];
    }),
  );
}

function portsWith(verdict: Verdict, { allowed, unknown }: Connections): PortSet {
  if (verdict === "Allowed") return allowed;
  return verdict === "Unknown" ? unknown : subtract(ALL_PORTS, union(allowed, unknown));
}

/** Whether more passes afterwards than before; the verdicts are never the same. */
export function isGain({ before, after }: Change): boolean {
  return VERDICTS.indexOf(after) > VERDICTS.indexOf(before);
}

function isForOthers({ from, to }: ChangedRow): boolean {
  return from.kind === "others" || to.kind === "others";
}

/** Equal for rows that say the same of the same workloads, or of addresses of one family. */
export function meaning({ from, to, ports, before, after }: ChangedRow): string {
  const ends = [from, to].map((place) => (place.kind === "others" ? "others" : placeKey(place)));
  return JSON.stringify([ends, portTexts(ports), before, after]);
}

/** What is true for most comes first; then by name, so that the order never wavers. */
export function sorted(rows: readonly ChangedRow[]): readonly ChangedRow[] {
  return rows
    .map((row) => ({ row, text: orderText(row) }))
    .toSorted((a, b) => Number(isForOthers(b.row)) - Number(isForOthers(a.row)) || (a.text < b.text ? -1 : 1))
    .map(({ row }) => row);
}

function orderText({ from, to, ports, before, after }: ChangedRow): string {
  const ends = [from, to].map((place) =>
    place.kind === "others" ? ["", ""] : [placeText(place), firstPod(place)],
  );
  return JSON.stringify([ends, portTexts(ports), before, after]);
}
