import type { Problem } from "../model/problem.ts";
import type { Protocol } from "../model/world.ts";
import type { AddressRange } from "./addresses.ts";
import { ALL_PORTS, NO_PORTS, type PortSet, portSet, union } from "./ports.ts";
import type { Selector } from "./selector.ts";
import type { Ternary } from "./ternary.ts";

/** A NetworkPolicy after `compile`: every absent and every empty field has been given its meaning. */
export interface Policy {
  /** `namespace/name`. */
  readonly name: string;
  readonly namespace: string;
  readonly subject: Selector;
  /** The rules per direction; undefined where the policy does not isolate in that direction. */
  readonly egress: readonly Rule[] | undefined;
  readonly ingress: readonly Rule[] | undefined;
  readonly problems: readonly Problem[];
  /** Only of a MultiNetworkPolicy. */
  readonly secondary?: OnNetwork;
  /** Only where nothing of it could be read: why. */
  readonly unread?: string;
}

/** What of a MultiNetworkPolicy its enforcers read differently. */
export interface OnNetwork {
  /** The definitions that it names. */
  readonly definitions: readonly string[];
  /** Whether it is for ingress only because Kubernetes says so of a policy that does not say what it is for. */
  readonly isIngressImplied: boolean;
  readonly hasOperators: boolean;
  readonly hasSelectorPeers: boolean;
  /** Whether the network hands out addresses. */
  readonly ipam: Ternary;
}

/** The same of one of its peers by selectors, whose namespaces are all that any enforcer may take it to mean. */
export interface PeerOnNetwork {
  readonly definitions: readonly string[];
  readonly ipam: Ternary;
  /** The policy's own namespace, where the peer names none. */
  readonly bareOf: string | undefined;
}

/** A rule admits a flow when one of its peers is the other end and one of its ports the destination port (S22). */
export interface Rule {
  readonly peers: "anyone" | readonly Peer[];
  readonly ports: "every" | readonly PortEntry[];
  /** The ports as a set where none of them is a name or a range: those depend on the destination and the profile. */
  readonly fixed: PortSet | undefined;
}

export type Peer =
  | {
      readonly kind: "pods";
      readonly namespaces: NamespaceScope;
      readonly pods: Selector;
      readonly secondary?: PeerOnNetwork;
    }
  | { readonly kind: "block"; readonly cidr: AddressRange; readonly except: readonly AddressRange[] }
  /** A peer of no known kind matches nothing: fail closed (S20). */
  | { readonly kind: "nothing" }
  | { readonly kind: "undetermined"; readonly reason: string };

export type NamespaceScope =
  | { readonly kind: "own"; readonly namespace: string }
  | { readonly kind: "selected"; readonly selector: Selector };

export type PortEntry =
  | {
      readonly kind: "range";
      readonly protocol: Protocol;
      readonly from: number;
      readonly to: number;
      /** Whether it was written with endPort, which not every network plugin reads (S40). */
      readonly hasEnd: boolean;
    }
  /** Resolved per destination pod among its ports of this protocol (S41). */
  | { readonly kind: "named"; readonly protocol: Protocol; readonly name: string }
  /** What the API server refuses matches nothing and is reported. */
  | { readonly kind: "nothing" };

/** The ports of a list that are the same everywhere; undefined where one depends on more. */
export function fixedPorts(ports: Rule["ports"]): PortSet | undefined {
  if (ports === "every") return ALL_PORTS;
  let set = NO_PORTS;
  for (const entry of ports) {
    if (entry.kind === "named" || (entry.kind === "range" && entry.hasEnd)) return undefined;
    set = union(set, entryPorts(entry));
  }
  return set;
}

export function entryPorts(entry: Exclude<PortEntry, { kind: "named" }>): PortSet {
  return entry.kind === "nothing" ? NO_PORTS : portSet(entry.protocol, entry.from, entry.to);
}
