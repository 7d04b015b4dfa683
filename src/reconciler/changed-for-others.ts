import type { World } from "../model/world.ts";
import { type ChangedEnd, isForEveryone } from "./changed-ends.ts";
import { type ChangedPlace, type ChangedRow, changesOf, meaning } from "./changed-row.ts";
import { classParty } from "./parties.ts";
import { joinedPlace, type Place, placesOf } from "./places.ts";

/** What the ends that open or close for everyone do to all who have no row of their own: a row for each workload. */
export function rowsForOthers(ends: readonly ChangedEnd[], world: World): readonly ChangedRow[] {
  const rows = ends.filter(isForEveryone).flatMap((end) => rowsOf(end, world));
  // The same said of several classes of one workload is said once.
  return [...Map.groupBy(rows, ({ row }) => meaning(row)).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const place = joinedPlace(
      first.place,
      others.map((each) => each.place),
    );
    return [first.row.from.kind === "others" ? { ...first.row, to: place } : { ...first.row, from: place }];
  });
}

interface Placed {
  readonly row: ChangedRow;
  /** The end of the row that is not the others. */
  readonly place: Place;
}

const OTHERS: ChangedPlace = { kind: "others" };

function rowsOf({ direction, group, before, after }: ChangedEnd, world: World): readonly Placed[] {
  return placesOf(classParty(group), world).flatMap((place) =>
    changesOf(before, after).map((change) => {
      const ends = direction === "egress" ? { from: place, to: OTHERS } : { from: OTHERS, to: place };
      return { place, row: { ...change, ...ends } };
    }),
  );
}
