import type { RulePorts } from "../model/network-policy.ts";
import type { EgressPeer, IngressPeer } from "../model/service-access.ts";
import { dnsRules } from "./cluster-dns.ts";
import { isSeveral, rulePeers, SEVERAL, type Unresolved } from "./peers.ts";
import type { References } from "./references.ts";
import type { Rule } from "./rules.ts";

/** One rule of an object, as it stands there. */
export interface AskedRule {
  readonly peers: readonly (IngressPeer | EgressPeer)[];
  /** Undefined where it names none, and none are meant by default. */
  readonly ports: RulePorts | undefined;
  /** `rights.egress[0]`, and the list of its peers. */
  readonly field: string;
  readonly list: "from" | "to";
}

/** What cannot be written is left out and said; a rule is never written without its peers or its ports. */
export function peerRules(asked: AskedRule, references: References, dropped: Unresolved[]): readonly Rule[] {
  const { peers, ports, field, list } = asked;
  const isWanting = peers.length === 0 || peers.some((peer) => !bringsPorts(peer));
  if (ports === undefined && isWanting)
    dropped.push({ reason: "NoPorts", message: `${field} has no ports: name them, or protocol Any for all` });
  else if (peers.length === 0)
    dropped.push({ reason: "InvalidSpec", message: `${field}.${list} names nobody` });
  return peers.flatMap((peer, i) => {
    if (isWayToDns(peer, asked)) return rulesToDns(references, dropped);
    const found = rulesFor(peer, ports, references);
    if (!("reason" in found)) return found;
    dropped.push({ ...found, message: `${field}.${list}[${i}]: ${found.message}` });
    return [];
  });
}

/** The way to the cluster's DNS; where it was never found, that is said once, whoever asks for it. */
export function rulesToDns({ dns }: References, dropped: Unresolved[]): readonly Rule[] {
  switch (dns.kind) {
    case "found":
    case "kept":
      return dnsRules(dns.dns);
    case "missing":
      if (!dropped.includes(dns.why)) dropped.push(dns.why);
      return [];
    case "unused":
      return [];
  }
}

function isWayToDns(peer: IngressPeer | EgressPeer, { list, ports }: AskedRule): boolean {
  return list === "to" && ports === undefined && peer.preset === "ClusterDNS" && !isSeveral(peer);
}

/** Where such a peer goes is known with its ports. */
function bringsPorts(peer: IngressPeer | EgressPeer): boolean {
  const { preset } = peer;
  return preset === "ClusterDNS" || preset === "KubeAPI" || "service" in peer || "serviceAccess" in peer;
}

function rulesFor(
  peer: IngressPeer | EgressPeer,
  ports: RulePorts | undefined,
  references: References,
): readonly Rule[] | Unresolved {
  const known = references.peers.get(peer);
  if (isSeveral(peer)) return SEVERAL;
  if (bringsPorts(peer) && ports !== undefined)
    return { reason: "InvalidSpec", message: "the peer brings ports of its own: give its rule none" };
  switch (known?.kind) {
    case "missing":
      return known.why;
    case "rules":
      return known.rules;
    case "peers":
      return ports === undefined ? [] : [{ peers: known.peers, ports }];
    case undefined: {
      if (ports === undefined) return [];
      const peers = rulePeers(peer);
      return peers !== "anyone" && "reason" in peers ? peers : [{ peers, ports }];
    }
  }
}
