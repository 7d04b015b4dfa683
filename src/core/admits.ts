import type { Pod } from "../model/world.ts";
import { type AddressRange, contains } from "./addresses.ts";
import type { Family } from "./answer.ts";
import { addressesOf, type Endpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { isMergedAway, peerReaches } from "./on-network.ts";
import { isLinkLocal, isNodeLocal } from "./node-local.ts";
import { entryPorts, type NamespaceScope, type Peer, type PortEntry, type Rule } from "./policy.ts";
import type { Profile } from "./profile.ts";
import { ALL_PORTS, NO_PORTS, type PortSet, portSet, union } from "./ports.ts";
import { selects, selectsNamespace } from "./selector.ts";
import { and, any, type Ternary } from "./ternary.ts";

type Block = Extract<Peer, { kind: "block" }>;

/** Whether the rule's peers include the other end of a flow, seen in one address family. */
export function includes(
  rule: Rule,
  other: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Ternary {
  if (rule.peers === "anyone") return "yes";
  const peers = isMergedAway(rule, other, family, evaluator.profile)
    ? rule.peers.filter((peer) => peer.kind !== "block")
    : rule.peers;
  return any(peers.map((peer) => matches(peer, other, family, evaluator)));
}

/** The destination ports that the rule covers; names are looked up in the destination pod (S41-S46). */
export function portsOf(rule: Rule, destination: Endpoint, profile: Profile): PortSet {
  if (rule.ports === "every") return ALL_PORTS;
  if (rule.fixed !== undefined) return rule.fixed;
  return rule.ports.map((entry) => portsOfEntry(entry, destination, profile)).reduce(union, NO_PORTS);
}

/** Ports of the rule that it may cover or not, because the profile does not say which a name means. */
export function doubtfulPortsOf(rule: Rule, profile: Profile): PortSet {
  if (profile.namedPort !== "undefined" || rule.ports === "every") return NO_PORTS;
  return rule.ports
    .map((entry) => (entry.kind === "named" ? portSet(entry.protocol) : NO_PORTS))
    .reduce(union, NO_PORTS);
}

export function matches(
  peer: Peer,
  other: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Ternary {
  switch (peer.kind) {
    case "nothing":
      return "no";
    case "undetermined":
      return "maybe";
    case "block":
      if (isIgnored(other, evaluator)) return "no";
      return and(isInBlock(peer, other, family, evaluator), isOwnNode(other, evaluator) ? "maybe" : "yes");
    case "pods": {
      // Selectors never match what is no pod.
      if (other.kind === "address") return "no";
      const matched = and(
        inScope(peer.namespaces, other.pod.namespace, evaluator),
        selects(peer.pods, other.pod.labels),
      );
      const { hostNetworkPeer, secondary } = evaluator.profile;
      if (peer.secondary !== undefined && secondary !== undefined)
        return and(matched, peerReaches(peer.secondary, other.pod, secondary));
      return other.pod.hostNetwork ? and(matched, ON_HOST[hostNetworkPeer]) : matched;
    }
  }
}

function inScope(scope: NamespaceScope, namespace: string, evaluator: Evaluator): Ternary {
  if (scope.kind === "own") return scope.namespace === namespace ? "yes" : "no";
  return selectsNamespace(scope.selector, evaluator.namespaceOf(namespace));
}

/**
 * Addresses decide, those of pods too (S55); a pod without a known address is undetermined (S70), but for what no pod has:
 * the address of a Service, or a link-local one.
 */
function isInBlock(
  block: Block,
  other: Endpoint,
  family: Family | undefined,
  evaluator?: Pick<Evaluator, "isServiceAddress">,
): Ternary {
  const addresses = addressesOf(other, family);
  if (addresses.length === 0) return isNoPods(block.cidr, evaluator) ? "no" : "maybe";
  const isInside = addresses.some(
    (address) => contains(block.cidr, address) && !block.except.some((except) => contains(except, address)),
  );
  return isInside ? "yes" : "no";
}

function isNoPods(range: AddressRange, evaluator: Pick<Evaluator, "isServiceAddress"> | undefined): boolean {
  return isLinkLocal(range) || evaluator?.isServiceAddress(range) === true;
}

/** Whether the peer means the pod, surely or perhaps, in whatever family they meet. */
export function mayBe(peer: Peer, pod: Pod, evaluator: Evaluator): boolean {
  if (peer.kind === "block") return mayHold(peer, pod);
  return matches(peer, { kind: "pod", pod }, undefined, evaluator) !== "no";
}

/** Whether some address of the pod, of either family, is in the block, or may be for all that the block says. */
export function mayHold(block: Block, pod: Pod): boolean {
  return isInBlock(block, { kind: "pod", pod }, block.cidr.family) !== "no";
}

export function portsOfEntry(entry: PortEntry, destination: Endpoint, profile: Profile): PortSet {
  if (entry.kind === "named") return namedPorts(entry, destination, profile);
  if (entry.kind === "range" && entry.hasEnd && profile.endPort === "first") {
    return portSet(entry.protocol, entry.from, entry.from);
  }
  return entryPorts(entry);
}

/** Every port of that name and protocol in the pod (S44); none at an address outside (S46). */
function namedPorts(
  { protocol, name }: Extract<PortEntry, { kind: "named" }>,
  destination: Endpoint,
  profile: Profile,
): PortSet {
  if (profile.namedPort === "everyPort") return portSet(protocol);
  if (profile.namedPort === "undefined" || destination.kind === "address") return NO_PORTS;
  return destination.pod.ports
    .filter((port) => port.name === name && port.protocol === protocol)
    .map((port) => portSet(protocol, port.number, port.number))
    .reduce(union, NO_PORTS);
}

/** Whether selectors match a pod on the node's own network is undefined, unless the profile says (S67). */
const ON_HOST = { matched: "yes", ignored: "no", undefined: "maybe" } as const;

/** Some plugins hold address blocks against what is neither pod nor node, and nothing else (S55, S57). */
function isIgnored(other: Endpoint, { profile, isNodeAddress }: Evaluator): boolean {
  if (other.kind === "address") return !profile.ipBlockMatchesNodes && isNodeAddress(other.address);
  return other.pod.hostNetwork ? !profile.ipBlockMatchesNodes : !profile.ipBlockMatchesPods;
}

/** A cache on the node takes what is for its address; what a plugin then makes of a block is its own affair. */
function isOwnNode(other: Endpoint, { profile }: Evaluator): boolean {
  return other.kind === "address" && !profile.ipBlockMatchesNodes && isNodeLocal(other.address);
}
