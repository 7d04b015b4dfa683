import { instanceKey } from "../model/launcher.ts";
import type { Guest, GuestInterface } from "../model/virtual-machine.ts";
import type { NamedPort, Pod, World } from "../model/world.ts";
import { NO_PORTS, type PortSet, portSet, union } from "./ports.ts";

/** The interfaces through which a guest is reached at its pod's address. */
export function onPodNetwork({ interfaces }: Guest): readonly GuestInterface[] {
  return interfaces.filter(({ network }) => network.kind === "pod");
}

/**
 * The ports of a guest on the pod network that its pod lets through; undefined where those are all. Masquerade and passt go
 * by the list of the interface, where there is one; a bridge gives the pod's address away and looks at no port.
 */
export function forwardedPorts(guest: Guest): readonly NamedPort[] | undefined {
  const [one] = onPodNetwork(guest);
  const isFiltered = one !== undefined && FILTERING.includes(one.binding) && one.ports.length > 0;
  return isFiltered ? one.ports : undefined;
}

/** The pod with what its own guest gets of it; of a machine that is not known nothing is said. */
export function withForwards(
  pod: Pod,
  { virtualMachines, virtualMachineInstances }: Pick<World, "virtualMachines" | "virtualMachineInstances">,
): Pod {
  const key = instanceKey(pod);
  if (key === undefined) return pod;
  const { forwards: _, ...rest } = pod;
  const guest = virtualMachineInstances.get(key) ?? virtualMachines.get(key);
  const forwards = guest === undefined ? undefined : forwardedPorts(guest);
  return forwards === undefined ? rest : { ...rest, forwards };
}

/** As a set; undefined where the pod lets everything through. It filters what comes over the pod network. */
export function portsForwarded({ forwards, secondary }: Pod): PortSet | undefined {
  if (forwards === undefined || secondary !== undefined) return undefined;
  return setOf(forwards);
}

export function setOf(ports: readonly NamedPort[]): PortSet {
  return ports.map(({ protocol, number }) => portSet(protocol, number, number)).reduce(union, NO_PORTS);
}

const FILTERING: readonly GuestInterface["binding"][] = ["masquerade", "passt"];
