import type { Touched } from "../core/engine.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { admittedBy, type Reach as Admitted } from "../core/ends.ts";
import { compileSelector } from "../core/selector.ts";
import { HALVES, policyName } from "../generator/names.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { dnsPods } from "./findings/dns.ts";
import { isNamed, namedPods, type PodsOf } from "./named.ts";
import type { Reach } from "./reach.ts";
import type { Change } from "./store.ts";

/** What the status of an object was worked out from: a change of anything else leaves it as it is. */
export interface Concern {
  readonly namespace: string;
  /** `namespace/name` of its own policies, there or not. */
  readonly policies: ReadonlySet<string>;
  /** The classes of its targets and clients, and of everyone that the policies of one end let through. */
  readonly classes: ReadonlySet<string>;
  /** The namespaces of these classes. */
  readonly namespaces: ReadonlySet<string>;
  /** Pods that match one of these come under it, whether policies see their labels or not. */
  readonly selectors: readonly PodsOf[];
  /** Whether some end is open to more than can be listed: then every pod and every policy concerns it. */
  readonly isBroad: boolean;
}

export function concernOf(access: ServiceAccess, reach: Reach, world: World, evaluator: Evaluator): Concern {
  const { namespace, name } = access.metadata;
  const admitted = [
    ...reach.targets.map((pod) => admittedBy(evaluator, "ingress", pod)),
    ...(access.spec.target === undefined
      ? reach.clients.map((pod) => admittedBy(evaluator, "egress", pod))
      : []),
  ];
  const pods = [...reach.targets, ...reach.clients, ...dnsPods(world), ...expectedPods(reach)];
  const classes = new Set([
    ...pods.map((pod) => classId(pod.namespace, evaluator.classKey(pod))),
    ...admitted.flatMap(listed),
  ]);
  return {
    namespace,
    policies: new Set(HALVES.map((half) => keyText({ namespace, name: policyName(name, half) }))),
    classes,
    namespaces: new Set([namespace, ...[...classes].map((id) => id.slice(0, id.indexOf("/")))]),
    selectors: selectorsOf(access, reach),
    isBroad: admitted.some(({ kind }) => kind !== "some"),
  };
}

/** Whether the change can have changed what was worked out. */
export function isConcerned(concern: Concern, change: Change): boolean {
  switch (change.kind) {
    case "ServiceAccess":
      return false;
    case "Namespace":
    case "TierPolicy":
    case "Node":
      return true;
    case "Service":
      return namespaceOf(change) === concern.namespace || namespaceOf(change) === "kube-system";
    case "Workload":
      return concern.isBroad || concern.namespaces.has(namespaceOf(change));
    case "NetworkPolicy":
      return concern.policies.has(change.key) || isTouched(concern, change.touched);
    case "Pod":
      return (
        podsOf(change).some((pod) => isNamed(concern.selectors, pod)) || isTouched(concern, change.touched)
      );
  }
}

function isTouched(concern: Concern, touched: Touched | undefined): boolean {
  if (touched === undefined || touched.classes === "all" || concern.isBroad) return true;
  // A class that is new may be let in by a policy of others, which only asking again can tell.
  if (touched.isStructural) return true;
  return touched.classes.some((each) => concern.classes.has(classId(each.namespace, each.key)));
}

/** What the object names, and its targets. */
function selectorsOf(access: ServiceAccess, { selector }: Reach): readonly PodsOf[] {
  const { namespace } = access.metadata;
  const targets = selector === undefined ? [] : [{ namespace, labels: compileSelector(selector) }];
  return [...targets, ...namedPods(access)];
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

function classId(namespace: string, key: string): string {
  return `${namespace}/${key}`;
}

function namespaceOf({ key }: Change): string {
  return key.slice(0, key.indexOf("/"));
}

function podsOf({ before, after }: Change): readonly Pod[] {
  return [before, after].flatMap((item) => (item?.kind === "Pod" ? [item.object] : []));
}
