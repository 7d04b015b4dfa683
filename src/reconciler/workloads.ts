import { endpointId, isLauncher } from "../model/launcher.ts";
import type { Pod, WorkloadRef, World } from "../model/world.ts";
import { workloadKey } from "../model/world.ts";

/** `Kind/name` of the topmost controller that is known (a Deployment, not its ReplicaSet); a bare pod is its own. */
export function workloadOf(pod: Pod, world: Pick<World, "workloads">): string {
  if (pod.owner === undefined) return `Pod/${pod.name}`;
  const { kind, name } = topmost(pod.namespace, pod.owner, world);
  return `${kind}/${name}`;
}

function topmost(namespace: string, ref: WorkloadRef, world: Pick<World, "workloads">): WorkloadRef {
  const known = world.workloads.get(workloadKey(namespace, ref));
  const owner = known === undefined ? machineOf(namespace, ref, world) : known.owner;
  return owner === undefined || isItself(owner, ref) ? ref : topmost(namespace, owner, world);
}

/** Dumps may leave the instances of virtual machines out; each is called by the name of its machine. */
function machineOf(
  namespace: string,
  { kind, name }: WorkloadRef,
  { workloads }: Pick<World, "workloads">,
): WorkloadRef | undefined {
  const machine = { kind: "VirtualMachine", name };
  const isKnown = kind === "VirtualMachineInstance" && workloads.has(workloadKey(namespace, machine));
  return isKnown ? machine : undefined;
}

function isItself(a: WorkloadRef, b: WorkloadRef): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/**
 * How many pods these are; one that stands for a template counts for its replicas, and the two of a virtual machine that
 * moves to another node for one.
 */
export function podCount(pods: Iterable<Pod>): number {
  const machines = new Set<string>();
  let count = 0;
  for (const pod of pods) {
    if (isLauncher(pod)) machines.add(endpointId(pod));
    else count += pod.replicas;
  }
  return count + machines.size;
}
