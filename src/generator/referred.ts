import { keyText, type ObjectKey } from "../model/key.ts";
import type { EgressPeer, ServiceAccess, Target } from "../model/service-access.ts";
import { workloadKey, type World } from "../model/world.ts";
import { destinationsIn, sourcesIn } from "./asked-peers.ts";
import { fqdnsOf } from "./fqdns.ts";
import { KUBE_API } from "./kube-api.ts";

/**
 * The objects that the peers of an object are looked up in, there or not, by kind and key: `Service shop/db`. A change of
 * one of them may change the policies. The cluster's DNS is not among them, for that is everyone's matter.
 */
export function referredBy(access: ServiceAccess, world: World): readonly string[] {
  const { metadata, spec } = access;
  return [
    ...(sourcesIn(spec).some(({ preset }) => preset === "Virtctl") ? [VIRT_API] : []),
    ...fqdnsOf(access).asked.map((name) => `DNS name ${name}`),
    ...destinationsIn(spec).flatMap((peer) => referredIn(peer, metadata.namespace, world)),
  ];
}

/** KubeVirt's, wherever it is. */
export const VIRT_API = "virt-api";

function referredIn(peer: EgressPeer, home: string, world: World): readonly string[] {
  if (peer.preset === "KubeAPI") {
    const key = keyText(KUBE_API);
    return [`Service ${key}`, `EndpointSlice ${key}`];
  }
  if (peer.service !== undefined) return [`Service ${keyText({ namespace: home, ...peer.service })}`];
  if (peer.serviceAccess === undefined) return [];
  const key = { namespace: home, ...peer.serviceAccess };
  const target = world.accesses.get(keyText(key))?.spec.target;
  return [`ServiceAccess ${keyText(key)}`, ...targetReferred(target, key)];
}

/** What the target of another object is found by. */
function targetReferred(target: Target | undefined, { namespace }: ObjectKey): readonly string[] {
  if (target?.service !== undefined) return [`Service ${keyText({ namespace, name: target.service.name })}`];
  if (target?.workload !== undefined) return [`Workload ${workloadKey(namespace, target.workload)}`];
  if (target?.virtualMachine !== undefined)
    return [`machine ${keyText({ namespace, name: target.virtualMachine.name })}`];
  return [];
}
