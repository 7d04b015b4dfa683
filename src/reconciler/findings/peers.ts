import { compilePeer } from "../../core/compile.ts";
import { isEndpoint } from "../../core/endpoint.ts";
import type { Peer } from "../../core/policy.ts";
import {
  type Requirement,
  requirementsOf,
  type Selector,
  selectorOf,
  selects,
  selectsNamespace,
} from "../../core/selector.ts";
import { intentOf } from "../../generator/intent.ts";
import { holders, rulePeers } from "../../generator/peers.ts";
import { NAMESPACE_NAME_LABEL } from "../../model/labels.ts";
import type { EgressPeer, Finding, IngressPeer, ServiceAccess } from "../../model/service-access.ts";
import type { Pod, World } from "../../model/world.ts";
import { inNamespace } from "../located.ts";
import { namesAsked } from "../named.ts";
import type { Scene } from "./findings.ts";

/** Peers that match nobody as the cluster is now, and why where it can be said. */
export function peerFindings(scene: Scene): readonly Finding[] {
  return podsPeers(scene.access).flatMap(({ field, peer }) => podsFindings(scene, field, peer));
}

type PodsPeer = Extract<Peer, { kind: "pods" }>;

/** The peers of an object that are pods, compiled, each with its field. */
export function podsPeers(
  access: ServiceAccess,
): readonly { readonly field: string; readonly peer: PodsPeer }[] {
  return writtenPeers(access).flatMap(([field, written]) => {
    const resolved = rulePeers(written);
    if (resolved === "anyone" || "reason" in resolved) return [];
    return resolved
      .map((peer) => compilePeer(peer, access.metadata.namespace, field, []))
      .flatMap((peer) => (peer.kind === "pods" ? [{ field, peer }] : []));
  });
}

function writtenPeers(
  access: ServiceAccess,
): readonly (readonly [field: string, peer: IngressPeer | EgressPeer])[] {
  const { rights, permits } = access.spec;
  const lists = [
    ...(rights?.ingress ?? []).map((rule, i) => [`rights.ingress[${i}].from`, rule.from] as const),
    ...(rights?.egress ?? []).map((rule, i) => [`rights.egress[${i}].to`, rule.to] as const),
    ...(permits?.egress ?? []).map((rule, i) => [`permits.egress[${i}].to`, rule.to] as const),
  ];
  return [
    ...lists.flatMap(([field, peers]) => peers.map((peer, i) => [`spec.${field}[${i}]`, peer] as const)),
    ...holdersElsewhere(access),
  ];
}

/** The holders in the namespaces that permits.namespaces chooses, as the peer that they are in the rights. */
function holdersElsewhere(access: ServiceAccess): readonly (readonly [field: string, peer: IngressPeer])[] {
  const { names, selector } = access.spec.permits?.namespaces ?? {};
  if (names === undefined && selector === undefined) return [];
  const peer = {
    podSelector: holders(intentOf(access).clientLabel),
    ...(names === undefined ? {} : { namespaces: names }),
    ...(selector === undefined ? {} : { namespaceSelector: selector }),
  };
  return [["spec.permits.namespaces", peer]];
}

function podsFindings(scene: Scene, field: string, peer: PodsPeer): readonly Finding[] {
  const strange = unknownNamespaces(scene, field, peer);
  if (strange.length > 0) return strange;
  for (const pod of candidates(scene, peer)) if (isEndpoint(pod) && matches(scene, peer, pod)) return [];
  const message = "no running pod matches this peer: compare its labels with those of the pod templates";
  return [{ type: "SelectorMatchesNothing", severity: "Info", object: field, message }];
}

/** Only the pods of the namespaces that the peer names, where it does. */
function candidates({ world: { pods } }: Scene, { namespaces }: PodsPeer): Iterable<Pod> {
  if (namespaces.kind === "own") return inNamespace(pods, namespaces.namespace);
  const names = namesAsked(namespaces.selector);
  return names === undefined ? pods.values() : names.flatMap((name) => inNamespace(pods, name));
}

/** A selector that asks for a label no namespace has, such as `name: x`, or for a name that no namespace has. */
function unknownNamespaces({ world }: Scene, field: string, peer: PodsPeer): readonly Finding[] {
  if (peer.namespaces.kind === "own") return [];
  return requirementsOf(peer.namespaces.selector).flatMap((requirement) => {
    if (requirement.key === NAMESPACE_NAME_LABEL) return missingNames(world, field, requirement);
    const isKnown = [...world.namespaces.values()].some(
      (namespace) => selectsNamespace(only(requirement), namespace) !== "no",
    );
    return isKnown || !isPositive(requirement) ? [] : [unknownLabel(field, requirement)];
  });
}

function missingNames(world: World, field: string, requirement: Requirement): readonly Finding[] {
  const missing = valuesOf(requirement).filter((name) => !world.namespaces.has(name));
  if (missing.length === 0 || !isPositive(requirement)) return [];
  const message = `there is no namespace ${missing.join(", ")}: nobody comes from it`;
  return [{ type: "NamespaceNotFound", severity: "Warning", object: field, message }];
}

function unknownLabel(field: string, requirement: Requirement): Finding {
  const values = valuesOf(requirement).join(", ");
  const message = `no namespace has the label ${requirement.key}${values === "" ? "" : `=${values}`}: to name a namespace use \`namespaces\`, or its label ${NAMESPACE_NAME_LABEL}`;
  return { type: "NamespaceLabelUnknown", severity: "Warning", object: field, message };
}

function valuesOf(requirement: Requirement): readonly string[] {
  return "values" in requirement ? [...requirement.values] : [];
}

function matches({ evaluator }: Scene, peer: PodsPeer, pod: Pod): boolean {
  if (selects(peer.pods, pod.labels) === "no") return false;
  if (peer.namespaces.kind === "own") return peer.namespaces.namespace === pod.namespace;
  return selectsNamespace(peer.namespaces.selector, evaluator.namespaceOf(pod.namespace)) !== "no";
}

function isPositive({ operator }: Requirement): boolean {
  return operator === "In" || operator === "Exists";
}

function only(requirement: Requirement): Selector {
  return selectorOf([requirement]);
}
