import type { Pod, WorkloadRef, World } from "../model/world.ts";
import { workloadKey } from "../model/world.ts";

/** `Kind/name` of the topmost controller that is known (a Deployment, not its ReplicaSet); a bare pod is its own. */
export function workloadOf(pod: Pod, world: Pick<World, "workloads">): string {
  if (pod.owner === undefined) return `Pod/${pod.name}`;
  const { kind, name } = topmost(pod.namespace, pod.owner, world);
  return `${kind}/${name}`;
}

function topmost(namespace: string, ref: WorkloadRef, world: Pick<World, "workloads">): WorkloadRef {
  const owner = world.workloads.get(workloadKey(namespace, ref))?.owner;
  return owner === undefined || isItself(owner, ref) ? ref : topmost(namespace, owner, world);
}

function isItself(a: WorkloadRef, b: WorkloadRef): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/** How many pods these are; one that stands for a template counts for its replicas. */
export function podCount(pods: Iterable<Pod>): number {
  let count = 0;
  for (const pod of pods) count += pod.replicas;
  return count;
}
