import type { Evaluator } from "../core/evaluator.ts";
import type { NamespaceScope } from "../core/policy.ts";
import type { PodClass } from "../core/room.ts";
import { compileSelector, type Selector, selects, selectsNamespace } from "../core/selector.ts";
import { intentOf } from "../generator/intent.ts";
import { holders } from "../generator/peers.ts";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { podsPeers } from "./findings/peers.ts";
import { inhabited } from "./located.ts";

/** Pods by their labels, of some namespaces. */
export interface PodsOf {
  readonly namespaces: NamespaceScope | { readonly kind: "any" };
  readonly labels: Selector;
}

/** The holders of the client label, wherever they are, and the peers that an object names by their labels. */
export function namedPods(access: ServiceAccess): readonly PodsOf[] {
  const labels = compileSelector(holders(intentOf(access).clientLabel));
  const peers = podsPeers(access).map(({ peer }) => ({ namespaces: peer.namespaces, labels: peer.pods }));
  return [{ namespaces: { kind: "any" }, labels }, ...peers];
}

export function isNamed(named: readonly PodsOf[], pod: Pod, evaluator: Evaluator): boolean {
  return named.some(
    ({ namespaces, labels }) =>
      selects(labels, pod.labels) !== "no" && isAmong(namespaces, pod.namespace, evaluator),
  );
}

function isAmong(scope: PodsOf["namespaces"], namespace: string, evaluator: Evaluator): boolean {
  switch (scope.kind) {
    case "any":
      return true;
    case "own":
      return scope.namespace === namespace;
    case "selected":
      return selectsNamespace(scope.selector, evaluator.namespaceOf(namespace)) !== "no";
  }
}

/** The classes with a pod that is named; only namespaces in which there may be one are looked at. */
export function namedClasses(
  named: readonly PodsOf[],
  world: World,
  evaluator: Evaluator,
): readonly PodClass[] {
  const places = new Set(named.flatMap(({ namespaces }) => placesOf(namespaces, world, evaluator)));
  return [...places]
    .flatMap((place) => [...evaluator.classesIn(place)])
    .filter(({ members }) => members.values().some((pod) => isNamed(named, pod, evaluator)));
}

function placesOf(scope: PodsOf["namespaces"], { pods }: World, evaluator: Evaluator): readonly string[] {
  switch (scope.kind) {
    case "any":
      return inhabited(pods);
    case "own":
      return [scope.namespace];
    case "selected":
      return namesAsked(scope.selector) ?? inhabited(pods).filter((name) => isAmong(scope, name, evaluator));
  }
}

/** The names that a selector of namespaces asks for; undefined where it goes by other labels only. */
export function namesAsked(selector: Selector): readonly string[] | undefined {
  if (selector.kind === "invalid") return undefined;
  const names = selector.requirements.flatMap((each) =>
    each.key === NAMESPACE_NAME_LABEL && each.operator === "In" ? [each.values] : [],
  );
  return names[0];
}
