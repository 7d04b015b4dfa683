import type { Peer, Policy } from "../../core/policy.ts";
import { type Requirement, requirementsOf, type Selector, selects } from "../../core/selector.ts";
import type { World } from "../../model/world.ts";
import { inNamespace } from "../located.ts";
import { list } from "../words.ts";
import { type Other } from "./others.ts";

/**
 * Two peers where one was meant: each of them is enough by itself. Whoever means a label in their own namespace has pods
 * there that carry it; where there are none, and whole namespaces stand beside it, it was meant for the pods of those.
 */
export function detachesSelectors({ policy }: Other, world: World): string | undefined {
  for (const { namespace, pods } of labelsBesideNamespaces(policy)) {
    if (inNamespace(world.pods, namespace).some(({ labels }) => selects(pods, labels) !== "no")) continue;
    const labels = list(requirementsOf(pods).map(requirementText));
    return `has a peer with namespaceSelector only, which is every pod of those namespaces, beside one with podSelector only, which is pods of ${namespace} with ${labels}, of which there are none: write both into one peer if both are meant of the same pods`;
  }
  return undefined;
}

export interface BareLabels {
  readonly namespace: string;
  readonly pods: Selector;
}

/** The peers by labels in the policy's own namespace that stand beside one for whole namespaces. */
export function labelsBesideNamespaces({ egress = [], ingress = [] }: Policy): readonly BareLabels[] {
  return [egress, ingress].flat().flatMap(({ peers }) => {
    if (peers === "anyone" || !peers.some(isWholeNamespaces)) return [];
    return peers.flatMap((peer) =>
      peer.kind === "pods" && peer.namespaces.kind === "own" && requirementsOf(peer.pods).length > 0
        ? [{ namespace: peer.namespaces.namespace, pods: peer.pods }]
        : [],
    );
  });
}

function isWholeNamespaces(peer: Peer): boolean {
  if (peer.kind !== "pods" || peer.namespaces.kind === "own" || peer.pods.kind === "invalid") return false;
  return requirementsOf(peer.pods).length === 0 && requirementsOf(peer.namespaces.selector).length > 0;
}

function requirementText(requirement: Requirement): string {
  if (requirement.operator === "In") return `${requirement.key}=${requirement.values.join(" or ")}`;
  return `${requirement.key} ${requirement.operator}`;
}
