import type { ObjectKey } from "./key.ts";

/** A NetworkAttachmentDefinition: a way onto a secondary network, which several definitions may lead to. */
export interface NetworkAttachment extends ObjectKey {
  /** The network's own name, as its configuration says it; `namespace/name` of the definition where that says none. */
  readonly network: string;
  /** The `type` of the first plugin; empty where the configuration lies on the nodes. */
  readonly plugin: string;
  readonly ipam: Ipam;
  /** Canonical or not, as the configuration has them. */
  readonly subnets: readonly string[];
}

/**
 * Who hands out addresses on a network. `none`: nobody does, so no plugin knows whose an address is; `persistent`: subnets
 * of which machines keep their addresses; `unknown`: the configuration lies on the nodes.
 */
export type Ipam = "none" | "subnets" | "persistent" | "dhcp" | "static" | "other" | "unknown";

/** One interface of a pod on a secondary network, as its annotations tell it. */
export interface PodAttachment {
  /** `namespace/name` of the NetworkAttachmentDefinition. */
  readonly definition: string;
  /** In the pod; empty where nothing is said. */
  readonly interface: string;
  /** Empty where nothing is said. */
  readonly mac: string;
  /** The IPAMClaim that keeps its addresses; empty where nothing is said. */
  readonly claim: string;
  /** Addresses that were asked for. */
  readonly requested: readonly string[];
  /** Addresses that it has by its network-status; undefined before there is any, or where it cannot be read. */
  readonly status: readonly string[] | undefined;
}

/** What a virtual machine keeps of its addresses when its pod goes. */
export interface IpamClaim extends ObjectKey {
  readonly network: string;
  readonly addresses: readonly string[];
}

/** What enforcers of MultiNetworkPolicies see of a pod on one of its networks. */
export interface SecondarySide {
  /** The definitions by which it is attached to the network. */
  readonly definitions: readonly string[];
  /** Whether the network itself knows its addresses, which selectors of peers stand for. */
  readonly isListed: boolean;
  /** A virtual machine's frames pass its pod by: rules inside the pod never see them. */
  readonly isMachine: boolean;
}
