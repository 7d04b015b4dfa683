import type { AddressRange } from "./addresses.ts";
import type { Peer, Policy, Rule } from "./policy.ts";
import type { Selector } from "./selector.ts";
import { networksOf, blocksOf } from "./split.ts";
import type { CompiledTier } from "./tier.ts";

/** What a policy can see of pods: nothing else of a pod matters to it. */
export interface Sight {
  /** Label keys that it reads of the pods of its own namespace. */
  readonly ownKeys: readonly string[];
  /** Label keys that it reads of pods of other namespaces, too. */
  readonly clusterKeys: readonly string[];
  readonly portNames: readonly string[];
  /** Ranges whose ends tell addresses apart. */
  readonly ranges: readonly AddressRange[];
}

export function sightOfPolicy(policy: Policy): Sight {
  const rules = [...(policy.egress ?? []), ...(policy.ingress ?? [])];
  const peers = rules.flatMap(peersOf);
  const scoped = peers.filter((peer) => peer.kind === "pods");
  const own = scoped.filter((peer) => peer.namespaces.kind === "own");
  const others = scoped.filter((peer) => peer.namespaces.kind === "selected");
  return {
    ownKeys: [policy.subject, ...own.map((peer) => peer.pods)].flatMap(keysOf),
    clusterKeys: others.flatMap((peer) => keysOf(peer.pods)),
    portNames: rules.flatMap(namesOf),
    ranges: peers.some((peer) => peer.kind === "block")
      ? [...blocksOf(policy, "egress"), ...blocksOf(policy, "ingress")]
      : [],
  };
}

export function sightOfTier(policy: CompiledTier): Sight {
  const rules = [...policy.egress, ...policy.ingress];
  const peers = rules.flatMap((rule) => (rule.peers === "anyone" ? [] : rule.peers));
  const scopes = peers.flatMap((peer) => (peer.kind === "pods" ? [peer.scope.pods] : []));
  const ports = rules.flatMap((rule) => (rule.ports === "every" ? [] : rule.ports));
  return {
    ownKeys: [],
    clusterKeys: [policy.subject.pods, ...scopes].flatMap(keysOf),
    portNames: ports.flatMap((port) => (port.kind === "named" ? [port.name] : [])),
    ranges: [...networksOf(policy, "egress"), ...networksOf(policy, "ingress")],
  };
}

function peersOf(rule: Rule): readonly Peer[] {
  return rule.peers === "anyone" ? [] : rule.peers;
}

function namesOf(rule: Rule): readonly string[] {
  if (rule.ports === "every") return [];
  return rule.ports.flatMap((entry) => (entry.kind === "named" ? [entry.name] : []));
}

function keysOf(selector: Selector): readonly string[] {
  return selector.kind === "invalid" ? [] : selector.requirements.map((requirement) => requirement.key);
}
