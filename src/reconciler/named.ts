import { compileSelector, type Selector, selects } from "../core/selector.ts";
import { intentOf } from "../generator/intent.ts";
import { holders } from "../generator/peers.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod } from "../model/world.ts";
import { podsPeers } from "./findings/peers.ts";

/** Pods by their labels, of one namespace or, where undefined, of any. */
export interface PodsOf {
  readonly namespace: string | undefined;
  readonly labels: Selector;
}

/** The holders of the client label, wherever they are, and the peers that an object names by their labels. */
export function namedPods(access: ServiceAccess): readonly PodsOf[] {
  const { namespace } = access.metadata;
  const clients = { namespace: undefined, labels: compileSelector(holders(intentOf(access).clientLabel)) };
  const peers = podsPeers(access).map(({ peer: { namespaces, pods } }) => ({
    namespace: namespaces.kind === "own" ? namespace : undefined,
    labels: pods,
  }));
  return [clients, ...peers];
}

export function isNamed(named: readonly PodsOf[], pod: Pod): boolean {
  return named.some(
    ({ namespace, labels }) =>
      (namespace === undefined || namespace === pod.namespace) && selects(labels, pod.labels) !== "no",
  );
}
