import { addressesOf, endpointText } from "./endpoint.ts";
import type { Asked } from "./explain-match.ts";
import { isNodeLocal } from "./node-local.ts";
import type { Peer } from "./policy.ts";
import type { Selector } from "./selector.ts";
import type { CompiledTierPeer } from "./tier.ts";

/** Why it is not determined whether the policy has the pod as its subject. */
export function doubtAboutSubject(asked: Asked, selectors: readonly Selector[]): string {
  const { subject, evaluator } = asked;
  const refused = refusedAmong(selectors);
  if (refused !== undefined) return `its selector is none that the API server takes: ${refused}`;
  if (subject.hostNetwork) return "whether policies bind a pod on its node's network is not defined";
  return unknownLabels(evaluator.namespaceOf(subject.namespace).name);
}

/** Why it is not determined whether the peer is the other end. */
export function doubtAboutPeer(peer: Peer, asked: Asked): string {
  switch (peer.kind) {
    case "undetermined":
      return peer.reason;
    case "block":
      return doubtAboutBlock(asked);
    case "nothing":
      return unknownAddress(asked);
    case "pods": {
      const selectors = peer.namespaces.kind === "own" ? [] : [peer.namespaces.selector];
      return peer.secondary === undefined
        ? doubtAboutPods([peer.pods, ...selectors], asked)
        : "enforcers of MultiNetworkPolicies differ in whom this selector stands for on such a network";
    }
  }
}

function doubtAboutBlock(asked: Asked): string {
  const { other, evaluator } = asked;
  if (other.kind === "pod" || !isNodeLocal(other.address)) return unknownAddress(asked);
  return `${endpointText(other)} is an address of the pod's own node, and ${evaluator.profile.name} holds address blocks against no node: an object of its own may be needed`;
}

export function doubtAboutTierPeer(peer: CompiledTierPeer, asked: Asked): string {
  switch (peer.kind) {
    case "pods":
      return doubtAboutPods([peer.scope.namespaces, peer.scope.pods], asked);
    case "domainNames":
      return "which addresses a domain name stands for is not in the policy";
    case "networks":
      return hasAddress(asked) ? "one of its networks is not a CIDR" : unknownAddress(asked);
    case "nodes":
      return peer.selects === "maybe"
        ? "its selector of nodes is none that the API server takes"
        : unknownAddress(asked);
  }
}

export function doubtAboutPorts({ evaluator }: Asked): string {
  return `which port a name means in this pod is not said by the profile ${evaluator.profile.name}`;
}

function doubtAboutPods(selectors: readonly Selector[], { other, evaluator }: Asked): string {
  const refused = refusedAmong(selectors);
  if (refused !== undefined) return `a selector is none that the API server takes: ${refused}`;
  const namespace = other.kind === "pod" ? other.pod.namespace : "";
  return evaluator.namespaceOf(namespace).labelsKnown
    ? "whether selectors match a pod on its node's network is not defined"
    : unknownLabels(namespace);
}

function refusedAmong(selectors: readonly Selector[]): string | undefined {
  return selectors.flatMap((selector) => (selector.kind === "invalid" ? [selector.reason] : []))[0];
}

function hasAddress({ other, family }: Asked): boolean {
  return addressesOf(other, family).length > 0;
}

function unknownAddress({ other }: Asked): string {
  return `the address of ${endpointText(other)} is not known`;
}

function unknownLabels(namespace: string): string {
  return `the labels of namespace ${namespace} are not in the input`;
}
