import { forwardedPorts, onPodNetwork, setOf } from "../../core/forwards.ts";
import { ALL_PORTS, equalSets, isEmptySet, portTexts, subtract } from "../../core/ports.ts";
import { instanceKey } from "../../model/launcher.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Guest } from "../../model/virtual-machine.ts";
import type { NamedPort, Pod, World } from "../../model/world.ts";
import { grantOf } from "../grant.ts";
import { list } from "../words.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

/** What is odd about the virtual machines that the object protects: policies see their pods and not the guests. */
export function machineFindings(scene: Scene): readonly Finding[] {
  if (scene.access.spec.network !== undefined) return [];
  return [...guestsOf(scene)].flatMap(([object, machine]) => [
    ...notForwarded(object, machine, scene),
    ...WARNINGS.flatMap(({ type, severity, says }): readonly Finding[] => {
      const message = says(machine.guest);
      return message === undefined ? [] : [{ type, severity, object, message }];
    }),
  ]);
}

interface Machine {
  readonly guest: Guest;
  readonly pod: Pod;
}

/** Each machine once, by `VirtualMachine/vm1`. */
function guestsOf({ reach, world }: Scene): ReadonlyMap<string, Machine> {
  const found = new Map<string, Machine>();
  for (const pod of reach.targets) {
    const guest = guestIn(pod, world);
    if (guest !== undefined) found.set(workloadOf(pod, world), { guest, pod });
  }
  return found;
}

function guestIn(pod: Pod, { virtualMachines, virtualMachineInstances }: World): Guest | undefined {
  const key = instanceKey(pod) ?? "";
  return virtualMachineInstances.get(key) ?? virtualMachines.get(key);
}

interface Warning extends Pick<Finding, "type" | "severity"> {
  /** What there is to say of a guest; undefined where all is well. */
  says(guest: Guest): string | undefined;
}

const WARNINGS: readonly Warning[] = [
  { type: "VMNotOnPodNetwork", severity: "Warning", says: offPodNetwork },
  { type: "VMDefaultNetworkReplaced", severity: "Info", says: onOtherDefault },
  { type: "VMReservedPort", severity: "Warning", says: reservedPorts },
  { type: "VMBridgeDoesNotMigrate", severity: "Info", says: bridged },
];

function offPodNetwork(guest: Guest): string | undefined {
  if (onPodNetwork(guest).length > 0 || defaultNetwork(guest) !== undefined) return undefined;
  return "its guest is on secondary networks only, so what NetworkPolicies say of its pod protects nothing of it and does not apply: name the network in spec.network";
}

function onOtherDefault(guest: Guest): string | undefined {
  const network = defaultNetwork(guest);
  if (network === undefined) return undefined;
  return `its pod network is ${network} instead of the cluster's: whether NetworkPolicies bind it there is up to the plugin of that network`;
}

function defaultNetwork({ interfaces }: Guest): string | undefined {
  const networks = interfaces.map(({ network }) => network);
  const found = networks.find((each) => each.kind === "multus" && each.isDefault);
  return found?.kind === "multus" ? found.attachment : undefined;
}

/** Migrations that are not tunnelled listen there in the launcher. */
const RESERVED: readonly number[] = [49152, 49153];

function reservedPorts(guest: Guest): string | undefined {
  const claimed = (forwardedPorts(guest) ?? []).filter(({ number }) => RESERVED.includes(number));
  if (claimed.length === 0) return undefined;
  return `its interface forwards ${claimed.map(portText).join(", ")}, which KubeVirt needs itself to migrate it: let the guest listen on another port`;
}

function bridged(guest: Guest): string | undefined {
  const isBridged = onPodNetwork(guest).some(({ binding }) => binding === "bridge");
  if (!isBridged || guest.migratesBridged) return undefined;
  return "its guest has the pod's address by a bridge, and such a machine does not migrate to another node unless the network plugin keeps the address: use masquerade, or the plugin's annotation";
}

/** A port that the object opens and the machine's interface does not forward leads nowhere. */
function notForwarded(object: string, { guest, pod }: Machine, scene: Scene): readonly Finding[] {
  const forwarded = forwardedPorts(guest);
  if (forwarded === undefined) return [];
  const { access, plan, world } = scene;
  const opened = grantOf(access, plan.references, world).concerned({ kind: "pod", pod });
  const lost = subtract(opened, setOf(forwarded));
  // Whoever opens everything means whatever the machine has.
  if (isEmptySet(lost) || equalSets(opened, ALL_PORTS)) return [];
  const message = `its interface forwards only ${list(portTexts(setOf(forwarded)))} to the guest, so nobody gets through on ${list(portTexts(lost))}: add the port to spec.domain.devices.interfaces[].ports, or leave it out of spec.ports`;
  return [{ type: "VMPortNotForwarded", severity: "Warning", object, message }];
}

function portText({ protocol, number }: NamedPort): string {
  return `${protocol}/${number}`;
}
