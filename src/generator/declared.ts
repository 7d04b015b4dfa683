import { isNonEmpty } from "../model/nonempty.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type {
  AccessEgressRule,
  AccessIngressRule,
  EgressPeer,
  IngressPeer,
  ServiceAccess,
} from "../model/service-access.ts";
import { HALF_LABEL } from "./names.ts";
import { isWithoutAddresses, type NetworkReference } from "./network.ts";
import { askedFor } from "./policies.ts";
import type { References } from "./references.ts";

/**
 * The grant of an object as policies, to ask the evaluator what was declared apart from what is in force: the rights, or,
 * without a target, the permits of every namespace that is chosen, whether it consents or not. `clients` leaves out wide
 * presets and address blocks: those permit, but name nobody who is expected to come.
 */
export function declaredPolicies(
  access: ServiceAccess,
  references: References,
  whom: "clients" | "everyone",
): readonly NetworkPolicy[] {
  const { target } = access.spec;
  const declared = whom === "everyone" ? access : namedOnly(access);
  const half = target === undefined ? "permits" : "rights";
  const { accepted, refused } = references.elsewhere;
  const elsewhere = { ...references.elsewhere, accepted: [...accepted, ...refused] };
  const asked = grantOnly(declared, references.network);
  const dns = whom === "everyone" ? references.dns : withoutAddresses(references.dns);
  const { policies } = askedFor(asked, { ...references, dns, elsewhere });
  return policies.filter((policy) => policy.metadata.labels?.[HALF_LABEL] === half);
}

/** Nobody is named by an address. */
function withoutAddresses(reference: References["dns"]): References["dns"] {
  if (reference.kind !== "found" && reference.kind !== "kept") return reference;
  return { ...reference, dns: { ...reference.dns, addresses: [] } };
}

/** The rights for ingress whatever the object isolates, and the permits without the cluster DNS, which is no destination. */
function grantOnly(access: ServiceAccess, network: NetworkReference): ServiceAccess {
  const { rights, permits, ...spec } = access.spec;
  const { ingress } = rights ?? {};
  const policy = isWithoutAddresses(network) ? (permits?.policy ?? "Generate") : "Generate";
  return {
    ...access,
    spec: {
      ...spec,
      ...(ingress === undefined ? {} : { rights: { ingress } }),
      permits: { ...permits, policy, dns: false },
    },
  };
}

function namedOnly(access: ServiceAccess): ServiceAccess {
  const { rights, permits, ...spec } = access.spec;
  const ingress = (rights?.ingress ?? []).flatMap(namedSources);
  const egress = (permits?.egress ?? []).flatMap(namedDestinations);
  const { egress: _destinations, ...ownPermits } = permits ?? {};
  return {
    ...access,
    spec: {
      ...spec,
      rights: isNonEmpty(ingress) ? { ingress } : {},
      permits: isNonEmpty(egress) ? { ...ownPermits, egress } : ownPermits,
    },
  };
}

function namedSources(rule: AccessIngressRule): readonly AccessIngressRule[] {
  const from = rule.from.filter(isNamed);
  return isNonEmpty(from) ? [{ ...rule, from }] : [];
}

function namedDestinations(rule: AccessEgressRule): readonly AccessEgressRule[] {
  const to = rule.to.filter(isNamed);
  return isNonEmpty(to) ? [{ ...rule, to }] : [];
}

function isNamed(peer: IngressPeer | EgressPeer): boolean {
  return peer.preset === "ClusterDNS" || (peer.preset === undefined && peer.ipBlock === undefined);
}
