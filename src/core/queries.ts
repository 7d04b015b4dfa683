import type { Pod } from "../model/world.ts";
import type { Connections, Direction } from "./answer.ts";
import { portsOf } from "./admits.ts";
import { connections } from "./check.ts";
import { boundBy } from "./consent.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import type { Evaluator, Matching } from "./evaluator.ts";
import { ALL_PORTS, intersect, isEmptySet, NO_PORTS, type PortSet, union } from "./ports.ts";
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
  const classes = [...evaluator.classes()];
  const egress = new Map(classes.map((group) => [group, admittedBy(evaluator, "egress", group.pod)]));
  const ingress = new Map(classes.map((group) => [group, admittedBy(evaluator, "ingress", group.pod)]));
  const wide = classes.filter((group) => !isSome(egress.get(group)));
  const exposed = classes.filter((group) => !isSome(ingress.get(group)));
  const isWide = new Set(wide);
  const isOpen = (from: PodClass, to: PodClass): boolean =>
    egress.get(from)?.kind === "open" && ingress.get(to)?.kind === "open";

  const narrow = classes.flatMap((from) => pairsFrom(from, egress.get(from)));
  const guarded = classes.flatMap((to) => pairsTo(to, ingress.get(to)).filter(([from]) => isWide.has(from)));
  const others = wide.flatMap((from) =>
    exposed.filter((to) => !isOpen(from, to)).map((to) => [from, to] as const),
  );
  return {
    open: {
      from: wide.filter((group) => egress.get(group)?.kind === "open"),
      to: exposed.filter((group) => ingress.get(group)?.kind === "open"),
    },
    edges: [...narrow, ...guarded, ...others].flatMap(([from, to]) => edgeBetween(evaluator, from, to)),
  };
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

type Pair = readonly [from: PodClass, to: PodClass];

/** Which classes the policies of one pod let through in a direction, on some port. */
export function admittedBy(evaluator: Evaluator, direction: Direction, pod: Pod): Reach {
  if (!evaluator.profile.enforces) return { kind: "open" };
  const applying = boundBy(evaluator, direction, pod);
  const isTiered = hasTiers(evaluator, pod);
  if (applying.length === 0 && !isTiered) return { kind: "open" };
  if (isTiered || applying.every(({ selects }) => selects === "maybe")) return { kind: "any" };
  const found = new Set<PodClass>();
  for (const { policy } of applying) {
    for (const { peers } of policy[direction] ?? []) {
      const classes = peers === "anyone" ? "all" : evaluator.matching(peers).classes;
      if (classes === "all") return { kind: "any" };
      for (const group of classes) found.add(group);
    }
  }
  return { kind: "some", classes: found };
}

function isSome(reach: Reach | undefined): boolean {
  return reach?.kind === "some";
}

function pairsFrom(from: PodClass, reach: Reach | undefined): readonly Pair[] {
  return reach?.kind === "some" ? [...reach.classes].map((to) => [from, to] as const) : [];
}

function pairsTo(to: PodClass, reach: Reach | undefined): readonly Pair[] {
  return reach?.kind === "some" ? [...reach.classes].map((from) => [from, to] as const) : [];
}

function edgeBetween(evaluator: Evaluator, from: PodClass, to: PodClass): readonly Edge[] {
  const quick = exactPorts(evaluator, from, to);
  if (quick !== undefined) return isEmptySet(quick) ? [] : [{ from, to, allowed: quick, unknown: NO_PORTS }];
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

/** The answer by looking classes up, where everything about the two is sure; undefined where it must be worked out. */
function exactPorts(evaluator: Evaluator, from: PodClass, to: PodClass): PortSet | undefined {
  const { profile } = evaluator;
  if (from === to || !isPlain(from) || !isPlain(to) || profile.namedPort === "undefined" || !profile.enforces)
    return undefined;
  const egress = exactSide(evaluator, "egress", from, to, to);
  if (egress === undefined || isEmptySet(egress)) return egress;
  const ingress = exactSide(evaluator, "ingress", to, from, to);
  return ingress === undefined ? undefined : intersect(egress, ingress);
}

/** With one IPv4 address and a network of its own there is nothing about a pod that policies could leave open. */
function isPlain({ pod }: PodClass): boolean {
  return !pod.hostNetwork && pod.addresses.length === 1 && pod.addresses[0]?.includes(":") === false;
}

function exactSide(
  evaluator: Evaluator,
  direction: Direction,
  subject: PodClass,
  other: PodClass,
  destination: PodClass,
): PortSet | undefined {
  if (hasTiers(evaluator, subject.pod)) return undefined;
  const applying = evaluator.applyingTo(direction, subject.pod);
  if (applying.length === 0) return ALL_PORTS;
  let allowed = NO_PORTS;
  for (const { policy, selects } of applying) {
    if (selects !== "yes") return undefined;
    for (const rule of policy[direction] ?? []) {
      const matched = rule.peers === "anyone" ? EVERYONE : evaluator.matching(rule.peers);
      if (!matched.isExact) return undefined;
      if (matched.classes === "all" || matched.classes.has(other)) {
        allowed = union(allowed, portsOf(rule, { kind: "pod", pod: destination.pod }, evaluator.profile));
      }
    }
  }
  return allowed;
}

const EVERYONE: Matching = { classes: "all", isExact: true };

function hasTiers(evaluator: Evaluator, pod: Pod): boolean {
  return evaluator.levelsFor("Admin", pod).length + evaluator.levelsFor("Baseline", pod).length > 0;
}
