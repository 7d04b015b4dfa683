import type { LabelSelector } from "../model/network-policy.ts";
import type { PodScope, TierPeer, TierPolicyKind } from "../model/tier-policy.ts";
import { type Decoder, list, map, object, optional, text } from "./decode-json.ts";
import { labelSelector } from "./decode-network-policy.ts";
import { oneField, onlyFields } from "./decode-tier-field.ts";

/** Older versions had other selectors in the same places. */
const selector: Decoder<LabelSelector | undefined> = onlyFields(
  ["matchLabels", "matchExpressions"],
  labelSelector,
);

const namespaces: Decoder<PodScope | undefined> = map(selector, (namespaceSelector) =>
  namespaceSelector === undefined ? undefined : { namespaceSelector, podSelector: undefined },
);

/** Both selectors are required: without one of them it is another version's way to name pods. */
const pods: Decoder<PodScope | undefined> = map(
  onlyFields(
    ["namespaceSelector", "podSelector"],
    object({ namespaceSelector: optional(selector), podSelector: optional(selector) }),
  ),
  (given) =>
    given?.namespaceSelector === undefined || given.podSelector === undefined
      ? undefined
      : { namespaceSelector: given.namespaceSelector, podSelector: given.podSelector },
);

/** Undefined where the pods are named in a way we do not know. */
export const podScope: Decoder<PodScope | undefined> = oneField({ namespaces, pods });

const UNKNOWN: TierPeer = { kind: "unknown" };

function peer(fields: Readonly<Record<string, Decoder<TierPeer | undefined>>>): Decoder<TierPeer> {
  return map(oneField(fields), (known) => known ?? UNKNOWN);
}

function ofPods(scope: Decoder<PodScope | undefined>): Decoder<TierPeer | undefined> {
  return map(scope, (known) => (known === undefined ? undefined : { kind: "pods", scope: known }));
}

/** An empty list is for the API server the same as no list. */
const networks: Decoder<TierPeer | undefined> = map(list(text), (cidrs) =>
  cidrs.length === 0 ? undefined : { kind: "networks", cidrs },
);

const domainNames: Decoder<TierPeer | undefined> = map(list(text), (names) =>
  names.length === 0 ? undefined : { kind: "domainNames", names },
);

const nodes: Decoder<TierPeer | undefined> = map(selector, (known) =>
  known === undefined ? undefined : { kind: "nodes", selector: known },
);

const sources = { namespaces: ofPods(namespaces), pods: ofPods(pods) };
const destinations = { ...sources, networks, nodes };

/** Sources are always pods: whether an address is the sender's own is not known everywhere. */
export const ingressPeer: Decoder<TierPeer> = peer(sources);

/** The one kind that never had names is the BaselineAdminNetworkPolicy. */
export function egressPeer(kind: TierPolicyKind): Decoder<TierPeer> {
  return peer(kind === "BaselineAdminNetworkPolicy" ? destinations : { ...destinations, domainNames });
}
