import type { Connections, Verdict } from "../core/answer.ts";
import { connections } from "../core/check.ts";
import { type Endpoint, sharedFamilies } from "../core/endpoint.ts";
import { ALL_PORTS, intersect, isEmptySet, type PortSet, portTexts, subtract, union } from "../core/ports.ts";
import { distinctFrom } from "../core/queries.ts";
import type { PodClass } from "../core/room.ts";
import { boundaries } from "../core/split.ts";
import type { World } from "../model/world.ts";
import { type ChangedEnd, changedEnds, type Comparison, isForEveryone, othersOf } from "./changed-ends.ts";
import { addressParties, type Party } from "./parties.ts";
import { type Place, placeKey, placesOf, joinedPlace, placeText } from "./places.ts";
import { joinedRows, type Piece } from "./rectangles.ts";
import { placePairs } from "./rows.ts";

/** Flows that are judged otherwise afterwards, in one way. */
export interface ChangedRow {
  readonly from: ChangedPlace;
  readonly to: ChangedPlace;
  readonly ports: PortSet;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** `others`: every pod that no row names and no other policy lets through or stops. */
export type ChangedPlace = Place | { readonly kind: "others" };

/**
 * Who gains and who loses by a supposition, by classes. Only ends whose policies change are looked at, and of the others
 * those whom the rules name and the neighbours; for all the rest one row speaks.
 */
export function changedReach(comparison: Comparison, world: World): readonly ChangedRow[] {
  const ends = changedEnds(comparison);
  const pieces = [
    ...podPieces(pairsOf(ends, comparison), comparison, world),
    ...addressPieces(ends, comparison, world),
  ];
  const rows = [...joinedRows(pieces, meaning), ...ends.flatMap((end) => rowsForOthers(end, world))];
  return sorted(joinedForOthers(rows));
}

type Pairs = ReadonlyMap<PodClass, ReadonlySet<PodClass>>;

/** Both ends of a flow may change: each pair is looked at once. */
function pairsOf(ends: readonly ChangedEnd[], comparison: Comparison): Pairs {
  const pairs = new Map<PodClass, Set<PodClass>>();
  const add = (from: PodClass, to: PodClass): void => {
    const known = pairs.get(from);
    if (known === undefined) pairs.set(from, new Set([to]));
    else known.add(to);
  };
  for (const end of ends) {
    for (const other of othersOf(end, comparison)) {
      if (end.direction === "egress") add(end.group, other);
      else add(other, end.group);
    }
  }
  return pairs;
}

interface PlacedRow extends ChangedRow {
  readonly from: Place;
  readonly to: Place;
  readonly reason: "";
}

type ChangedPiece = Piece<PlacedRow>;

function podPieces(pairs: Pairs, comparison: Comparison, world: World): readonly ChangedPiece[] {
  const numberOf = numbering();
  return [...pairs].flatMap(([from, targets]) =>
    [...targets].flatMap((to) => {
      const source = distinctFrom(from, to);
      if (source === undefined) return [];
      const changes = changesBetween(source, { kind: "pod", pod: to.pod }, comparison);
      if (changes.length === 0) return [];
      const places = placePairs(placesOf(partyOf(from), world), placesOf(partyOf(to), world));
      return piecesOf(changes, places, numberOf(from), numberOf(to));
    }),
  );
}

/** All addresses there are, cut where a policy of the end tells them apart, before or after. */
function addressPieces(
  ends: readonly ChangedEnd[],
  comparison: Comparison,
  world: World,
): readonly ChangedPiece[] {
  const { before, after } = comparison;
  const numberOf = numbering();
  return ends.flatMap(({ direction, group }, n) => {
    const party = partyOf(group);
    const pod = { kind: "pod", pod: group.pod } as const;
    const blocks = boundaries(after, direction, pod);
    return addressParties(before, { blocks }, direction, [party]).flatMap((outside) => {
      const [from, to] = direction === "egress" ? [party, outside] : [outside, party];
      const changes = changesBetween(from.endpoint, to.endpoint, comparison);
      const places = placePairs(placesOf(from, world), placesOf(to, world));
      // Ends may cut the addresses differently: only the same ranges have the same number.
      const range = numberOf(placesOf(outside, world).map(placeText).join());
      return direction === "egress"
        ? piecesOf(changes, places, n, range)
        : piecesOf(changes, places, range, n);
    });
  });
}

/** Numbers things as they come. */
function numbering(): (thing: unknown) => number {
  const numbers = new Map<unknown, number>();
  return (thing) => {
    const known = numbers.get(thing) ?? numbers.size;
    numbers.set(thing, known);
    return known;
  };
}

function piecesOf(
  changes: readonly Change[],
  places: readonly { readonly from: Place; readonly to: Place }[],
  source: number,
  destination: number,
): readonly ChangedPiece[] {
  return changes.flatMap((change) =>
    places.map((ends) => ({
      row: { ...change, ...ends, reason: "" },
      sources: [source],
      destinations: [destination],
    })),
  );
}

function partyOf({ pod, members }: PodClass): Party {
  return { kind: "pods", endpoint: { kind: "pod", pod }, group: { pod, members: [...members.values()] } };
}

type Change = Pick<ChangedRow, "ports" | "before" | "after">;

function changesBetween(from: Endpoint, to: Endpoint, { before, after }: Comparison): readonly Change[] {
  if (sharedFamilies(from, to).length === 0) return [];
  return changesOf(connections(before, from, to), connections(after, from, to));
}

/** The ports on which two answers differ, by the verdicts of both. */
function changesOf(before: Connections, after: Connections): readonly Change[] {
  return VERDICTS.flatMap((old) =>
    VERDICTS.filter((fresh) => fresh !== old).flatMap((fresh) => {
      const ports = intersect(portsWith(old, before), portsWith(fresh, after));
      return isEmptySet(ports) ? [] : [{ ports, before: old, after: fresh }];
    }),
  );
}

const VERDICTS: readonly Verdict[] = ["Denied", "Unknown", "Allowed"];

function portsWith(verdict: Verdict, { allowed, unknown }: Connections): PortSet {
  if (verdict === "Allowed") return allowed;
  return verdict === "Unknown" ? unknown : subtract(ALL_PORTS, union(allowed, unknown));
}

function rowsForOthers(end: ChangedEnd, world: World): readonly ChangedRow[] {
  if (!isForEveryone(end)) return [];
  return placesOf(partyOf(end.group), world).flatMap((place) =>
    changesOf(end.before, end.after).map((change) =>
      end.direction === "egress"
        ? { ...change, from: place, to: OTHERS }
        : { ...change, from: OTHERS, to: place },
    ),
  );
}

const OTHERS: ChangedPlace = { kind: "others" };

/** The same said of several classes of one workload is said once. */
function joinedForOthers(rows: readonly ChangedRow[]): readonly ChangedRow[] {
  const [wide, narrow] = [rows.filter(isForOthers), rows.filter((row) => !isForOthers(row))];
  const alike = [...Map.groupBy(wide, meaning).values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            ...first,
            from: together(
              first.from,
              others.map(({ from }) => from),
            ),
            to: together(
              first.to,
              others.map(({ to }) => to),
            ),
          },
        ],
  );
  return [...alike, ...narrow];
}

function isForOthers({ from, to }: ChangedRow): boolean {
  return from.kind === "others" || to.kind === "others";
}

function together(first: ChangedPlace, others: readonly ChangedPlace[]): ChangedPlace {
  if (first.kind === "others") return first;
  return joinedPlace(
    first,
    others.flatMap((place) => (place.kind === "others" ? [] : [place])),
  );
}

function meaning({ from, to, ports, before, after }: ChangedRow): string {
  const ends = [from, to].map((place) => (place.kind === "others" ? "others" : placeKey(place)));
  return JSON.stringify([ends, portTexts(ports), before, after]);
}

/** What is true for most comes first; then by name, so that the order never wavers. */
function sorted(rows: readonly ChangedRow[]): readonly ChangedRow[] {
  return rows
    .map((row) => ({ row, text: orderText(row) }))
    .toSorted((a, b) => Number(isForOthers(b.row)) - Number(isForOthers(a.row)) || (a.text < b.text ? -1 : 1))
    .map(({ row }) => row);
}

function orderText({ from, to, ports, before, after }: ChangedRow): string {
  const ends = [from, to].map((place) => (place.kind === "others" ? "" : placeText(place)));
  return JSON.stringify([ends, portTexts(ports), before, after]);
}

/** Whether more passes afterwards than before; the verdicts are never the same. */
export function isGain({ before, after }: Change): boolean {
  return VERDICTS.indexOf(after) > VERDICTS.indexOf(before);
}
