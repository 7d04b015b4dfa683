import { keyText } from "../model/key.ts";
import type { DnsStatus, EgressPeer, ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { findDns } from "./cluster-dns.ts";
import { type Elsewhere, elsewhereOf } from "./elsewhere.ts";
import { intentOf } from "./intent.ts";
import { type LookedUp, lookUp } from "./looked-up.ts";
import { type NetworkReference, resolveNetwork } from "./network.ts";
import { namesOf, type NameReference } from "./name-references.ts";
import type { Unresolved } from "./peers.ts";
import { resolveTarget, type TargetReference } from "./target.ts";

/** What an object refers to, looked up in the cluster as it is now. */
export interface References {
  readonly target: TargetReference;
  readonly dns: DnsReference;
  readonly peers: LookedUp;
  readonly names: readonly NameReference[];
  readonly elsewhere: Elsewhere;
  readonly network: NetworkReference;
}

export type DnsReference =
  | { readonly kind: "unused" }
  | { readonly kind: "found"; readonly dns: DnsStatus }
  /** Not there any more: what the status knows of it. */
  | { readonly kind: "kept"; readonly dns: DnsStatus; readonly why: Unresolved }
  | { readonly kind: "missing"; readonly why: Unresolved };

export function resolve(access: ServiceAccess, world: World): References {
  const { target } = access.spec;
  const resolved = target === undefined ? NO_TARGET : resolveTarget(target, access.metadata.namespace, world);
  const dns = asksForDns(access, resolved) ? resolveDns(access, world) : UNUSED;
  return {
    target: resolved,
    dns,
    peers: lookUp(access, world),
    names: namesOf(access, world),
    elsewhere: elsewhereOf(access, world),
    network: resolveNetwork(access, world),
  };
}

const NO_TARGET: TargetReference = { kind: "none" };
const UNUSED: DnsReference = { kind: "unused" };

/** Whether holders of the label get anywhere; an object without ports, such as a default deny, has no use for it. */
export function offersAnything({ spec }: ServiceAccess, { target }: Pick<References, "target">): boolean {
  if (target.kind === "none") return true;
  return (spec.ports ?? []).length > 0 || (target.kind === "found" && target.ports.length > 0);
}

/** Whether anyone is named who should get anywhere, be it by a rule with sources and ports of its own. */
export function namesAnyone(access: ServiceAccess, references: Pick<References, "target">): boolean {
  return offersAnything(access, references) || (access.spec.rights?.ingress ?? []).length > 0;
}

/** What was found last stays in force while nothing is found: holders without DNS are stranded. */
function resolveDns({ status }: ServiceAccess, world: World): DnsReference {
  const dns = findDns(world, status?.dns);
  if (dns !== undefined) return { kind: "found", dns };
  const { dnsService } = world.platform;
  const missing =
    dnsService === undefined
      ? "no Service kube-system/kube-dns with a selector and port 53, nor another that is known"
      : `no Service ${keyText(dnsService)} with a selector and port 53`;
  const last = status?.dns;
  const what =
    last === undefined ? "the rule for the cluster DNS is left out" : "its rule stays as it was found last";
  const why = { reason: "DNSNotFound", message: `${missing}: ${what}` };
  return last === undefined ? { kind: "missing", why } : { kind: "kept", dns: last, why };
}

function asksForDns(access: ServiceAccess, target: TargetReference): boolean {
  const { egress, permits } = intentOf(access);
  if ([...egress, ...permits.egress].some(({ to }) => to.some(isDns))) return true;
  return permits.generate && permits.dns && offersAnything(access, { target });
}

function isDns({ preset }: EgressPeer): boolean {
  return preset === "ClusterDNS";
}
