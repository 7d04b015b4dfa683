import type { TierAction } from "../model/tier-policy.ts";
import { type AddressRange, contains } from "./addresses.ts";
import type { Direction, Family } from "./answer.ts";
import { addressesOf, type Endpoint } from "./endpoint.ts";
import type { ApplyingTier, Evaluator, TierLevel } from "./evaluator.ts";
import { ALL_PORTS, intersect, NO_PORTS, type PortSet, portSet, subtract, union } from "./ports.ts";
import { selects, selectsNamespace } from "./selector.ts";
import type { CompiledScope, CompiledTierPeer, CompiledTierPort, CompiledTierRule } from "./tier.ts";
import { and, any, type Ternary } from "./ternary.ts";

/** What one policy of a tier can do, port by port; sets overlap where it is not determined which. */
export interface TierShare {
  readonly policy: string;
  readonly can: Readonly<Record<TierAction, PortSet>>;
  /** Where it may be that none of its rules matches. */
  readonly silent: PortSet;
}

/** Policies of one priority: which of them comes first is undefined, so each of them may. */
export interface LevelOutcome {
  readonly shares: readonly TierShare[];
  readonly can: Readonly<Record<TierAction, PortSet>>;
  readonly silent: PortSet;
}

export function walkLevel(
  level: TierLevel,
  direction: Direction,
  other: Endpoint,
  destination: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): LevelOutcome {
  const shares = level.map((applying) =>
    walkPolicy(applying, direction, other, destination, family, evaluator),
  );
  return {
    shares,
    can: {
      Accept: shares.map((share) => share.can.Accept).reduce(union, NO_PORTS),
      Deny: shares.map((share) => share.can.Deny).reduce(union, NO_PORTS),
      Pass: shares.map((share) => share.can.Pass).reduce(union, NO_PORTS),
    },
    silent: shares.map((share) => share.silent).reduce(intersect, ALL_PORTS),
  };
}

/** The rules in their order; a rule takes its ports from those that come after it (connection-set form). */
function walkPolicy(
  { policy, selects: isSubject }: ApplyingTier,
  direction: Direction,
  other: Endpoint,
  destination: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): TierShare {
  const can = { Accept: NO_PORTS, Deny: NO_PORTS, Pass: NO_PORTS };
  let left = ALL_PORTS;
  for (const rule of policy[direction]) {
    const matched = includesTier(rule, other, family, evaluator);
    if (matched === "no") continue;
    const hit = intersect(tierPorts(rule, destination), left);
    can[rule.action] = union(can[rule.action], hit);
    if (matched === "yes") left = subtract(left, hit);
  }
  return { policy: policy.name, can, silent: isSubject === "yes" ? left : ALL_PORTS };
}

export function includesTier(
  rule: CompiledTierRule,
  other: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Ternary {
  if (rule.peers === "anyone") return "yes";
  return any(rule.peers.map((peer) => matchesTier(peer, other, family, evaluator)));
}

export function matchesTier(
  peer: CompiledTierPeer,
  other: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Ternary {
  switch (peer.kind) {
    case "domainNames":
      return other.kind === "address" ? "maybe" : "no";
    case "networks":
      return any([isInRanges(peer.ranges, other, family), peer.isComplete ? "no" : "maybe"]);
    case "nodes":
      return isOfPodNetwork(other) ? "no" : and(peer.selects, isInRanges(peer.ranges, other, family));
    case "pods":
      return isInScope(peer.scope, other, evaluator);
  }
}

/** Networks and nodes match by address, those of pods too. */
function isInRanges(ranges: readonly AddressRange[], other: Endpoint, family: Family | undefined): Ternary {
  const addresses = addressesOf(other, family);
  if (addresses.length === 0) return ranges.length === 0 ? "no" : "maybe";
  return addresses.some((address) => ranges.some((range) => contains(range, address))) ? "yes" : "no";
}

/** Whatever address such a pod is going to have, it will be none of a node's. */
function isOfPodNetwork(other: Endpoint): boolean {
  return other.kind === "pod" && !other.pod.hostNetwork && other.pod.addresses.length === 0;
}

/** Pods on the node's network are never meant by a cluster-scoped policy's selectors. */
export function isInScope(
  scope: CompiledScope,
  other: Endpoint,
  evaluator: Pick<Evaluator, "namespaceOf">,
): Ternary {
  if (other.kind === "address" || other.pod.hostNetwork) return "no";
  return and(
    selectsNamespace(scope.namespaces, evaluator.namespaceOf(other.pod.namespace)),
    selects(scope.pods, other.pod.labels),
  );
}

function tierPorts(rule: CompiledTierRule, destination: Endpoint): PortSet {
  if (rule.ports === "every") return ALL_PORTS;
  return rule.ports.map((port) => tierPortsOfEntry(port, destination)).reduce(union, NO_PORTS);
}

/** A name means every port of that name in the destination pod, whatever its protocol. */
export function tierPortsOfEntry(entry: CompiledTierPort, destination: Endpoint): PortSet {
  if (entry.kind === "range") return portSet(entry.protocol, entry.from, entry.to);
  if (destination.kind === "address") return NO_PORTS;
  return destination.pod.ports
    .filter((port) => port.name === entry.name)
    .map((port) => portSet(port.protocol, port.number, port.number))
    .reduce(union, NO_PORTS);
}
