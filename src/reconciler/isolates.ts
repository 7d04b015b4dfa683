import type { Evaluator } from "../core/evaluator.ts";
import { isEndpoint } from "../core/endpoint.ts";
import { keyText } from "../model/key.ts";
import type { IsolatedWorkload, ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { ownPolicies } from "./plan.ts";
import { podCount, workloadOf } from "./workloads.ts";

/** The pods that only our policies isolate: without them everything could come in, or go out. */
export function isolatedBy(
  access: ServiceAccess,
  world: World,
  evaluator: Evaluator,
): readonly IsolatedWorkload[] {
  const { namespace } = access.metadata;
  const ours = new Set(ownPolicies(access, world).map((policy) => keyText(policy.metadata)));
  const pods = [...world.pods.values()].filter((pod) => pod.namespace === namespace && isEndpoint(pod));
  return (["egress", "ingress"] as const).flatMap((direction) => {
    const isolated = pods.filter((pod) => {
      const applying = evaluator.applyingTo(direction, pod);
      return (
        isBound(pod, evaluator) &&
        applying.some(({ selects }) => selects === "yes") &&
        applying.every(({ policy }) => ours.has(policy.name))
      );
    });
    return byWorkload(isolated, world).map(([workload, members]) => ({
      workload,
      namespace,
      pods: podCount(members),
      direction: direction === "egress" ? ("Egress" as const) : ("Ingress" as const),
    }));
  });
}

/** Of a pod on the node's network nothing is said that not every network plugin does. */
function isBound(pod: Pod, { profile }: Evaluator): boolean {
  return !pod.hostNetwork || profile.hostNetworkSubject === "bound";
}

function byWorkload(pods: readonly Pod[], world: World): readonly (readonly [string, readonly Pod[]])[] {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const workload = workloadOf(pod, world);
    groups.set(workload, [...(groups.get(workload) ?? []), pod]);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
