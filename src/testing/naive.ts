import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod, Protocol } from "../model/world.ts";
import { blockMatches, familyOf, sameAddress } from "./naive-address.ts";
import { labelsMatch, namespaceMatches, type Truth } from "./naive-selector.ts";
import type { SmallCluster } from "./table.ts";

/**
 * The rules of NetworkPolicy read out literally, one flow at a time: no indexes, no compiling, no set of ports.
 * It shares nothing with `core`, so the two can only agree by both being right, or by the same misreading.
 */
export function naiveVerdict(
  cluster: SmallCluster,
  from: NaiveEnd,
  to: NaiveEnd,
  protocol: Protocol,
  port: number,
): NaiveVerdict {
  if (isFinished(from) || isFinished(to)) return "Unknown";
  if (isSamePod(from, to)) return "Allowed";
  const verdicts = familiesBetween(from, to).map((family) =>
    inFamily(cluster, { from, to, protocol, port, family }),
  );
  const [first = "Unknown"] = verdicts;
  return verdicts.every((verdict) => verdict === first) ? first : "Unknown";
}

/** A pod, or an address outside the cluster. */
export type NaiveEnd = Pod | string;

export type NaiveVerdict = "Allowed" | "Denied" | "Unknown";

export type Way = "egress" | "ingress";

export interface NaiveFlow {
  readonly from: NaiveEnd;
  readonly to: NaiveEnd;
  readonly protocol: Protocol;
  readonly port: number;
  /** 4 or 6; 0 where an end has no address yet. */
  readonly family: number;
}

/** A finished pod's address may already belong to another pod (S68). */
export function isFinished(end: NaiveEnd): boolean {
  return typeof end !== "string" && (end.phase === "Succeeded" || end.phase === "Failed");
}

/** A pod cannot block itself (S62); a template of several replicas stands for several pods (S74). */
export function isSamePod(from: NaiveEnd, to: NaiveEnd): boolean {
  if (typeof from === "string" || typeof to === "string") return false;
  return (
    from.namespace === to.namespace && from.name === to.name && !(from.fromTemplate && from.replicas > 1)
  );
}

/** The families in which both ends have an address (S72); an end that has none yet leaves it to the other. */
export function familiesBetween(from: NaiveEnd, to: NaiveEnd): readonly number[] {
  const ofFrom = addressesOf(from).map(familyOf);
  const ofTo = addressesOf(to).map(familyOf);
  if (ofFrom.length === 0 && ofTo.length === 0) return [0];
  if (ofTo.length === 0) return ofFrom;
  if (ofFrom.length === 0) return ofTo;
  return [4, 6].filter((family) => ofFrom.includes(family) && ofTo.includes(family));
}

export function addressesOf(end: NaiveEnd): readonly string[] {
  return typeof end === "string" ? [end] : end.addresses;
}

/** Both ends must agree (S10). */
function inFamily(cluster: SmallCluster, flow: NaiveFlow): NaiveVerdict {
  const sides = [saysOf(cluster, "egress", flow), saysOf(cluster, "ingress", flow)];
  if (sides.includes("Denied")) return "Denied";
  return sides.includes("Unknown") ? "Unknown" : "Allowed";
}

/** What the policies of one end say. Policies bind pods only, and never keep a pod's own node out (S65). */
function saysOf(cluster: SmallCluster, way: Way, flow: NaiveFlow): NaiveVerdict {
  const subject = way === "egress" ? flow.from : flow.to;
  if (typeof subject === "string") return "Allowed";
  if (way === "ingress" && isOwnNode(subject, flow.from)) return "Allowed";

  return sumUp(opinionsOn(cluster, way, flow, subject));
}

/** What one policy makes of a flow: whether it isolates the end that it is asked about, and whether it admits the other. */
export interface Opinion {
  readonly selects: Truth;
  readonly admits: Truth;
}

export function opinionsOn(
  cluster: SmallCluster,
  way: Way,
  flow: NaiveFlow,
  subject: Pod,
): readonly Opinion[] {
  const read = cluster.policies
    .filter((policy) => isAbout(policy, way))
    .map((policy) => ({
      selects: selectsSubject(policy, subject),
      admits: admits(cluster, policy, way, flow),
    }));
  return [...read, ...unreadOpinions(cluster, way, subject)];
}

/** A policy that cannot be read may select any pod of its namespace, and let anyone pass. */
function unreadOpinions({ unreadable = [] }: SmallCluster, way: Way, subject: Pod): readonly Opinion[] {
  const type = way === "egress" ? "Egress" : "Ingress";
  return unreadable
    .filter(({ kind, namespace }) => kind === "NetworkPolicy" && namespace === subject.namespace)
    .filter(({ policyTypes }) => policyTypes === undefined || policyTypes.includes(type))
    .map(() => ({ selects: "U", admits: "U" }));
}

export function isOwnNode(subject: Pod, from: NaiveEnd): boolean {
  if (typeof from === "string") return subject.nodeAddresses.some((address) => sameAddress(address, from));
  return from.hostNetwork && from.node !== "" && from.node === subject.node;
}

/** Allowed, denied or unknown, from what is certain and what is only possible. */
function sumUp(opinions: readonly Opinion[]): NaiveVerdict {
  if (opinions.some(({ selects, admits }) => selects === "T" && admits === "T")) return "Allowed";
  const isIsolated = opinions.some(({ selects }) => selects === "T");
  if (isIsolated) {
    const mayAdmit = opinions.some(({ selects, admits }) => selects !== "F" && admits !== "F");
    return mayAdmit ? "Unknown" : "Denied";
  }
  const mayIsolate = opinions.filter(({ selects }) => selects === "U");
  return mayIsolate.every(({ admits }) => admits === "T") ? "Allowed" : "Unknown";
}

/** Absent policyTypes are Ingress, and Egress as well when there are egress rules (S1, S2); an unknown word is both. */
function isAbout({ spec }: NetworkPolicy, way: Way): boolean {
  const types: readonly string[] = spec.policyTypes ?? [];
  if (types.length === 0) return way === "ingress" || Boolean(spec.egress && spec.egress.length > 0);
  return types.some((type) => type !== (way === "egress" ? "Ingress" : "Egress"));
}

/** Whether a policy selects a host-network pod is left open (S67). */
function selectsSubject({ metadata, spec }: NetworkPolicy, subject: Pod): Truth {
  if (metadata.namespace !== subject.namespace) return "F";
  return softenedForHost(subject, labelsMatch(spec.podSelector ?? {}, subject.labels));
}

function softenedForHost(pod: Pod, truth: Truth): Truth {
  return truth === "T" && pod.hostNetwork ? "U" : truth;
}

/** Some rule must name both the other end and the port (S22). */
function admits(cluster: SmallCluster, policy: NetworkPolicy, way: Way, flow: NaiveFlow): Truth {
  const rules: readonly RawRule[] =
    way === "egress"
      ? (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
      : (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
  const other = way === "egress" ? flow.to : flow.from;
  return oneOf(
    rules.map(({ peers, ports }) =>
      bothOf(
        !peers || peers.length === 0
          ? "T"
          : oneOf(
              peers.map((peer) => peerMatches(cluster, policy.metadata.namespace, peer, other, flow.family)),
            ),
        !ports || ports.length === 0 ? "T" : oneOf(ports.map((entry) => portMatches(entry, flow))),
      ),
    ),
  );
}

interface RawRule {
  readonly peers: readonly RawPeer[] | null | undefined;
  readonly ports: readonly RawPort[] | null | undefined;
}

type RawPeer = NonNullable<NonNullable<NonNullable<NetworkPolicy["spec"]["egress"]>[number]["to"]>[number]>;
type RawPort = NonNullable<
  NonNullable<NonNullable<NetworkPolicy["spec"]["egress"]>[number]["ports"]>[number]
>;

function peerMatches(
  cluster: SmallCluster,
  own: string,
  peer: RawPeer,
  end: NaiveEnd,
  family: number,
): Truth {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock)
    return podSelector || namespaceSelector ? "F" : blockMatches(ipBlock, addressesOf(end), family);
  if (!podSelector && !namespaceSelector) return "F";
  if (typeof end === "string") return "F";

  const inNamespace: Truth = namespaceSelector
    ? namespaceMatches(namespaceSelector, end.namespace, cluster.namespaces.get(end.namespace))
    : end.namespace === own
      ? "T"
      : "F";
  const isPod: Truth = podSelector ? labelsMatch(podSelector, end.labels) : "T";
  return softenedForHost(end, bothOf(inNamespace, isPod));
}

/** A name is looked up in the destination pod, among its ports of the entry's protocol (S41). */
function portMatches(entry: RawPort, flow: NaiveFlow): Truth {
  const { port, endPort } = entry;
  if ((entry.protocol ?? "TCP") !== flow.protocol) return "F";
  if (port === undefined || port === null) return endPort === undefined || endPort === null ? "T" : "F";
  if (typeof port === "number") {
    const last = endPort ?? port;
    return port <= flow.port && flow.port <= last && last <= 65535 ? "T" : "F";
  }
  if (typeof flow.to === "string" || endPort) return "F";
  const isNamed = flow.to.ports.some(
    ({ name, protocol, number }) => name === port && protocol === flow.protocol && number === flow.port,
  );
  return isNamed ? "T" : "F";
}

export function oneOf(truths: readonly Truth[]): Truth {
  if (truths.includes("T")) return "T";
  return truths.includes("U") ? "U" : "F";
}

export function bothOf(a: Truth, b: Truth): Truth {
  if (a === "F" || b === "F") return "F";
  return a === "T" && b === "T" ? "T" : "U";
}
