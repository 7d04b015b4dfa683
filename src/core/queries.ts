import type { Pod } from "../model/world.ts";
import type { Connections, Direction } from "./answer.ts";
import { connections } from "./check.ts";
import { boundBy } from "./consent.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import type { Applying, Evaluator } from "./evaluator.ts";
import { exactPorts, type ExactSide, exactSide, exactTargets, hasTiers, meeting } from "./exact.ts";
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
  const sides = new Map([...evaluator.classes()].map((group) => [group, sidesOf(evaluator, group)]));
  const edges: Edge[] = [];
  const [wide, exposed]: [Sides[], Sides[]] = [[], []];
  for (const from of sides.values()) {
    if (from.egress.kind === "some") addFrom(edges, from, from.egress.classes, sides, evaluator);
    else wide.push(from);
    if (from.ingress.kind !== "some") exposed.push(from);
  }
  for (const to of sides.values()) {
    if (to.ingress.kind === "some") addInto(edges, to, to.ingress.classes, sides, evaluator);
  }
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

/** What is known of both directions of a class before any pair is looked at. */
interface Sides {
  readonly group: PodClass;
  readonly egress: Reach;
  readonly ingress: Reach;
  readonly exactEgress: ExactSide | undefined;
  readonly exactIngress: ExactSide | undefined;
}

type SidesOf = ReadonlyMap<PodClass, Sides>;

function sidesOf(evaluator: Evaluator, group: PodClass): Sides {
  return {
    group,
    egress: admittedBy(evaluator, "egress", group.pod),
    ingress: admittedBy(evaluator, "ingress", group.pod),
    exactEgress: exactSide(evaluator, "egress", group),
    exactIngress: exactSide(evaluator, "ingress", group),
  };
}

/** The flows of a class whose policies name whom it may reach. */
function addFrom(
  edges: Edge[],
  from: Sides,
  classes: ReadonlySet<PodClass>,
  sides: SidesOf,
  evaluator: Evaluator,
): void {
  if (from.exactEgress === undefined) {
    for (const group of classes) addEdge(edges, from, sides.get(group), evaluator);
    return;
  }
  for (const [group, ports] of exactTargets(from.exactEgress, evaluator.profile)) {
    const to = sides.get(group);
    if (to?.exactIngress === undefined) addEdge(edges, from, to, evaluator);
    else
      addExact(
        edges,
        from,
        to,
        meeting(ports, exactPorts(to.exactIngress, from.group, group, evaluator.profile)),
      );
  }
}

/** The flows to a class whose policies name who may come, from those that nothing names a way for. */
function addInto(
  edges: Edge[],
  to: Sides,
  classes: ReadonlySet<PodClass>,
  sides: SidesOf,
  evaluator: Evaluator,
): void {
  for (const group of classes) {
    const from = sides.get(group);
    if (from?.egress.kind !== "some") addEdge(edges, from, to, evaluator);
  }
}

function addEdge(edges: Edge[], from: Sides | undefined, to: Sides | undefined, evaluator: Evaluator): void {
  if (from === undefined || to === undefined) return;
  if (from.exactEgress === undefined || to.exactIngress === undefined) {
    edges.push(...edgeBetween(evaluator, from.group, to.group));
    return;
  }
  const egress = exactPorts(from.exactEgress, to.group, to.group, evaluator.profile);
  addExact(
    edges,
    from,
    to,
    meeting(egress, exactPorts(to.exactIngress, from.group, to.group, evaluator.profile)),
  );
}

function addExact(edges: Edge[], { group: from }: Sides, { group: to }: Sides, allowed: PortSet): void {
  const isOnePod = from === to && from.members.size < 2 && from.pod.replicas <= 1;
  if (!isOnePod && !isEmptySet(allowed)) edges.push({ from, to, allowed, unknown: NO_PORTS });
}

function isOpenPair(from: Sides, to: Sides): boolean {
  return from.egress.kind === "open" && to.ingress.kind === "open";
}

/** Who reaches the pods of a class, and on which ports. */
export function whoReaches(evaluator: Evaluator, to: PodClass): readonly Edge[] {
  const reach = admittedBy(evaluator, "ingress", to.pod);
  const sources = reach.kind === "some" ? reach.classes : evaluator.classes();
  return [...sources].flatMap((from) => edgeBetween(evaluator, from, to));
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

/** A pod and itself are no flow; of several pods in a class another one is the source. */
function distinctFrom(from: PodClass, to: PodClass): Endpoint | undefined {
  if (from !== to || from.pod.replicas > 1) return { kind: "pod", pod: from.pod };
  const other = [...from.members.values()].find((pod) => pod.name !== to.pod.name);
  if (from.members.size < 2 || other === undefined) return undefined;
  return { kind: "pod", pod: { ...other, node: "", nodeAddresses: [] } };
}
