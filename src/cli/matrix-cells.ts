import type { FlowPort } from "../core/answer.ts";
import { connections } from "../core/check.ts";
import { isEndpoint, podText } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { ALL_PORTS, portSet } from "../core/ports.ts";
import type { PodClass } from "../core/room.ts";
import type { Pod } from "../model/world.ts";
import { type Cell, cellMaker, classCells } from "./class-cells.ts";

/** A pod of the matrix and the class it belongs to: pods of one class are the same to every policy. */
export interface Entry {
  readonly text: string;
  readonly pod: Pod;
  readonly group: PodClass;
}

export interface Cells {
  /** Sorted by name; pods that have ended are no endpoints and are left out. */
  readonly entries: readonly Entry[];
  /** Undefined for a single pod and itself, which is no flow between two. */
  cell(from: Entry, to: Entry): Cell | undefined;
  /** Everyone to whom something is not denied, sorted by name: in most clusters a small part of the row. */
  reachedBy(from: Entry): readonly Reached[];
}

export interface Reached {
  readonly to: Entry;
  readonly cell: Cell;
}

/** Answers for any two pods from the answer for their classes. */
export function cellsOf(evaluator: Evaluator, pods: Iterable<Pod>, port: FlowPort | undefined): Cells {
  const asked = port === undefined ? ALL_PORTS : portSet(port.protocol, port.port, port.port);
  const entries = entriesOf(evaluator, [...pods].filter(isEndpoint));
  const candidates = candidatesAmong(entries);
  const classes = classCells(evaluator, asked);
  const exact = cellMaker(asked);

  function cell(from: Entry, to: Entry): Cell | undefined {
    if (from === to && from.pod.replicas <= 1) return undefined;
    // A node always reaches its own pods: that is a matter of the two pods and not of their classes.
    if (isOwnNode(from.pod, to.pod)) return exact(ask(evaluator, from.pod, to.pod));
    return classes.between(from.group, to.group);
  }

  function reachedBy(from: Entry): readonly Reached[] {
    return candidates(from, classes.reachedBy(from.group)).flatMap((to) => {
      const found = cell(from, to);
      return found === undefined || found.verdict === "Denied" ? [] : [{ to, cell: found }];
    });
  }

  return { entries, cell, reachedBy };
}

/** The members of the classes, and for a pod on a node's network all pods of the node, in the order of the entries. */
function candidatesAmong(
  entries: readonly Entry[],
): (from: Entry, reached: readonly PodClass[]) => readonly Entry[] {
  const places = new Map(entries.map((entry, place) => [entry, place]));
  const byClass = Map.groupBy(entries, ({ group }) => group);
  const byNode = Map.groupBy(entries, ({ pod }) => pod.node);
  return ({ pod }, reached) => {
    const neighbours = pod.hostNetwork && pod.node !== "" ? (byNode.get(pod.node) ?? []) : [];
    const found = new Set([...reached.flatMap((group) => byClass.get(group) ?? []), ...neighbours]);
    return [...found].toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  };
}

/** Only pods that the evaluator knows are asked about. */
export function entriesOf(evaluator: Evaluator, pods: Iterable<Pod>): readonly Entry[] {
  const wanted = new Set(pods);
  return [...evaluator.classes()]
    .flatMap((group) => [...group.members.values()].map((pod): Entry => ({ text: podText(pod), pod, group })))
    .filter(({ pod }) => wanted.has(pod))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1));
}

export function isOwnNode(from: Pod, to: Pod): boolean {
  return from.hostNetwork && from.node !== "" && from.node === to.node;
}

function ask(evaluator: Evaluator, from: Pod, to: Pod): ReturnType<typeof connections> {
  return connections(evaluator, { kind: "pod", pod: from }, { kind: "pod", pod: to });
}
