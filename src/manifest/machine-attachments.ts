import type { PodAttachment } from "../model/network-attachment.ts";
import type { GuestInterface, VirtualMachine, VirtualMachineInstance } from "../model/virtual-machine.ts";
import type { Workload } from "../model/world.ts";

/** The secondary networks that KubeVirt will ask for on behalf of the launcher; nobody has given addresses there yet. */
export function machineAttachments(workload: Workload): readonly PodAttachment[] {
  return isMachine(workload) ? workload.interfaces.flatMap(attachmentOf) : [];
}

function isMachine(workload: Workload): workload is VirtualMachine | VirtualMachineInstance {
  return "interfaces" in workload;
}

function attachmentOf({ network, mac }: GuestInterface): readonly PodAttachment[] {
  if (network.kind !== "multus" || network.isDefault) return [];
  const unknown = { interface: "", claim: "", requested: [], status: undefined };
  return [{ definition: network.attachment, mac, ...unknown }];
}
