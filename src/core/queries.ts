import type { Pod } from "../model/world.ts";
import type { Connections, Direction } from "./answer.ts";
import { connections } from "./check.ts";
import { boundBy } from "./consent.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import type { Applying, Evaluator } from "./evaluator.ts";
import { eachNamed, exactPorts, type ExactSide, exactSide, hasTiers, isForAnyone, meeting } from "./exact.ts";
import type { Peer } from "./policy.ts";
import { isEmptySet, NO_PORTS, type PortSet } from "./ports.ts";
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
  const edges: Edge[] = [];
  const [wide, exposed]: [Ends[], Ends[]] = [[], []];
  for (const from of ends.values()) {
    if (from.egress.kind === "some") addFrom(edges, from, ends, evaluator);
    else wide.push(from);
    if (from.ingress.kind !== "some") exposed.push(from);
  }
  // Who names nobody is found by those who name it.
  if (wide.length > 0) for (const to of ends.values()) addInto(edges, to, ends, evaluator);
  for (const from of wide) {
    for (const to of exposed) if (!isOpenPair(from, to)) addEdge(edges, from, to, evaluator);
  }
  return {
    open: {
      from: wide.filter(({ egress }) => egress.kind === "open").map(({ group }) => group),
      to: exposed.filter(({ ingress }) => ingress.kind === "open").map(({ group }) => group),
    },
    edges,
  };
}

/** What is known of both ends of a class's flows before any pair is looked at. */
interface Ends {
  readonly group: PodClass;
  readonly egress: End;
  readonly ingress: End;
}

interface End {
  /** As in `Reach`. */
  readonly kind: Reach["kind"];
  /** Undefined where each flow has to be worked out. */
  readonly exact: ExactSide | undefined;
  /** Where it is not exact, the classes that it may let through. */
  readonly classes: ReadonlySet<PodClass>;
}

type EndsOf = ReadonlyMap<PodClass, Ends>;

const NOBODY: ReadonlySet<PodClass> = new Set();
const OPEN_END: End = { kind: "open", exact: "open", classes: NOBODY };

function endsOf(evaluator: Evaluator, group: PodClass): Ends {
  return { group, egress: endOf(evaluator, "egress", group), ingress: endOf(evaluator, "ingress", group) };
}

function endOf(evaluator: Evaluator, direction: Direction, group: PodClass): End {
  const exact = exactSide(evaluator, direction, group);
  if (exact === "open") return OPEN_END;
  if (exact !== undefined) return { kind: isForAnyone(exact) ? "any" : "some", exact, classes: NOBODY };
  const reach = admittedBy(evaluator, direction, group.pod);
  return { kind: reach.kind, exact, classes: reach.kind === "some" ? reach.classes : NOBODY };
}

function named({ exact, classes }: End): Iterable<PodClass> {
  if (exact === undefined || exact === "open") return classes;
  const found: PodClass[] = [];
  eachNamed(exact, (group) => found.push(group));
  return found;
}

/** The flows of a class whose policies name whom it may reach. */
function addFrom(edges: Edge[], from: Ends, ends: EndsOf, evaluator: Evaluator): void {
  const { exact, classes } = from.egress;
  if (exact === undefined || exact === "open") {
    for (const group of classes) addEdge(edges, from, ends.get(group), evaluator);
    return;
  }
  eachNamed(exact, (group) => addEdge(edges, from, ends.get(group), evaluator));
}

/** The flows to a class whose policies name who may come, from those that name nobody themselves. */
function addInto(edges: Edge[], to: Ends, ends: EndsOf, evaluator: Evaluator): void {
  if (to.ingress.kind !== "some") return;
  for (const group of named(to.ingress)) {
    const from = ends.get(group);
    if (from?.egress.kind !== "some") addEdge(edges, from, to, evaluator);
  }
}

function addEdge(edges: Edge[], from: Ends | undefined, to: Ends | undefined, evaluator: Evaluator): void {
  if (from === undefined || to === undefined) return;
  const ports = exactBetween(from.egress.exact, to.ingress.exact, from.group, to.group, evaluator);
  if (ports === undefined) edges.push(...edgeBetween(evaluator, from.group, to.group));
  else addExact(edges, from, to, ports);
}

/** Undefined where one of the two sides is not exact. */
function exactBetween(
  egress: ExactSide | undefined,
  ingress: ExactSide | undefined,
  from: PodClass,
  to: PodClass,
  { profile }: Evaluator,
): PortSet | undefined {
  if (egress === undefined || ingress === undefined) return undefined;
  // Of two ends that name each other's neighbours most pairs fail at the second, so it is asked first.
  const entering = exactPorts(ingress, from, to, profile);
  return isEmptySet(entering) ? entering : meeting(exactPorts(egress, to, to, profile), entering);
}

function addExact(edges: Edge[], { group: from }: Ends, { group: to }: Ends, allowed: PortSet): void {
  if (!isEmptySet(allowed) && !isOnePod(from, to)) edges.push({ from, to, allowed, unknown: NO_PORTS });
}

/** A pod and itself are no flow. */
function isOnePod(from: PodClass, to: PodClass): boolean {
  return from === to && from.members.size < 2 && from.pod.replicas <= 1;
}

function isOpenPair(from: Ends, to: Ends): boolean {
  return from.egress.kind === "open" && to.ingress.kind === "open";
}

/** Who reaches the pods of a class, and on which ports. */
export function whoReaches(evaluator: Evaluator, to: PodClass): readonly Edge[] {
  const ingress = endOf(evaluator, "ingress", to);
  const sources = ingress.kind === "some" ? named(ingress) : evaluator.classes();
  return [...sources].flatMap((from) => {
    const egress = exactSide(evaluator, "egress", from);
    const allowed = exactBetween(egress, ingress.exact, from, to, evaluator);
    if (allowed === undefined) return edgeBetween(evaluator, from, to);
    return isEmptySet(allowed) || isOnePod(from, to) ? [] : [{ from, to, allowed, unknown: NO_PORTS }];
  });
}

/** The classes that one end of a flow may let through; the other end has its own say. */
export type Reach =
  /** Nothing concerns this end. */
  | { readonly kind: "open" }
  /** Too many to be told apart by their labels. */
  | { readonly kind: "any" }
  | { readonly kind: "some"; readonly classes: ReadonlySet<PodClass> };

/** Which classes the policies of one pod let through in a direction, on some port. */
export function admittedBy(evaluator: Evaluator, direction: Direction, pod: Pod): Reach {
  if (!evaluator.profile.enforces) return { kind: "open" };
  const applying = boundBy(evaluator, direction, pod);
  if (applying.length === 0 && !hasTiers(evaluator, direction, pod)) return { kind: "open" };
  // Who is not surely isolated by NetworkPolicies is left to the Baseline tier, which ends in an accept.
  if (!applying.some(({ selects }) => selects === "yes")) return { kind: "any" };
  const found = new Set<PodClass>();
  for (const peers of admitting(evaluator, direction, pod, applying)) {
    const classes = peers === "anyone" ? "all" : evaluator.matching(peers).classes;
    if (classes === "all") return { kind: "any" };
    for (const group of classes) found.add(group);
  }
  return { kind: "some", classes: found };
}

/** Everyone whom some rule names to let through: of the tiers, the Admin tier comes before what isolates. */
function admitting(
  evaluator: Evaluator,
  direction: Direction,
  pod: Pod,
  applying: readonly Applying[],
): readonly ("anyone" | readonly Peer[])[] {
  const admin = evaluator.levelsFor("Admin", pod).flat();
  return [
    ...applying.flatMap(({ policy }) => (policy[direction] ?? []).map(({ peers }) => peers)),
    ...admin.map(({ policy }) => policy.accepts[direction]),
  ];
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
