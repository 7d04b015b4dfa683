import { isEndpoint } from "../core/endpoint.ts";
import { type ObjectKey, keyText } from "../model/key.ts";
import { HOSTNAME_LABEL, INSTANCE_LABEL, LAUNCHER, LAUNCHER_LABEL } from "../model/launcher.ts";
import type { LabelSelector } from "../model/network-policy.ts";
import type { Pod, World } from "../model/world.ts";
import { launchersOf } from "./launchers.ts";
import type { Unresolved } from "./peers.ts";

/** The machines with these labels; other pods of KubeVirt, such as those of disks that are plugged in, are none. */
export function machinesSelector(selector: LabelSelector): LabelSelector {
  const { matchLabels, matchExpressions } = selector;
  const asked = matchLabels?.[LAUNCHER_LABEL] ?? LAUNCHER;
  if (asked === LAUNCHER) return { ...selector, matchLabels: { ...matchLabels, [LAUNCHER_LABEL]: LAUNCHER } };
  // Whoever asks for other pods of KubeVirt gets nobody, rather than all machines.
  const only = { key: LAUNCHER_LABEL, operator: "In", values: [LAUNCHER] };
  return { ...selector, matchExpressions: [...(matchExpressions ?? []), only] };
}

/**
 * One machine by what its launchers say of it. Which label that is depends on the version of KubeVirt that made them, and
 * both may be there while a machine moves from one to the other. Without a launcher it is the one that all versions know.
 */
export function machineSelector(key: ObjectKey, world: World): LabelSelector | Unresolved {
  const launchers = launchersOf(world, keyText(key));
  const running = launchers.filter(isEndpoint);
  const known = running.length > 0 ? running : launchers;
  const id = labelOfAll(known, INSTANCE_LABEL);
  if (id !== undefined) return { matchLabels: { [INSTANCE_LABEL]: id } };
  const machine = machineAt(key, world);
  const hostname = labelOfAll(known, HOSTNAME_LABEL) ?? machine?.hostname;
  if (hostname === undefined) return notFound(key);
  const namesake = namesakeOf(key, hostname, world);
  if (namesake !== undefined) return ambiguous(key, namesake, hostname);
  return { matchLabels: { [LAUNCHER_LABEL]: LAUNCHER, [HOSTNAME_LABEL]: hostname } };
}

/** Undefined where they do not agree, and where there are none. */
function labelOfAll(pods: readonly Pod[], label: string): string | undefined {
  const [value, ...others] = new Set(pods.map(({ labels }) => labels[label]));
  return others.length === 0 ? value : undefined;
}

function machineAt(key: ObjectKey, { virtualMachines, virtualMachineInstances }: World) {
  return virtualMachineInstances.get(keyText(key)) ?? virtualMachines.get(keyText(key));
}

/** Another machine of the namespace whose guest has the same name. */
function namesakeOf(key: ObjectKey, hostname: string, world: World): string | undefined {
  const machines = [...world.virtualMachines.values(), ...world.virtualMachineInstances.values()];
  return machines.find(
    (each) => each.namespace === key.namespace && each.name !== key.name && each.hostname === hostname,
  )?.name;
}

function notFound({ namespace, name }: ObjectKey): Unresolved {
  const message = `target.virtualMachine: there is no VirtualMachine ${namespace}/${name}`;
  return { reason: "VirtualMachineNotFound", message };
}

function ambiguous({ name }: ObjectKey, namesake: string, hostname: string): Unresolved {
  const message =
    `target.virtualMachine: ${name} has no pod with the label ${INSTANCE_LABEL}, and its hostname ${hostname} is that of ` +
    `${namesake} as well: start it, or select it by a label of its own with target.virtualMachines`;
  return { reason: "VirtualMachineAmbiguous", message };
}
