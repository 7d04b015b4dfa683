import type { Connections, Direction } from "./answer.ts";
import { connections } from "./check.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import { eachOther, eachPair, type End, type Ends, endOf, endsOf } from "./ends.ts";
import type { Evaluator } from "./evaluator.ts";
import { exactPorts } from "./exact.ts";
import { intersect, isEmptySet, NO_PORTS } from "./ports.ts";
import type { PodClass } from "./room.ts";

/** What may pass from the pods of one class to those of another; everything else between them is denied. */
export interface Edge extends Connections {
  readonly from: PodClass;
  readonly to: PodClass;
}

/** The whole answer for a cluster, by classes of pods: pod by pod it would be the square of the pods. */
export interface Reachability {
  /** No policy concerns `from` for egress, nor `to` for ingress: each of them reaches each on every port, where they share an address family. */
  readonly open: { readonly from: readonly PodClass[]; readonly to: readonly PodClass[] };
  readonly edges: readonly Edge[];
}

/**
 * Who reaches whom. A pod's own node is left out, since it always reaches its pods, and so are pairs without a common
 * address family, between which there is no flow.
 */
export function reachability(evaluator: Evaluator): Reachability {
  const ends = new Map<PodClass, Ends>();
  for (const group of evaluator.classes()) ends.set(group, endsOf(evaluator, group));
  const { edges, add } = edgesOf(evaluator);
  eachPair(ends, (from, to, second) => add(from.group, from.egress, to.group, to.ingress, second));
  const wide = [...ends.values()].filter(({ egress }) => egress.kind !== "some");
  const exposed = [...ends.values()].filter(({ ingress }) => ingress.kind !== "some");
  for (const from of wide) {
    for (const to of exposed) {
      if (!isOpenPair(from, to)) add(from.group, from.egress, to.group, to.ingress, "ingress");
    }
  }
  return {
    open: {
      from: wide.filter(({ egress }) => egress.kind === "open").map(({ group }) => group),
      to: exposed.filter(({ ingress }) => ingress.kind === "open").map(({ group }) => group),
    },
    edges,
  };
}

function isOpenPair(from: Ends, to: Ends): boolean {
  return from.egress.kind === "open" && to.ingress.kind === "open";
}

/** Who reaches the pods of a class, and on which ports. */
export function whoReaches(evaluator: Evaluator, to: PodClass): readonly Edge[] {
  const entering = endOf(evaluator, "ingress", to);
  const { edges, add } = edgesOf(evaluator);
  const addFrom = (from: PodClass): void =>
    add(from, endOf(evaluator, "egress", from), to, entering, "ingress");
  if (entering.kind === "some") eachOther(entering, addFrom);
  else for (const from of evaluator.classes()) addFrom(from);
  return edges;
}

interface Edges {
  readonly edges: readonly Edge[];
  /** Of two ends most pairs fail at the one that did not name the other: `second`, which did, is asked last. */
  add(from: PodClass, leaving: End, to: PodClass, entering: End, second: Direction): void;
}

/** There are far more pairs than edges, so nothing is made for a pair that comes to nothing. */
function edgesOf(evaluator: Evaluator): Edges {
  const { profile } = evaluator;
  const edges: Edge[] = [];
  return {
    edges,
    add(from, leaving, to, entering, second) {
      if (leaving.exact === undefined || entering.exact === undefined) {
        edges.push(...edgeBetween(evaluator, from, to));
        return;
      }
      const isOut = second === "ingress";
      const first = isOut
        ? exactPorts(leaving.exact, to, to, profile)
        : exactPorts(entering.exact, from, to, profile);
      if (isEmptySet(first)) return;
      const last = isOut
        ? exactPorts(entering.exact, from, to, profile)
        : exactPorts(leaving.exact, to, to, profile);
      const allowed = intersect(first, last);
      if (!isEmptySet(allowed) && !isOnePod(from, to)) edges.push({ from, to, allowed, unknown: NO_PORTS });
    },
  };
}

/** A pod and itself are no flow. */
function isOnePod(from: PodClass, to: PodClass): boolean {
  return from === to && from.members.size < 2 && from.pod.replicas <= 1;
}

function edgeBetween(evaluator: Evaluator, from: PodClass, to: PodClass): readonly Edge[] {
  const source = distinctFrom(from, to);
  const destination: Endpoint = { kind: "pod", pod: to.pod };
  if (source === undefined || sharedFamilies(source, destination).length === 0) return [];
  const { allowed, unknown } = connections(evaluator, source, destination);
  return isEmptySet(allowed) && isEmptySet(unknown) ? [] : [{ from, to, allowed, unknown }];
}

/** Of several pods in a class another one is the source. */
export function distinctFrom(from: PodClass, to: PodClass): Endpoint | undefined {
  if (isOnePod(from, to)) return undefined;
  if (from !== to || from.pod.replicas > 1) return { kind: "pod", pod: from.pod };
  const other = [...from.members.values()].find((pod) => pod.name !== to.pod.name);
  if (other === undefined) return undefined;
  return { kind: "pod", pod: { ...other, node: "", nodeAddresses: [] } };
}
