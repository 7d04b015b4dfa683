import type { LabelSelector } from "../model/network-policy.ts";
import type {
  AccessEgressRule,
  EgressPeer,
  IngressPeer,
  Port,
  Rights,
  ServiceAccessSpec,
} from "../model/service-access.ts";
import type { Namespace, Pod, Protocol } from "../model/world.ts";
import { type NaiveEnd, isSamePod } from "./naive.ts";
import { blockMatches, familyOf } from "./naive-address.ts";
import { labelsMatch, namespaceMatches } from "./naive-selector.ts";

/**
 * What a ServiceAccess asks for, read out literally, one flow at a time; it shares nothing with the generator. Pods have
 * one IPv4 address each, and none is on its node's network.
 */
export interface NaiveAsk {
  readonly spec: ServiceAccessSpec;
  /** The object's own namespace. */
  readonly home: string;
  /** What `target.service` and `target.workload` stand for. */
  readonly referred: { readonly selector: LabelSelector; readonly ports: readonly Port[] };
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly isDns: (pod: Pod) => boolean;
}

export interface AskedFlow {
  /** A pod, or an address outside the cluster. */
  readonly from: NaiveEnd;
  readonly to: Pod;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Whether the flow passes where the object's policies are the only ones. */
export function passes(ask: NaiveAsk, flow: AskedFlow): boolean {
  if (isSamePod(flow.from, flow.to)) return true;
  return (!isClosed(ask, flow) || isLetIn(ask, flow)) && (!isKeptIn(ask, flow) || isLetOut(ask, flow));
}

/** Whether the object names the source as a client of its target, on this port. */
export function expects(ask: NaiveAsk, flow: AskedFlow): boolean {
  return isTarget(ask, flow.to) && isLetIn(ask, flow, isByName);
}

function isByName({ preset, ipBlock }: IngressPeer): boolean {
  return preset === undefined && ipBlock === undefined;
}

/** Whether the object lets the source come to its target on this port, by whatever name. */
export function admits(ask: NaiveAsk, flow: AskedFlow): boolean {
  return isTarget(ask, flow.to) && isLetIn(ask, flow);
}

/** Whether the object speaks of this port of its target at all, for whomever. */
export function speaksOf(ask: NaiveAsk, flow: AskedFlow): boolean {
  const rules = ask.spec.rights?.ingress ?? [];
  const lists = [offered(ask), ...rules.map((rule) => rule.ports ?? offered(ask))];
  return isTarget(ask, flow.to) && lists.some((ports) => isOn(ports, flow));
}

function isClosed(ask: NaiveAsk, { to }: AskedFlow): boolean {
  return isTarget(ask, to) && typesOf(ask.spec.rights ?? {}).includes("Ingress");
}

/** Holders come on the ports of the service, others on those of their rule. */
function isLetIn(
  ask: NaiveAsk,
  flow: AskedFlow,
  counts: (peer: IngressPeer) => boolean = () => true,
): boolean {
  const rules = ask.spec.rights?.ingress ?? [];
  return (
    (isHolder(ask, flow.from) && isOn(offered(ask), flow)) ||
    rules.some(
      (rule) => isNamed(ask, rule.from.filter(counts), flow.from) && isOn(rule.ports ?? offered(ask), flow),
    )
  );
}

/** Holders are isolated by their permits, targets where the object speaks of their egress. */
function isKeptIn(ask: NaiveAsk, { from }: AskedFlow): boolean {
  return (
    (isHolder(ask, from) && hasPermits(ask, from)) ||
    (isTarget(ask, from) && typesOf(ask.spec.rights ?? {}).includes("Egress"))
  );
}

function isLetOut(ask: NaiveAsk, flow: AskedFlow): boolean {
  const isPermitted = isHolder(ask, flow.from) && hasPermits(ask, flow.from) && isWayOut(ask, flow);
  return isPermitted || (isTarget(ask, flow.from) && leadsTo(ask, ask.spec.rights?.egress ?? [], flow));
}

function isWayOut(ask: NaiveAsk, flow: AskedFlow): boolean {
  const { target, permits = {} } = ask.spec;
  if (permits.dns !== false && isDnsFlow(ask, flow)) return true;
  if (target === undefined) return leadsTo(ask, permits.egress ?? [], flow);
  return isTarget(ask, flow.to) && isOn(offered(ask), flow);
}

function leadsTo(ask: NaiveAsk, rules: readonly AccessEgressRule[], flow: AskedFlow): boolean {
  return rules.some((rule) =>
    rule.to.some((peer) => peer.preset === "ClusterDNS")
      ? isDnsFlow(ask, flow)
      : isNamed(ask, rule.to, flow.to) && isOn(rule.ports ?? [], flow),
  );
}

function typesOf({ policyTypes, egress }: Rights): readonly string[] {
  return policyTypes ?? (egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
}

function hasPermits(ask: NaiveAsk, holder: NaiveEnd): boolean {
  const { target, permits = {} } = ask.spec;
  if (permits.policy === "None" || (target !== undefined && offered(ask).length === 0)) return false;
  return typeof holder !== "string" && (holder.namespace === ask.home || consents(ask, holder.namespace));
}

function consents({ namespaces, home }: NaiveAsk, namespace: string): boolean {
  const accepted = namespaces.get(namespace)?.acceptsPermitsFrom ?? [];
  return accepted.some((each) => each === home || each === "*");
}

function offered({ spec, referred }: NaiveAsk): readonly Port[] {
  return spec.ports ?? (spec.target?.service === undefined ? [] : referred.ports);
}

export function isTarget({ spec: { target }, home, referred }: NaiveAsk, pod: NaiveEnd): boolean {
  if (target === undefined || typeof pod === "string" || pod.namespace !== home) return false;
  return labelsMatch(target.podSelector ?? referred.selector, pod.labels) === "T";
}

function isHolder(ask: NaiveAsk, pod: NaiveEnd): boolean {
  if (typeof pod === "string") return false;
  const { key, value = "true" } = ask.spec.permits?.label ?? { key: "netpol/unnamed" };
  return pod.labels[key] === value && (pod.namespace === ask.home || isChosen(ask, pod.namespace));
}

function isChosen({ spec: { permits }, namespaces }: NaiveAsk, namespace: string): boolean {
  const chosen = permits?.namespaces;
  if (chosen === undefined || chosen.names?.includes(namespace) === false) return false;
  return namespaceMatches(chosen.selector ?? {}, namespace, namespaces.get(namespace)) === "T";
}

function isDnsFlow({ isDns }: NaiveAsk, { to, protocol, port }: AskedFlow): boolean {
  return isDns(to) && port === 53 && protocol !== "SCTP";
}

function isOn(ports: readonly Port[], flow: AskedFlow): boolean {
  return ports.some((port) => covers(port, flow));
}

function covers({ port, endPort, protocol = "TCP" }: Port, flow: AskedFlow): boolean {
  if (protocol === "Any") return true;
  if (protocol !== flow.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === "number") return port <= flow.port && flow.port <= (endPort ?? port);
  return flow.to.ports.some(
    (each) => each.name === port && each.protocol === protocol && each.number === flow.port,
  );
}

function isNamed(ask: NaiveAsk, peers: readonly (IngressPeer | EgressPeer)[], end: NaiveEnd): boolean {
  return peers.some((peer) => (typeof end === "string" ? isAddress(peer, end) : isPeer(ask, peer, end)));
}

/** Of the addresses that the tests ask about these are private; all others are public. */
const PRIVATE = /^(10\.|192\.168\.|fd)/;

function isAddress(peer: IngressPeer | EgressPeer, address: string): boolean {
  const { preset, except, ipBlock } = peer;
  const isIn = (cidr: string) => blockMatches({ cidr }, [address], familyOf(address)) === "T";
  if (except?.cidrs?.some(isIn) === true) return false;
  if (preset !== undefined) return preset === "Anywhere" || (preset === "World" && !PRIVATE.test(address));
  return ipBlock !== undefined && blockMatches(ipBlock, [address], familyOf(address)) === "T";
}

/** All pods have private addresses, so that none of them is in the world outside. */
function isPeer({ home, namespaces }: NaiveAsk, peer: IngressPeer | EgressPeer, pod: Pod): boolean {
  if (peer.preset !== undefined) return peer.preset !== "World";
  if (peer.ipBlock !== undefined) return blockMatches(peer.ipBlock, pod.addresses, 4) === "T";
  if (labelsMatch(peer.podSelector ?? {}, pod.labels) !== "T") return false;
  if (peer.namespaceSelector === undefined && peer.namespaces === undefined) return pod.namespace === home;
  const isListed = peer.namespaces?.includes(pod.namespace) ?? true;
  const described = namespaces.get(pod.namespace);
  return isListed && namespaceMatches(peer.namespaceSelector ?? {}, pod.namespace, described) === "T";
}
