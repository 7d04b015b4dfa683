import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { IPBlock, LabelSelector, PolicyPeer, RulePeers } from "../model/network-policy.ts";
import type { EgressPeer, IngressPeer, PermitNamespaces } from "../model/service-access.ts";
import { canonicalSelector, sortedSet } from "./canonical.ts";

/** Why a peer cannot be written: the rule that needs it is left out, it is never widened. */
export interface Unresolved {
  /** CamelCase, as it becomes a condition's reason. */
  readonly reason: string;
  readonly message: string;
}

/** The peer of a rule in Kubernetes' own form; "anyone" only where the object says `preset: Anywhere`. */
export function rulePeers(peer: IngressPeer | EgressPeer): RulePeers | Unresolved {
  const { ipBlock, preset, except } = peer;
  if (isSeveral(peer)) return SEVERAL;
  // Without its exception it would be wider than what was asked.
  if (except !== undefined) return invalid("except stands beside preset Anywhere or World");
  if (ipBlock !== undefined) return [{ ipBlock: canonicalBlock(ipBlock) }];
  if (preset === undefined) return podsPeer(peer);
  switch (preset) {
    case "Anywhere":
      return "anyone";
    case "Cluster":
      return [{ namespaceSelector: {} }];
    case "World":
      return WORLD;
    case "ClusterDNS":
    case "KubeAPI":
      return invalid(`preset ${preset} is only for egress`);
    case "LoadBalancerHealthChecks":
    case "Virtctl":
      return invalid(`preset ${preset} is only for ingress`);
  }
}

export const SEVERAL: Unresolved = {
  reason: "InvalidSpec",
  message: "a peer is one kind of thing, and not two of them",
};

/** Whether it says in more than one way who is meant: which one counts would be a guess. */
export function isSeveral(peer: IngressPeer | EgressPeer): boolean {
  const { ipBlock, preset } = peer;
  const others = ["names", "service", "serviceAccess"].map((kind) => kind in peer);
  const kinds = [namesPods(peer), ipBlock !== undefined, preset !== undefined, ...others];
  return kinds.filter(Boolean).length > 1;
}

/** The namespaces that an object chooses besides its own, as one selector: by name and by label, where it says both. */
export function chosenNamespaces({ names, selector }: PermitNamespaces): LabelSelector | Unresolved {
  const given: readonly string[] | undefined = names;
  if (given?.length === 0) return invalid("permits.namespaces.names names none: name one, or leave it out");
  if (given === undefined && selector === undefined)
    return invalid("permits.namespaces chooses none: say names, or selector");
  return namespaceScope(selector ?? {}, given);
}

/** The same peer, written in another namespace: what meant its own namespace there means `home`. */
export function seenFromElsewhere(peer: PolicyPeer, home: string): PolicyPeer {
  if (peer.podSelector === undefined || peer.namespaceSelector !== undefined) return peer;
  return { ...peer, namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: home } } };
}

/** The holders of a label in the policy's own namespace. */
export function holders(label: { readonly key: string; readonly value: string }): LabelSelector {
  return { matchLabels: { [label.key]: label.value } };
}

function namesPods({ podSelector, namespaceSelector, namespaces }: IngressPeer | EgressPeer): boolean {
  return podSelector !== undefined || namespaceSelector !== undefined || namespaces !== undefined;
}

/** All keys given are ANDed in one element; without a namespace key the policy's own namespace is meant. */
function podsPeer(peer: IngressPeer | EgressPeer): NonEmpty<PolicyPeer> | Unresolved {
  if (!namesPods(peer)) return invalid("a peer says nobody: name pods, an ipBlock or a preset");
  const { podSelector, namespaceSelector } = peer;
  const namespaces: readonly string[] | undefined = peer.namespaces;
  if (namespaces?.length === 0) return invalid("namespaces names none: name one, or leave it out");
  const pods = podSelector === undefined ? {} : { podSelector: canonicalSelector(podSelector) };
  if (namespaceSelector === undefined && namespaces === undefined) return [pods];
  return [{ ...pods, namespaceSelector: namespaceScope(namespaceSelector ?? {}, namespaces) }];
}

/** Namespaces are named through the label that the API server puts on each of them. */
function namespaceScope(selector: LabelSelector, names: readonly string[] | undefined): LabelSelector {
  if (names === undefined) return canonicalSelector(selector);
  const [name] = names;
  const isPlain = names.length === 1 && name !== undefined && !hasNameLabel(selector);
  if (isPlain) {
    return canonicalSelector({
      ...selector,
      matchLabels: { ...selector.matchLabels, [NAMESPACE_NAME_LABEL]: name },
    });
  }
  const listed = { key: NAMESPACE_NAME_LABEL, operator: "In", values: names };
  return canonicalSelector({ ...selector, matchExpressions: [...(selector.matchExpressions ?? []), listed] });
}

function hasNameLabel(selector: LabelSelector): boolean {
  return Object.hasOwn(selector.matchLabels ?? {}, NAMESPACE_NAME_LABEL);
}

function invalid(message: string): Unresolved {
  return { reason: "InvalidSpec", message };
}

function canonicalBlock({ cidr, except }: IPBlock): IPBlock {
  const [first, ...others] = except ?? [];
  return { cidr, ...(first === undefined ? {} : { except: sortedSet([first, ...others]) }) };
}

/**
 * Everything outside: both families without the ranges that are private or local by their definition (RFC 1918, 6598,
 * 3927, 1122; RFC 4193, 4291), in which pods, nodes and Services live.
 */
const WORLD: NonEmpty<PolicyPeer> = [
  {
    ipBlock: {
      cidr: "0.0.0.0/0",
      except: [
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
      ],
    },
  },
  { ipBlock: { cidr: "::/0", except: ["::1/128", "fc00::/7", "fe80::/10"] } },
];
