import type { Guest, GuestInterface } from "../model/virtual-machine.ts";
import type { NamedPort } from "../model/world.ts";

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

const FILTERING: readonly GuestInterface["binding"][] = ["masquerade", "passt"];
