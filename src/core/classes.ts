import type { Pod } from "../model/world.ts";
import type { Evaluator } from "./evaluator.ts";

/** Some pods that no policy of the cluster can tell apart; `pod` answers for all of them. */
export interface PodGroup {
  readonly pod: Pod;
  readonly members: readonly Pod[];
}

/**
 * Groups pods by everything a policy can see of them. A pod's own node is left out: it always reaches its pods, whatever
 * policies say.
 */
export function classesOf(evaluator: Evaluator, pods: Iterable<Pod>): readonly PodGroup[] {
  const groups = Map.groupBy(pods, (pod) => `${pod.namespace}/${evaluator.classKey(pod)}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ pod: { ...first, node: "", nodeAddresses: [] }, members }];
  });
}
