import type { NamedPort, Workload } from "./world.ts";

/**
 * kubevirt.io VirtualMachine. To Kubernetes it is one more controller whose template becomes the labels of a pod, so it is a
 * Workload, too: its pod, the virt-launcher, carries `template.labels`, what KubeVirt itself puts there among them.
 */
export interface VirtualMachine extends Workload, Guest {
  readonly kind: "VirtualMachine";
}

/** kubevirt.io VirtualMachineInstance: a machine that runs, and the owner of its virt-launcher pod. */
export interface VirtualMachineInstance extends Workload, Guest {
  readonly kind: "VirtualMachineInstance";
  readonly node: string;
  /** The uids of its virt-launcher pods: two while it moves from one node to another. */
  readonly activePods: readonly string[];
  /** status.interfaces: what is known of the guest's own view. */
  readonly reported: readonly ReportedInterface[];
}

/** How a guest is joined to networks. */
export interface Guest {
  /** What KubeVirt makes of spec.hostname, or of the name, for the label `vm.kubevirt.io/name`. */
  readonly hostname: string;
  readonly interfaces: readonly GuestInterface[];
  /** Whether the network plugin is said to keep the address of a guest on a bridge when its pod moves. */
  readonly migratesBridged: boolean;
  /** Addresses that cloud-init is told to give to the guest's devices, in its order; a guest need not obey. */
  readonly cloudInit: readonly CloudInitDevice[];
}

export interface GuestInterface {
  /** Of the interface and of its network in the spec. */
  readonly name: string;
  readonly binding: GuestBinding;
  /** Lower case; empty where the spec leaves it to KubeVirt. */
  readonly mac: string;
  /** The only ports of the guest that masquerade and passt forward, many without a name; none listed means all. */
  readonly ports: readonly NamedPort[];
  readonly network: GuestNetwork;
}

export type GuestBinding = "masquerade" | "bridge" | "passt" | "sriov" | "slirp" | "other";

export type GuestNetwork =
  | { readonly kind: "pod" }
  /** A NetworkAttachmentDefinition, as `namespace/name`; as the default it takes the place of the pod network. */
  | { readonly kind: "multus"; readonly attachment: string; readonly isDefault: boolean }
  /** Of a kind that we do not know, or without its entry in spec.networks. */
  | { readonly kind: "other" };

export interface ReportedInterface {
  /** The name of the network in the spec; empty for a device that only the guest knows. */
  readonly name: string;
  readonly mac: string;
  /** Without a prefix length, the first one first. */
  readonly addresses: readonly string[];
  /** Who says so: `domain`, `guest-agent`, `multus-status`. */
  readonly sources: readonly string[];
}

export interface CloudInitDevice {
  readonly name: string;
  /** Lower case; empty where the device is told by its name only. */
  readonly mac: string;
  /** Without a prefix length. */
  readonly addresses: readonly string[];
}
