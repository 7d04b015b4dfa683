import type { FlowPort } from "../core/answer.ts";
import { connections } from "../core/check.ts";
import { classesOf } from "../core/classes.ts";
import { isEndpoint, podText } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { ALL_PORTS, intersect, type PortSet, portSet, portTexts } from "../core/ports.ts";
import type { Pod } from "../model/world.ts";
import { type WideVerdict, wideVerdict } from "./check-every-port.ts";

/** What may pass from one pod to another, of what was asked. */
export interface Cell {
  readonly verdict: WideVerdict;
  readonly allowed: readonly string[];
}

/** A pod of the matrix and the class it belongs to: pods of one class are the same to every policy. */
export interface Entry {
  readonly text: string;
  readonly pod: Pod;
  readonly group: number;
}

export interface Cells {
  /** Sorted by name; pods that have ended are no endpoints and are left out. */
  readonly entries: readonly Entry[];
  /** Undefined for a single pod and itself, which is no flow between two. */
  cell(from: Entry, to: Entry): Cell | undefined;
}

/** Answers for any two pods, asking the evaluator once for each two classes. */
export function cellsOf(evaluator: Evaluator, pods: Iterable<Pod>, port: FlowPort | undefined): Cells {
  const groups = classesOf(evaluator, [...pods].filter(isEndpoint));
  const asked = port === undefined ? ALL_PORTS : portSet(port.protocol, port.port, port.port);
  const known = new Map<number, Cell>();

  function between(from: Entry, to: Entry): Cell {
    const key = from.group * groups.length + to.group;
    const cell = known.get(key) ?? ask(evaluator, apart(from.pod), apart(to.pod), asked);
    known.set(key, cell);
    return cell;
  }

  return {
    entries: groups
      .flatMap(({ members }, group) => members.map((pod): Entry => ({ text: podText(pod), pod, group })))
      .toSorted((a, b) => (a.text < b.text ? -1 : 1)),
    cell(from, to) {
      if (from === to && from.pod.replicas <= 1) return undefined;
      // A node always reaches its own pods: that is a matter of the two pods and not of their classes.
      return isOwnNode(from.pod, to.pod) ? ask(evaluator, from.pod, to.pod, asked) : between(from, to);
    },
  };
}

function isOwnNode(from: Pod, to: Pod): boolean {
  return from.hostNetwork && from.node !== "" && from.node === to.node;
}

/** The pod on a node of its own, so that it can stand for pods on other nodes. */
function apart(pod: Pod): Pod {
  return { ...pod, node: "", nodeAddresses: [] };
}

function ask(evaluator: Evaluator, from: Pod, to: Pod, asked: PortSet): Cell {
  const found = connections(evaluator, { kind: "pod", pod: from }, { kind: "pod", pod: to });
  const allowed = intersect(found.allowed, asked);
  const unknown = intersect(found.unknown, asked);
  return { verdict: wideVerdict(allowed, unknown, asked), allowed: portTexts(allowed) };
}
