import type { AddressRange } from "./addresses.ts";
import type { Peer, Policy, Rule } from "./policy.ts";
import type { Selector } from "./selector.ts";
import { networksOf } from "./split.ts";
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
  const sight = { ownKeys: keysOf(policy.subject), clusterKeys: NONE, portNames: NONE, ranges: NO_RANGES };
  const { egress = NO_RULES, ingress = NO_RULES } = policy;
  return ingress.reduce(withRule, egress.reduce(withRule, sight));
}

const NO_RULES: readonly Rule[] = [];
const NONE: readonly string[] = [];
const NO_RANGES: readonly AddressRange[] = [];

/** A new sight only where the rule adds to it: there are many rules, and most look at little. */
function withRule(sight: Sight, { peers, ports }: Rule): Sight {
  const names =
    ports === "every" ? NONE : ports.flatMap((entry) => (entry.kind === "named" ? [entry.name] : []));
  const named = names.length === 0 ? sight : { ...sight, portNames: [...sight.portNames, ...names] };
  return peers === "anyone" ? named : peers.reduce(withPeer, named);
}

function withPeer(sight: Sight, peer: Peer): Sight {
  switch (peer.kind) {
    case "nothing":
    case "undetermined":
      return sight;
    case "block":
      return { ...sight, ranges: [...sight.ranges, peer.cidr, ...peer.except] };
    case "pods": {
      const seen = peer.namespaces.kind === "own" ? "ownKeys" : "clusterKeys";
      return isSeen(peer.pods, sight[seen])
        ? sight
        : { ...sight, [seen]: [...sight[seen], ...keysOf(peer.pods)] };
    }
  }
}

function isSeen(selector: Selector, keys: readonly string[]): boolean {
  return selector.kind === "invalid" || selector.requirements.every(({ key }) => keys.includes(key));
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

function keysOf(selector: Selector): readonly string[] {
  return selector.kind === "invalid" ? [] : selector.requirements.map((requirement) => requirement.key);
}
