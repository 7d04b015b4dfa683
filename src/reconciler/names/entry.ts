import type { NameStatus } from "../../model/service-access.ts";
import type { NameState } from "./windows.ts";

/** What is said of a name to those who use it. `dateOf` says when a moment of the state's clock was. */
export function entryFor(
  { name, reason, isCapped, sightings }: NameState,
  dateOf: (moment: number) => string,
): NameStatus {
  const answers = sightings
    .map(({ address, lastSeen }) => ({ address, lastSeen: dateOf(lastSeen) }))
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
  return { name, reason, ...(isCapped ? { capped: true } : {}), answers };
}
