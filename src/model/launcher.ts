import type { Pod } from "./world.ts";

/** What KubeVirt puts on the pod that a virtual machine runs in, whatever the machine's own labels are. */
export const LAUNCHER_LABEL = "kubevirt.io";
export const LAUNCHER = "virt-launcher";
/** The name of the instance, cut and hashed where it does not fit; older versions do not set it. */
export const INSTANCE_LABEL = "vmi.kubevirt.io/id";
/** The guest's hostname; deprecated. */
export const HOSTNAME_LABEL = "vm.kubevirt.io/name";
/** The uid of the instance. */
export const CREATOR_LABEL = "kubevirt.io/created-by";

/** A pod that a virtual machine runs in; disks that are plugged in, exports and imports have pods of other kinds. */
export function isLauncher({ labels }: Pick<Pod, "labels">): boolean {
  return labels[LAUNCHER_LABEL] === LAUNCHER;
}

/**
 * Equal for pods that are one endpoint: a virtual machine that moves to another node has two launchers, and is one machine.
 */
export function endpointId(pod: Pod): string {
  const creator = isLauncher(pod) ? pod.labels[CREATOR_LABEL] : undefined;
  return creator === undefined
    ? `${pod.namespace}/${pod.name}`
    : `${pod.namespace}/VirtualMachineInstance ${creator}`;
}

/** `namespace/name` of the instance that a launcher runs, which is also its machine's. */
export function instanceKey({ namespace, owner, ...pod }: Pod): string | undefined {
  const isRun = isLauncher(pod) && owner?.kind.startsWith("VirtualMachine") === true;
  return isRun ? `${namespace}/${owner.name}` : undefined;
}
