import type { Answer, Connections, FlowPort, Verdict } from "./answer.ts";
import { check, connections } from "./check.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import { type Evaluator, underProfile } from "./evaluator.ts";
import { PROTOCOLS } from "../model/world.ts";
import { ALL_PORTS, complement, intersect, isEmptySet, NO_PORTS, type PortSet, union } from "./ports.ts";
import type { Profile } from "./profile.ts";
import { distinctFrom, type Reachability, reachability } from "./queries.ts";
import type { PodClass } from "./room.ts";

/** What passes between the pods of two classes under one profile and not under another. */
export interface Divergence {
  readonly from: PodClass;
  readonly to: PodClass;
  readonly flows: readonly DivergentFlow[];
}

/** Ports on which the two profiles give one pair of verdicts. */
export interface DivergentFlow {
  readonly ports: PortSet;
  readonly verdicts: readonly [Verdict, Verdict];
  /** What each profile says, with its reasons, to the lowest of the ports. */
  readonly answers: readonly [Answer, Answer];
}

/**
 * The flows between pods that two profiles judge differently. A pod's own node is left out, as in `reachability`, and so
 * are addresses outside the cluster.
 */
export function divergence(evaluator: Evaluator, a: Profile, b: Profile): readonly Divergence[] {
  const one = reachedUnder(evaluator, a);
  const other = reachedUnder(evaluator, b);
  return pairsOf(one, other).flatMap(([from, to]) => {
    const flows = flowsBetween(from, to, one, other);
    return flows.length === 0 ? [] : [{ from, to, flows }];
  });
}

/** The answers under one profile, to be looked up pair by pair. */
interface Reached {
  readonly evaluator: Evaluator;
  readonly edges: ReadonlyMap<PodClass, ReadonlyMap<PodClass, Connections>>;
  readonly openFrom: ReadonlySet<PodClass>;
  readonly openTo: ReadonlySet<PodClass>;
}

function reachedUnder(evaluator: Evaluator, profile: Profile): Reached {
  const judged = underProfile(evaluator, profile);
  const { open, edges } = reachability(judged);
  return {
    evaluator: judged,
    edges: rowsOf(edges),
    openFrom: new Set(open.from),
    openTo: new Set(open.to),
  };
}

function rowsOf(edges: Reachability["edges"]): Reached["edges"] {
  const rows = new Map<PodClass, Map<PodClass, Connections>>();
  for (const edge of edges) {
    const row = rows.get(edge.from);
    if (row === undefined) rows.set(edge.from, new Map([[edge.to, edge]]));
    else row.set(edge.to, edge);
  }
  return rows;
}

type Pair = readonly [from: PodClass, to: PodClass];

/** Every pair that can differ: what is open under both profiles, and what is denied under both, is never looked at. */
function pairsOf(one: Reached, other: Reached): readonly Pair[] {
  const changed = one.openTo.symmetricDifference(other.openTo);
  const sources = new Set([...one.edges.keys(), ...other.edges.keys(), ...one.openFrom, ...other.openFrom]);
  return [...sources].flatMap((from) => {
    const targets = new Set([...edgesFrom(one, from), ...edgesFrom(other, from)]);
    for (const to of openTargets(from, one, other, changed)) targets.add(to);
    return [...targets].map((to): Pair => [from, to]);
  });
}

function edgesFrom({ edges }: Reached, from: PodClass): Iterable<PodClass> {
  return edges.get(from)?.keys() ?? [];
}

function openTargets(
  from: PodClass,
  one: Reached,
  other: Reached,
  changed: Iterable<PodClass>,
): Iterable<PodClass> {
  if (one.openFrom.has(from) && other.openFrom.has(from)) return changed;
  if (one.openFrom.has(from)) return one.openTo;
  return other.openFrom.has(from) ? other.openTo : [];
}

function flowsBetween(from: PodClass, to: PodClass, one: Reached, other: Reached): readonly DivergentFlow[] {
  const source = distinctFrom(from, to);
  const target: Endpoint = { kind: "pod", pod: to.pod };
  if (source === undefined || sharedFamilies(source, target).length === 0) return [];
  const sets = [setsOf(edgeIn(one, from, to)), setsOf(edgeIn(other, from, to))] as const;
  return differing(sets, (port) => [
    check(one.evaluator, source, target, port),
    check(other.evaluator, source, target, port),
  ]);
}

/** What two evaluators of one cluster judge differently between two ends. */
export function divergentFlows(
  [a, b]: readonly [Evaluator, Evaluator],
  from: Endpoint,
  to: Endpoint,
): readonly DivergentFlow[] {
  if (sharedFamilies(from, to).length === 0) return [];
  const sets = [setsOf(connections(a, from, to)), setsOf(connections(b, from, to))] as const;
  return differing(sets, (port) => [check(a, from, to, port), check(b, from, to, port)]);
}

type Sets = Readonly<Record<Verdict, PortSet>>;

function differing(
  [ours, theirs]: readonly [Sets, Sets],
  ask: (port: FlowPort) => DivergentFlow["answers"],
): readonly DivergentFlow[] {
  return COMBINATIONS.flatMap(([a, b]) => {
    const ports = intersect(ours[a], theirs[b]);
    const port = lowest(ports);
    return port === undefined ? [] : [{ ports, verdicts: [a, b] as const, answers: ask(port) }];
  });
}

const VERDICTS: readonly Verdict[] = ["Allowed", "Denied", "Unknown"];
const COMBINATIONS = VERDICTS.flatMap((a) => VERDICTS.filter((b) => a !== b).map((b) => [a, b] as const));

function edgeIn({ edges, openFrom, openTo }: Reached, from: PodClass, to: PodClass): Connections {
  return edges.get(from)?.get(to) ?? (openFrom.has(from) && openTo.has(to) ? EVERYTHING : NOTHING);
}

function setsOf({ allowed, unknown }: Connections): Sets {
  return { Allowed: allowed, Unknown: unknown, Denied: complement(union(allowed, unknown)) };
}

const EVERYTHING: Connections = { allowed: ALL_PORTS, unknown: NO_PORTS };
const NOTHING: Connections = { allowed: NO_PORTS, unknown: NO_PORTS };

function lowest(ports: PortSet): FlowPort | undefined {
  if (isEmptySet(ports)) return undefined;
  const protocol = PROTOCOLS.find((each) => ports[each].length > 0) ?? "TCP";
  return { protocol, port: ports[protocol][0]?.from ?? 1 };
}
