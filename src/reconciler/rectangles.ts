import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import { joinedPlace, onlyEndpoint, type Place } from "./places.ts";

/** What holds between every pod of one place and every pod of another. */
export interface Between {
  readonly from: Place;
  readonly to: Place;
  readonly reason: string;
}

/** What holds between two parties; parties are known by their numbers. */
export interface Piece<Row extends Between> {
  readonly row: Row;
  readonly sources: NonEmpty<number>;
  readonly destinations: NonEmpty<number>;
}

/**
 * Rows that say the same of the same workloads, of one `meaning`, are one, but only where that is true of every pod of one
 * side with every pod of the other.
 */
export function joinedRows<Row extends Between>(
  pieces: readonly Piece<Row>[],
  meaning: (row: Row) => string,
): readonly Row[] {
  return groups(pieces, ({ row }) => meaning(row)).flatMap((alike) => {
    if (isWhole(alike)) return [joined(alike).row];
    const perDestination = groups(alike, (piece) => piece.destinations.join()).map(joined);
    return groups(perDestination, (piece) => piece.sources.join()).map((each) => joined(each).row);
  });
}

/** Whether each of the sources meets each of the destinations; a pod's way to itself is no piece and not missed. */
function isWhole(pieces: NonEmpty<Piece<Between>>): boolean {
  const sources = new Map(pieces.map(({ sources: [source], row }) => [source, row.from]));
  const destinations = new Map(pieces.map(({ destinations: [to], row }) => [to, row.to]));
  const own = singles(sources.values()).intersection(singles(destinations.values()));
  return pieces.length + own.size === sources.size * destinations.size;
}

function singles(places: Iterable<Place>): ReadonlySet<string> {
  return new Set([...places].map(onlyEndpoint).filter((endpoint) => endpoint !== undefined));
}

function joined<Row extends Between>(pieces: NonEmpty<Piece<Row>>): Piece<Row> {
  const [first, ...others] = pieces;
  if (!isNonEmpty(others)) return first;
  // Reasons may differ where verdicts and policies do not; which of them is told must not depend on the order.
  const [told = first] = pieces.toSorted((a, b) => (a.row.reason < b.row.reason ? -1 : 1));
  return {
    row: {
      ...told.row,
      from: joinedPlace(
        first.row.from,
        others.map(({ row }) => row.from),
      ),
      to: joinedPlace(
        first.row.to,
        others.map(({ row }) => row.to),
      ),
    },
    sources: distinct(
      pieces.flatMap(({ sources }) => sources),
      first.sources,
    ),
    destinations: distinct(
      pieces.flatMap(({ destinations }) => destinations),
      first.destinations,
    ),
  };
}

function distinct(numbers: readonly number[], atLeast: NonEmpty<number>): NonEmpty<number> {
  const sorted = [...new Set(numbers)].toSorted((a, b) => a - b);
  return isNonEmpty(sorted) ? sorted : atLeast;
}

function groups<T>(list: readonly T[], key: (element: T) => string): readonly NonEmpty<T>[] {
  return [...Map.groupBy(list, key).values()].flatMap((group) => (isNonEmpty(group) ? [group] : []));
}
