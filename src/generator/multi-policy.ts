import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { NetworkPolicy, PolicyPeer, PolicyPort } from "../model/network-policy.ts";
import { sortedSet } from "./canonical.ts";
import { type Home, plainPeers, plainSubject } from "./multi-peers.ts";
import { plainPorts } from "./multi-ports.ts";
import type { SecondaryReference } from "./network.ts";
import type { Unresolved } from "./peers.ts";
import type { WrittenRule } from "./rules.ts";

/**
 * A generated policy as a MultiNetworkPolicy that every enforcer reads alike: selectors by labels alone, namespaces always
 * named, ports as numbers, and no block with exceptions beside other peers. What cannot be said so is a problem.
 */
export function multiPolicy(
  policy: NetworkPolicy,
  network: SecondaryReference,
  problems: Unresolved[],
): NetworkPolicy {
  const { podSelector, policyTypes = [], ingress, egress } = policy.spec;
  const home = { namespace: policy.metadata.namespace, network, problems };
  const from = (ingress ?? [])
    .flatMap((rule) => plainRules(rule.from, rule.ports, home))
    .map(({ peers, ...ports }) => ({ ...(peers === undefined ? {} : { from: peers }), ...ports }));
  const to = (egress ?? [])
    .flatMap((rule) => plainRules(rule.to, rule.ports, home))
    .map(({ peers, ...ports }) => ({ ...(peers === undefined ? {} : { to: peers }), ...ports }));
  return {
    ...policy,
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    spec: {
      podSelector: plainSubject(podSelector ?? {}, problems),
      policyTypes,
      ...(isNonEmpty(from) ? { ingress: sortedSet(from) } : {}),
      ...(isNonEmpty(to) ? { egress: sortedSet(to) } : {}),
    },
  };
}

/** Where the rule is for anyone, or for every port, it stays so; one whose peers come to nothing is left out. */
function plainRules(
  peers: readonly PolicyPeer[] | null | undefined,
  ports: readonly PolicyPort[] | null | undefined,
  home: Home,
): readonly WrittenRule[] {
  const written = isGiven(ports) ? { ports: plainPorts(ports, home) } : {};
  return isGiven(peers)
    ? apart(plainPeers(peers, home)).map((some) => ({ peers: some, ...written }))
    : [written];
}

/** Only absence means anyone, or every port: a generated rule has no empty list. */
function isGiven<T>(list: readonly T[] | null | undefined): list is readonly T[] {
  return list !== undefined && list !== null;
}

/** One enforcer drops what an exception names at once, whatever else its rule says, so each stands in a rule of its own. */
function apart(peers: readonly PolicyPeer[]): readonly NonEmpty<PolicyPeer>[] {
  const plain = peers.filter(({ ipBlock }) => ipBlock?.except === undefined);
  const excepting = peers.filter(({ ipBlock }) => ipBlock?.except !== undefined);
  return [...(isNonEmpty(plain) ? [sortedSet(plain)] : []), ...excepting.map((peer): [PolicyPeer] => [peer])];
}
