import type { LabelSelector, NetworkPolicy, PolicyPeer } from "../model/network-policy.ts";
import { compile } from "./compile.ts";
import type { Peer, PeerOnNetwork, Policy, Rule } from "./policy.ts";
import { policyFor } from "./policy-for.ts";
import { EVERYTHING } from "./selector.ts";
import type { Ternary } from "./ternary.ts";

/** A MultiNetworkPolicy reads as a NetworkPolicy does, but for what its enforcers do not agree on; that is marked. */
export function compileMulti(policy: NetworkPolicy, ipam: Ternary): Policy {
  const compiled = compile(policy);
  const definitions = policyFor(policy);
  const peers = rawPeers(policy);
  const onNetwork = (rules: readonly Rule[] | undefined): readonly Rule[] | undefined =>
    rules?.map((rule) => ruleOnNetwork(rule, { definitions, ipam }));
  return {
    ...compiled,
    egress: onNetwork(compiled.egress),
    ingress: onNetwork(compiled.ingress),
    secondary: {
      definitions,
      isIngressImplied: isIngressImplied(policy),
      hasOperators: [policy.spec.podSelector, ...peers.flatMap(selectorsOf)].some(hasOperators),
      hasSelectorPeers: peers.some((peer) => selectorsOf(peer).length > 0),
      ipam,
    },
  };
}

function ruleOnNetwork(rule: Rule, on: Pick<PeerOnNetwork, "definitions" | "ipam">): Rule {
  if (rule.peers === "anyone") return rule;
  return { ...rule, peers: rule.peers.map((peer) => peerOnNetwork(peer, on)) };
}

/** A peer that names no namespace is looked for in all of them, because one enforcer does. */
function peerOnNetwork(peer: Peer, on: Pick<PeerOnNetwork, "definitions" | "ipam">): Peer {
  if (peer.kind !== "pods") return peer;
  const { namespaces } = peer;
  if (namespaces.kind === "selected") return { ...peer, secondary: { ...on, bareOf: undefined } };
  const everywhere = { kind: "selected", selector: EVERYTHING } as const;
  return { ...peer, namespaces: everywhere, secondary: { ...on, bareOf: namespaces.namespace } };
}

function isIngressImplied({ spec }: NetworkPolicy): boolean {
  return (spec.policyTypes ?? []).length === 0 && (spec.ingress ?? []).length === 0;
}

function rawPeers({ spec }: NetworkPolicy): readonly PolicyPeer[] {
  return [
    ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
    ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
  ];
}

function selectorsOf({ podSelector, namespaceSelector }: PolicyPeer): readonly LabelSelector[] {
  return [podSelector, namespaceSelector].flatMap((selector) => selector ?? []);
}

/** An In of one value says no more than matchLabels, and everybody reads it. */
function hasOperators(selector: LabelSelector | null | undefined): boolean {
  return (selector?.matchExpressions ?? []).some(
    ({ operator, values }) => operator !== "In" || (values ?? []).length !== 1,
  );
}
