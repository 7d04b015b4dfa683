import type { World } from "../model/world.ts";
import { ownerKeys } from "../manifest/template-pods.ts";
import { endpointId } from "../model/launcher.ts";
import type { PodClass } from "../core/room.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { Cell } from "./class-cells.ts";
import type { Cells, Entry } from "./matrix-cells.ts";

/** One line of the grid: a workload, or those of its pods that some policy tells apart from the others. */
export interface Group {
  readonly label: string;
  readonly entries: NonEmpty<Entry>;
}

/** By workload where its pods are all the same, otherwise a line for each kind of pod among them. */
export function groupsOf({ entries }: Pick<Cells, "entries">, world: World): readonly Group[] {
  const workloads = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = ownerKeys(entry.pod, world.workloads).at(-1) ?? entry.text;
    const others = workloads.get(name);
    if (others === undefined) workloads.set(name, [entry]);
    else others.push(entry);
  }
  return [...workloads].flatMap(([name, entries]) => split(name, entries));
}

function split(name: string, entries: readonly Entry[]): readonly Group[] {
  const parts: ReadonlyMap<PodClass, readonly Entry[]> = Map.groupBy(entries, ({ group }) => group);
  return [...parts.values()].filter(isNonEmpty).map((part): Group => {
    const more = part.length === 1 ? "" : ` and ${part.length - 1} more`;
    const label = parts.size === 1 ? name : `${part[0].text}${more} of ${name}`;
    return { label, entries: part };
  });
}

/** What two different pods of the groups may do; undefined where a group is one pod and the question is about itself. */
export function groupCell(cells: Cells, from: Group, to: Group): Cell | undefined {
  const [first] = from.entries;
  if (from !== to) return cells.cell(first, to.entries[0]);
  const other = from.entries.find(({ pod }) => endpointId(pod) !== endpointId(first.pod));
  return cells.cell(first, other ?? first);
}
