import type { NonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer } from "../model/network-policy.ts";
import type { EgressPeer, IngressPeer, ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { destinationsIn, sourcesIn } from "./asked-peers.ts";
import { exceptPeers, namedPeers } from "./name-peers.ts";
import { healthCheckPeers } from "./health-checks.ts";
import { kubeApiRules } from "./kube-api.ts";
import type { Unresolved } from "./peers.ts";
import type { Rule } from "./rules.ts";
import { accessRules, serviceRules } from "./service-peers.ts";
import { virtctlPeers } from "./virtctl.ts";

/** What a peer comes to that says by name who is meant. */
export type PeerReference =
  /** With ports of their own. */
  | { readonly kind: "rules"; readonly rules: NonEmpty<Rule> }
  /** On the ports of the rule that names them. */
  | { readonly kind: "peers"; readonly peers: NonEmpty<PolicyPeer> }
  | { readonly kind: "missing"; readonly why: Unresolved };

/** By the peer as the object has it; one that is not here says itself who is meant. */
export type LookedUp = ReadonlyMap<IngressPeer | EgressPeer, PeerReference>;

export function lookUp(access: ServiceAccess, world: World): LookedUp {
  const found = new Map<IngressPeer | EgressPeer, PeerReference>();
  const note = (peer: IngressPeer | EgressPeer, reference: PeerReference | undefined) => {
    if (reference !== undefined) found.set(peer, reference);
  };
  for (const peer of sourcesIn(access.spec)) note(peer, source(peer, access, world));
  for (const peer of destinationsIn(access.spec)) note(peer, destination(peer, access, world));
  return found;
}

function source(peer: IngressPeer, access: ServiceAccess, world: World): PeerReference | undefined {
  if (peer.except !== undefined) return peersOr(exceptPeers(peer.preset, peer.except, access, world));
  switch (peer.preset) {
    case "LoadBalancerHealthChecks":
      return peersOr(healthCheckPeers(world.platform));
    case "Virtctl":
      return peersOr(virtctlPeers(world));
    case "Anywhere":
    case "Cluster":
    case "World":
    case undefined:
  }
  return undefined;
}

function destination(peer: EgressPeer, access: ServiceAccess, world: World): PeerReference | undefined {
  const home = access.metadata.namespace;
  if (peer.names !== undefined) return peersOr(namedPeers(peer.names, access, world));
  if (peer.except !== undefined) return peersOr(exceptPeers(peer.preset, peer.except, access, world));
  if (peer.service !== undefined) return rulesOr(serviceRules(peer.service, home, world));
  if (peer.serviceAccess !== undefined) return rulesOr(accessRules(peer.serviceAccess, home, world));
  return peer.preset === "KubeAPI" ? rulesOr(kubeApiRules(world)) : undefined;
}

function rulesOr(found: NonEmpty<Rule> | Unresolved): PeerReference {
  return "reason" in found ? { kind: "missing", why: found } : { kind: "rules", rules: found };
}

function peersOr(found: NonEmpty<PolicyPeer> | Unresolved): PeerReference {
  return "reason" in found ? { kind: "missing", why: found } : { kind: "peers", peers: found };
}
