import { addressText, parseRange } from "../../core/addresses.ts";
import type { Family } from "../../core/answer.ts";
import type { NameStatus } from "../../model/service-access.ts";
import { type AddressRecord, FAMILIES, type FamilyAnswer, type NameAnswer } from "./answer.ts";

/** How long an answer counts; all in milliseconds. */
export interface Windows {
  /** An answer is used for at least so long, whatever its TTL says: a TTL of 0 is common. */
  readonly minTtl: number;
  readonly maxTtl: number;
  /** For so long after that an address stays, because a connection to it may be open, or be opened by a client that caches. */
  readonly grace: number;
  /** When nobody has answered for so long, the last answers are worth nothing any more. */
  readonly maxStale: number;
}

export const WINDOWS: Windows = {
  minTtl: 60_000,
  maxTtl: 600_000,
  grace: 600_000,
  maxStale: 24 * 3_600_000,
};

/** What is kept of a name between two answers; times are of one clock that never steps back. */
export interface NameState {
  readonly name: string;
  readonly sightings: readonly Sighting[];
  readonly reason: Exclude<NameStatus["reason"], "TooMany">;
  readonly isCapped: boolean;
  /** When each family was answered with addresses last. */
  readonly answered: Readonly<Record<Family, number>>;
  /** Since when all servers have said that there is nothing. */
  readonly goneSince: number | undefined;
  /** How often in a row nobody answered. */
  readonly failures: number;
  /** When to ask again. */
  readonly next: number;
}

/** One address of a name. */
export interface Sighting {
  readonly address: string;
  readonly family: Family;
  readonly lastSeen: number;
  /** Past this it goes, unless an answer shows it again. */
  readonly expires: number;
}

/** What an operator begins with that has just started: what the status says stays for as long as if it was seen now. */
export function seeded(name: string, addresses: readonly string[], now: number, windows: Windows): NameState {
  const records = addresses.map((address) => ({ address, ttl: 0 }));
  const sightings = sightingsOf(records, now, windows);
  return {
    name,
    sightings,
    reason: sightings.length === 0 ? "Pending" : "Resolved",
    isCapped: false,
    answered: { IPv4: now, IPv6: now },
    goneSince: undefined,
    failures: 0,
    next: now,
  };
}

/**
 * What an answer makes of what was known. Answers add up within their windows, each family by itself. A failure keeps all
 * of it; that the name is gone is believed after the grace, for the blip of a resolver must cut nobody off.
 */
export function answered(state: NameState, answer: NameAnswer, now: number, windows: Windows): NameState {
  switch (outcomeOf(answer)) {
    case "resolved":
      return resolvedState(state, answer, now, windows);
    case "failed":
      return failedState(state, now, windows);
    case "missing":
      return goneState(state, "NotFound", now, windows);
    case "none":
      return goneState(state, "NoAddresses", now, windows);
  }
}

function outcomeOf({ IPv4, IPv6 }: NameAnswer): "resolved" | Exclude<FamilyAnswer["kind"], "addresses"> {
  const kinds = [IPv4.kind, IPv6.kind];
  if (kinds.includes("addresses")) return "resolved";
  if (kinds.includes("failed")) return "failed";
  return kinds.includes("none") ? "none" : "missing";
}

function resolvedState(state: NameState, answer: NameAnswer, now: number, windows: Windows): NameState {
  const all = FAMILIES.flatMap((family) => familySightings(state, family, answer[family], now, windows));
  const sightings = latest(all);
  const isLacking = FAMILIES.some(
    (family) => answer[family].kind !== "addresses" && sightings.some((each) => each.family === family),
  );
  const at = (family: Family) => (answer[family].kind === "addresses" ? now : state.answered[family]);
  const ttls = FAMILIES.flatMap((family) => recordsOf(answer[family])).map(({ ttl }) => ttl * 1000);
  const wait = clamp(Math.min(...ttls), windows);
  return {
    ...state,
    sightings,
    reason: isLacking ? "Stale" : "Resolved",
    isCapped: all.length > MOST_ADDRESSES,
    answered: { IPv4: at("IPv4"), IPv6: at("IPv6") },
    goneSince: undefined,
    failures: 0,
    next: nextTime(now, wait, sightings),
  };
}

/** A family without addresses is kept like one that failed: the two families must not take each other's addresses away. */
function familySightings(
  state: NameState,
  family: Family,
  answer: FamilyAnswer,
  now: number,
  windows: Windows,
): readonly Sighting[] {
  const known = state.sightings.filter((each) => each.family === family);
  if (answer.kind !== "addresses") return isOutdated(state, family, now, windows) ? [] : known;
  const seen = sightingsOf(answer.records, now, windows).filter((each) => each.family === family);
  const addresses = new Map(seen.map((each) => [each.address, each]));
  const kept = known.filter((each) => !addresses.has(each.address) && each.expires > now);
  const longer = known.flatMap((each) => {
    const again = addresses.get(each.address);
    return again === undefined ? [] : [{ ...again, expires: Math.max(again.expires, each.expires) }];
  });
  for (const each of longer) addresses.set(each.address, each);
  return [...kept, ...addresses.values()];
}

function failedState(state: NameState, now: number, windows: Windows): NameState {
  const sightings = state.sightings.filter(({ family }) => !isOutdated(state, family, now, windows));
  const failures = state.failures + 1;
  const wait = Math.min(FIRST_PAUSE * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE);
  const wasKnown = state.sightings.length > 0 || state.reason === "Expired";
  const empty = wasKnown ? "Expired" : "Pending";
  const reason = sightings.length > 0 ? "Stale" : empty;
  return { ...state, sightings, reason, failures, next: now + wait };
}

function goneState(
  state: NameState,
  reason: "NotFound" | "NoAddresses",
  now: number,
  windows: Windows,
): NameState {
  const goneSince = state.goneSince ?? now;
  const last = (each: Sighting) => Math.max(each.expires, goneSince + windows.grace);
  const sightings = state.sightings.filter((each) => last(each) > now);
  const ends = sightings.map((each) => ({ ...each, expires: last(each) }));
  return {
    ...state,
    sightings,
    reason: sightings.length > 0 ? "Stale" : reason,
    isCapped: state.isCapped && sightings.length > 0,
    goneSince,
    failures: 0,
    next: nextTime(now, windows.minTtl, ends),
  };
}

function isOutdated({ answered: at }: NameState, family: Family, now: number, windows: Windows): boolean {
  return now - at[family] >= windows.maxStale;
}

/** At most so many of a name: behind some there are thousands. */
export const MOST_ADDRESSES = 100;

/** Those that were seen last; of those seen at the same time always the same ones, in whatever order they came. */
function latest(sightings: readonly Sighting[]): readonly Sighting[] {
  const sorted = sightings.toSorted((a, b) => b.lastSeen - a.lastSeen || (a.address < b.address ? -1 : 1));
  return sorted.slice(0, MOST_ADDRESSES);
}

/** Never sooner than this, whatever a TTL says. */
const SHORTEST_WAIT = 1000;
const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 5 * 60_000;

/** An address that may have to go is asked about when its time has come, not at the next turn after it. */
function nextTime(now: number, wait: number, sightings: readonly Sighting[]): number {
  const ends = sightings.map(({ expires }) => expires).filter((end) => end > now);
  return Math.max(now + SHORTEST_WAIT, Math.min(now + wait, ...ends));
}

function sightingsOf(records: readonly AddressRecord[], now: number, windows: Windows): readonly Sighting[] {
  const byAddress = new Map<string, Sighting>();
  for (const { address, ttl } of records) {
    const range = parseRange(address);
    // What is no address, or IPv4 in IPv6 clothes, no policy can speak of.
    if (range === undefined || range.first !== range.last) continue;
    const text = addressText(range.family, range.first);
    const expires = now + clamp(ttl * 1000, windows) + windows.grace;
    const longest = Math.max(expires, byAddress.get(text)?.expires ?? 0);
    byAddress.set(text, { address: text, family: range.family, lastSeen: now, expires: longest });
  }
  return [...byAddress.values()];
}

function recordsOf(answer: FamilyAnswer): readonly AddressRecord[] {
  return answer.kind === "addresses" ? answer.records : [];
}

function clamp(ttl: number, { minTtl, maxTtl }: Windows): number {
  return Math.min(Math.max(ttl, minTtl), Math.max(maxTtl, minTtl));
}
