import { mayBe, mayHold } from "../core/admits.ts";
import type { Direction } from "../core/answer.ts";
import { classesOf } from "../core/classes.ts";
import { boundBy } from "../core/consent.ts";
import { admittedBy, type Reach as Admitted } from "../core/ends.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { hasTiers } from "../core/exact.ts";
import type { Peer, Policy } from "../core/policy.ts";
import { compileSelector, selectorOf } from "../core/selector.ts";
import { clusterDns } from "../generator/cluster-dns.ts";
import { referredBy } from "../generator/referred.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { labelsBesideNamespaces } from "./findings/detached.ts";
import { dnsPods } from "./findings/dns.ts";
import { othersOn, peersNamed } from "./findings/others.ts";
import type { Block } from "./covered.ts";
import { namedPods, type PodsOf } from "./named.ts";
import type { Reach } from "./reach.ts";

/** What the status of an object was worked out from: a change of anything else leaves it as it is. */
export interface Concern {
  /** Its own namespace, and those in which its label makes clients: their workloads may carry it by mistake. */
  readonly namespaces: readonly string[];
  /** The classes of its targets and clients, and of everyone that the policies of its targets let in, by `classId`. */
  readonly classes: ReadonlySet<string>;
  /** Pods that match one of these come under it, whether policies see their labels or not. */
  readonly selectors: readonly PodsOf[];
  /** The policies that say who gets to its targets: they may let in a class that is not there yet. */
  readonly gates: readonly Policy[];
  /** Address blocks of policies on its targets and clients: whether they hold pods of the cluster is said, too. */
  readonly blocks: readonly Block[];
  /** The objects that its peers are looked up in, by the words of `referredBy`. */
  readonly refers: readonly string[];
  /** Whether cluster-scoped policies say so, too. */
  readonly isTiered: boolean;
  /** Whether more than can be listed matters: then every pod and every policy concerns it. */
  readonly isBroad: boolean;
}

/** Whoever lets so many kinds of pods in is told of every change, rather than remembered with each. */
const MANY = 256;

export function concernOf(access: ServiceAccess, reach: Reach, world: World, evaluator: Evaluator): Concern {
  const targets = classesOf(evaluator, reach.targets).map(({ pod }) => pod);
  const admitted = targets.map((pod) => admittedBy(evaluator, GATE, pod));
  const pods = new Set([...reach.targets, ...reach.clients, ...dnsPods(world), ...expectedPods(reach)]);
  const classes = new Set([
    ...[...pods].map((pod) => classId(pod.namespace, evaluator.classKey(pod))),
    ...admitted.flatMap(listed),
    ...reach.told.covered.map(({ witness }) => classId(witness.namespace, witness.key)),
  ]);
  const isOpen = admitted.some(({ kind }) => kind !== "some") || classes.size > MANY;
  // What policies would do that are not there can concern anyone.
  const isBroad = isOpen || access.spec.mode === "DryRun";
  return {
    namespaces: reach.namespaces,
    classes: isBroad ? new Set() : classes,
    selectors: [
      ...selectorsOf(access, reach),
      ...dnsSelectors(world),
      ...meantByOthers(reach, world, evaluator),
    ],
    gates: [...new Set(targets.flatMap((pod) => boundBy(evaluator, GATE, pod).map(({ policy }) => policy)))],
    blocks: reach.told.blocks,
    refers: referredBy(access, world),
    isTiered: targets.some((pod) => hasTiers(evaluator, GATE, pod)),
    isBroad,
  };
}

/** An object without a target says nothing of anyone but its holders and what it names. */
const GATE: Direction = "ingress";

/** Everyone whom a policy names to let in, whatever else it does; "anyone" is no name. */
export function peersOf(gate: Policy): readonly Peer[] {
  return (gate[GATE] ?? []).flatMap(({ peers }) => (peers === "anyone" ? [] : peers));
}

/** Whether a class that was not there before may be let in. */
export function mayAdmit({ gates, blocks, isTiered }: Concern, pod: Pod, evaluator: Evaluator): boolean {
  if (isTiered || blocks.some((block) => mayHold(block, pod))) return true;
  return gates.some((gate) => peersOf(gate).some((peer) => mayBe(peer, pod, evaluator)));
}

export function classId(namespace: string, key: string): string {
  return `${namespace}/${key}`;
}

/** What the object names, and its targets. */
function selectorsOf(access: ServiceAccess, { selector }: Reach): readonly PodsOf[] {
  const { namespace } = access.metadata;
  const own = { kind: "own", namespace } as const;
  const targets = selector === undefined ? [] : [{ namespaces: own, labels: compileSelector(selector) }];
  return [...targets, ...namedPods(access)];
}

/**
 * The namespaces that policies of others mean by their labels: no pod in there matters, only that there are some. And the
 * pods that they mean at home, where whole namespaces stand beside them: it matters that there are some.
 */
function meantByOthers(reach: Reach, world: World, evaluator: Evaluator): readonly PodsOf[] {
  const others = othersOn(reach, world, evaluator);
  const namespaces = others
    .flatMap(({ policy }) => peersNamed(policy))
    .flatMap((peer) =>
      peer.kind === "pods" && peer.namespaces.kind === "selected"
        ? [{ namespaces: peer.namespaces, labels: NOBODY }]
        : [],
    );
  const atHome = others
    .flatMap(({ policy }) => labelsBesideNamespaces(policy))
    .map(({ namespace, pods }) => ({ namespaces: { kind: "own", namespace } as const, labels: pods }));
  return [...namespaces, ...atHome];
}

/** No pod has a label without a key, and nobody looks for one: only changes of namespaces lead here. */
const NOBODY = selectorOf([{ operator: "In", key: "", values: [""] }]);

/** Whether holders of the permit are stranded is asked of the pods behind the cluster's DNS. */
function dnsSelectors(world: World): readonly PodsOf[] {
  const service = clusterDns(world);
  if (service?.selector === undefined) return [];
  const namespaces = { kind: "own", namespace: service.namespace } as const;
  return [{ namespaces, labels: compileSelector({ matchLabels: service.selector }) }];
}

/** Those whom the object names are in its rows even where an end denies them, and the policies of both decide. */
function expectedPods({ rows }: Reach): readonly Pod[] {
  return rows
    .filter((row) => row.standing === "client")
    .flatMap(({ from, to }) => [from, to])
    .flatMap((place) => (place.kind === "workload" ? [...place.pods] : []));
}

function listed(admitted: Admitted): readonly string[] {
  if (admitted.kind !== "some") return [];
  return [...admitted.classes].map((each) => classId(each.namespace, each.key));
}
