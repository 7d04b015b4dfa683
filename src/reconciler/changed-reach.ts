import { connections } from "../core/check.ts";
import { type Endpoint, sharedFamilies } from "../core/endpoint.ts";
import { distinctFrom } from "../core/queries.ts";
import type { PodClass } from "../core/room.ts";
import { boundaries } from "../core/split.ts";
import type { World } from "../model/world.ts";
import { type ChangedEnd, changedEnds, type Comparison, othersOf } from "./changed-ends.ts";
import { rowsForOthers } from "./changed-for-others.ts";
import { type Change, type ChangedRow, changesOf, meaning, sorted } from "./changed-row.ts";
import { addressParties, classParty } from "./parties.ts";
import { type Place, placesOf, placeText } from "./places.ts";
import { joinedRows, type Piece } from "./rectangles.ts";
import { placePairs } from "./rows.ts";

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
  return sorted([...joinedRows(pieces, meaning), ...rowsForOthers(ends, world)]);
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
      const places = placePairs(placesOf(classParty(from), world), placesOf(classParty(to), world));
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
    const party = classParty(group);
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

function changesBetween(from: Endpoint, to: Endpoint, { before, after }: Comparison): readonly Change[] {
  if (sharedFamilies(from, to).length === 0) return [];
  return changesOf(connections(before, from, to), connections(after, from, to));
}
