import { instanceKey } from "../model/launcher.ts";
import type { PodAttachment } from "../model/network-attachment.ts";
import type { Guest, GuestInterface, ReportedInterface } from "../model/virtual-machine.ts";
import type { Pod, World } from "../model/world.ts";

type Machines = Pick<World, "virtualMachines" | "virtualMachineInstances">;

/** What the agent in the guest says of the interface that leads to the definition. */
export function agentAddresses(pod: Pod, attachment: PodAttachment, world: Machines): readonly string[] {
  const instance = world.virtualMachineInstances.get(instanceKey(pod) ?? "");
  if (instance === undefined) return [];
  const device = interfaceFor(instance, attachment);
  const found = instance.reported.find((each) => device !== undefined && each.name === device.name);
  return found?.sources.includes("guest-agent") === true ? routed(found) : [];
}

/** An interface finds its own link-local address, and nobody routes to it. */
function routed({ addresses }: ReportedInterface): readonly string[] {
  return addresses.filter((address) => !/^(fe[89ab]|169\.254\.)/i.test(address));
}

/** What cloud-init was told, by the hardware address, and where neither side says one by the order of the devices. */
export function cloudInitAddresses(pod: Pod, attachment: PodAttachment, world: Machines): readonly string[] {
  const machine = machineOf(pod, world);
  const device = machine === undefined ? undefined : interfaceFor(machine, attachment);
  if (machine === undefined || device === undefined) return [];
  const mac = device.mac || attachment.mac;
  const byMac = machine.cloudInit.find((each) => each.mac !== "" && each.mac === mac);
  if (byMac !== undefined) return byMac.addresses;
  const isByOrder =
    machine.cloudInit.length === machine.interfaces.length &&
    machine.cloudInit.every((each) => each.mac === "");
  return isByOrder ? (machine.cloudInit[machine.interfaces.indexOf(device)]?.addresses ?? []) : [];
}

/** The instance that runs in the pod, or the machine that a pod of its template stands for. */
function machineOf(pod: Pod, world: Machines): Guest | undefined {
  const instance = world.virtualMachineInstances.get(instanceKey(pod) ?? "");
  if (instance !== undefined || pod.owner?.kind !== "VirtualMachine") return instance;
  return world.virtualMachines.get(`${pod.namespace}/${pod.owner.name}`);
}

/** Of two interfaces on one network the hardware address tells them apart, or nobody does. */
function interfaceFor({ interfaces }: Guest, attachment: PodAttachment): GuestInterface | undefined {
  const leading = interfaces.filter(
    ({ network }) => network.kind === "multus" && network.attachment === attachment.definition,
  );
  if (leading.length < 2) return leading[0];
  return leading.find(({ mac }) => mac !== "" && mac === attachment.mac);
}
