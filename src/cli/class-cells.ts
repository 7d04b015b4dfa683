import type { Connections } from "../core/answer.ts";
import { familiesOf } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { ALL_PORTS, intersect, NO_PORTS, type PortSet, portTexts } from "../core/ports.ts";
import { reachability } from "../core/queries.ts";
import type { PodClass } from "../core/room.ts";
import { type WideVerdict, wideVerdict } from "./check-every-port.ts";

/** What may pass from one pod to another, of what was asked. */
export interface Cell {
  readonly verdict: WideVerdict;
  readonly allowed: readonly string[];
}

/** The complete answer for the classes of pods, to be looked up pair by pair. */
export interface ClassCells {
  between(from: PodClass, to: PodClass): Cell;
  /** The classes to which anything is not denied. */
  reachedBy(from: PodClass): readonly PodClass[];
}

/** Of the pairs without an edge most are denied; the others are open at both ends, or have no address family in common. */
export function classCells(evaluator: Evaluator, asked: PortSet): ClassCells {
  const { open, edges } = reachability(evaluator);
  const cell = cellMaker(asked);
  const rows = new Map<PodClass, Map<PodClass, Cell>>();
  for (const edge of edges) {
    const row = rows.get(edge.from);
    if (row === undefined) rows.set(edge.from, new Map([[edge.to, cell(edge)]]));
    else row.set(edge.to, cell(edge));
  }
  const everything = cell({ allowed: ALL_PORTS, unknown: NO_PORTS });
  const undetermined = cell({ allowed: NO_PORTS, unknown: ALL_PORTS });
  const nothing = cell({ allowed: NO_PORTS, unknown: NO_PORTS });
  const [wide, exposed] = [new Set(open.from), new Set(open.to)];
  const strangers = strangersAmong(evaluator.classes());
  return {
    between(from, to) {
      if (strangers(from).has(to)) return undetermined;
      return rows.get(from)?.get(to) ?? (wide.has(from) && exposed.has(to) ? everything : nothing);
    },
    reachedBy(from) {
      const openTo = wide.has(from) ? exposed : NOBODY;
      return [...new Set(rows.get(from)?.keys() ?? []).union(openTo).union(strangers(from))];
    },
  };
}

const NOBODY: ReadonlySet<PodClass> = new Set();

/** Few different answers stand in millions of cells. */
export function cellMaker(asked: PortSet): (connections: Connections) => Cell {
  const known = new Map<string, Cell>();
  return (connections) => {
    const allowed = intersect(connections.allowed, asked);
    const verdict = wideVerdict(allowed, intersect(connections.unknown, asked), asked);
    const texts = portTexts(allowed);
    const key = `${verdict} ${texts.join()}`;
    const cell = known.get(key) ?? { verdict, allowed: texts };
    known.set(key, cell);
    return cell;
  };
}

/** The classes that have no address family in common with one. */
function strangersAmong(classes: Iterable<PodClass>): (group: PodClass) => ReadonlySet<PodClass> {
  const byFamily = Map.groupBy(classes, ({ pod }) => familiesOf({ kind: "pod", pod }).join());
  const only4 = new Set(byFamily.get("IPv4"));
  const only6 = new Set(byFamily.get("IPv6"));
  return (group) => {
    if (only4.has(group)) return only6;
    return only6.has(group) ? only4 : NOBODY;
  };
}
