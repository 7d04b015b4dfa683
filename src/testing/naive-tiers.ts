import type { PodScope, Tier, TierPeer, TierPolicy, TierPort, TierRule } from "../model/tier-policy.ts";
import type { Node, Pod, Protocol } from "../model/world.ts";
import {
  addressesOf,
  bothOf,
  familiesBetween,
  isFinished,
  isOwnNode,
  isSamePod,
  type NaiveEnd,
  type NaiveFlow,
  type NaiveVerdict,
  oneOf,
  opinionsOn,
  type Way,
} from "./naive.ts";
import { blockMatches, familyOf, sameAddress } from "./naive-address.ts";
import { labelsMatch, namespaceMatches, type Truth } from "./naive-selector.ts";
import type { SmallCluster } from "./table.ts";

export interface TieredCluster extends SmallCluster {
  readonly tierPolicies: readonly TierPolicy[];
  readonly nodes: readonly Node[];
}

/**
 * The tiers read out literally, in the manner of `naiveVerdict`: one flow is walked through every rule, in every order that
 * equal priorities leave open, and both ways where something is undetermined. Only what always ends the same is known.
 */
export function naiveVerdictWithTiers(
  cluster: TieredCluster,
  from: NaiveEnd,
  to: NaiveEnd,
  protocol: Protocol,
  port: number,
): NaiveVerdict {
  if (isFinished(from) || isFinished(to)) return "Unknown";
  if (isSamePod(from, to)) return "Allowed";
  const verdicts = familiesBetween(from, to).map((family) => {
    const flow = { from, to, protocol, port, family };
    const sides = [sideOf(cluster, "egress", flow), sideOf(cluster, "ingress", flow)];
    if (sides.includes("Denied")) return "Denied";
    return sides.includes("Unknown") ? "Unknown" : "Allowed";
  });
  const [first = "Unknown"] = verdicts;
  return verdicts.every((verdict) => verdict === first) ? first : "Unknown";
}

/** All the ways in which a walk can end. */
type Ends = ReadonlySet<"Allowed" | "Denied">;

const ALLOWED: Ends = new Set(["Allowed"]);
const DENIED: Ends = new Set(["Denied"]);

function sideOf(cluster: TieredCluster, way: Way, flow: NaiveFlow): NaiveVerdict {
  const subject = way === "egress" ? flow.from : flow.to;
  if (typeof subject === "string") return "Allowed";
  if (way === "ingress" && isOwnNode(subject, flow.from)) return "Allowed";
  const question = { cluster, way, flow, subject };
  const ends = throughTier(question, "Admin", () =>
    throughNetworkPolicies(question, () => throughTier(question, "Baseline", () => ALLOWED)),
  );
  if (ends.size > 1) return "Unknown";
  return ends.has("Allowed") ? "Allowed" : "Denied";
}

interface Question {
  readonly cluster: TieredCluster;
  readonly way: Way;
  readonly flow: NaiveFlow;
  readonly subject: Pod;
}

/** Pods on the node's network are no subjects. */
function throughTier(question: Question, tier: Tier, next: () => Ends): Ends {
  if (question.subject.hostNetwork) return next();
  const ends = throughRead(question, tier, next);
  return isUnread(question.cluster, tier) ? either([ends, ALLOWED, DENIED]) : ends;
}

/** A policy of a tier that cannot be read may accept, deny or leave alone, and come before all others. */
function isUnread({ unreadable = [] }: TieredCluster, tier: Tier): boolean {
  const kinds =
    tier === "Baseline" ? ["BaselineAdminNetworkPolicy"] : ["AdminNetworkPolicy", "ClusterNetworkPolicy"];
  return unreadable.some(({ kind }) => kinds.includes(kind));
}

function throughRead(question: Question, tier: Tier, next: () => Ends): Ends {
  const policies = question.cluster.tierPolicies.filter((policy) => policy.tier === tier);
  return either(ordersOf(policies).map((order) => throughPolicies(question, order, next)));
}

/** Lower values first; equal ones in any order. */
function ordersOf(policies: readonly TierPolicy[]): readonly (readonly TierPolicy[])[] {
  if (policies.length === 0) return [[]];
  const lowest = Math.min(...policies.map(({ priority }) => priority));
  return policies
    .filter(({ priority }) => priority === lowest)
    .flatMap((first) => ordersOf(policies.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}

function throughPolicies(question: Question, policies: readonly TierPolicy[], next: () => Ends): Ends {
  const [first, ...rest] = policies;
  if (first === undefined) return next();
  const others = (): Ends => throughPolicies(question, rest, next);
  const isSubject = first.subject === undefined ? "U" : isMeant(question, first.subject, question.subject);
  if (isSubject === "F") return others();
  const inside = throughRules(question, first[question.way], others, next);
  return isSubject === "T" ? inside : either([inside, others()]);
}

/** `others` are the policies that come after these rules, `next` is the next tier. */
function throughRules(
  question: Question,
  rules: readonly TierRule[],
  others: () => Ends,
  next: () => Ends,
): Ends {
  const [rule, ...rest] = rules;
  if (rule === undefined) return others();
  const later = (): Ends => throughRules(question, rest, others, next);
  const matches = ruleMatches(question, rule);
  if (matches === "F") return later();
  const here = endOf(rule, next);
  return matches === "T" ? here : either([here, later()]);
}

function endOf(rule: TierRule, next: () => Ends): Ends {
  if (rule.action === "Accept") return ALLOWED;
  if (rule.action === "Deny" || hasStrangePeer(rule) || hasStrangePort(rule)) return DENIED;
  return next();
}

/** A rule with something unknown in it matches nothing if it accepts; else whoever it may mean, on every port. */
function ruleMatches(question: Question, rule: TierRule): Truth {
  const isClosed = hasStrangePeer(rule) || hasStrangePort(rule);
  if (isClosed && rule.action === "Accept") return "F";
  const peer: Truth = hasStrangePeer(rule)
    ? "T"
    : oneOf(rule.peers.map((each) => peerMatches(question, each)));
  if (rule.ports === undefined || isClosed) return peer;
  return bothOf(peer, oneOf(rule.ports.map((each) => portMatches(question, each))));
}

function hasStrangePeer({ peers }: TierRule): boolean {
  return peers.length === 0 || peers.some(({ kind }) => kind === "unknown");
}

function hasStrangePort({ ports }: TierRule): boolean {
  return ports !== undefined && (ports.length === 0 || ports.some(isStrange));
}

function isStrange(port: TierPort): boolean {
  if (port.kind !== "range") return port.kind === "unknown";
  const isProtocol = ["TCP", "UDP", "SCTP"].includes(port.protocol);
  return !isProtocol || port.from < 1 || port.to > 65535 || port.from > port.to;
}

function peerMatches(question: Question, peer: TierPeer): Truth {
  const { flow, way, cluster } = question;
  const end = way === "egress" ? flow.to : flow.from;
  switch (peer.kind) {
    case "unknown":
      return "F";
    case "pods":
      return isMeant(question, peer.scope, end);
    case "networks":
      return oneOf(peer.cidrs.map((cidr) => blockMatches({ cidr }, addressesOf(end), flow.family)));
    case "nodes":
      return oneOf(
        cluster.nodes.map((node) =>
          bothOf(labelsMatch(peer.selector, node.labels), isAtNode(node, end, flow.family)),
        ),
      );
    case "domainNames":
      return typeof end === "string" ? "U" : "F";
  }
}

function isMeant({ cluster }: Question, scope: PodScope, end: NaiveEnd): Truth {
  if (typeof end === "string" || end.hostNetwork) return "F";
  const { namespaceSelector, podSelector } = scope;
  return bothOf(
    namespaceMatches(namespaceSelector, end.namespace, cluster.namespaces.get(end.namespace)),
    podSelector === undefined ? "T" : labelsMatch(podSelector, end.labels),
  );
}

/** A pod without an address may turn out to have the node's only if it is on the node's network. */
function isAtNode({ addresses }: Node, end: NaiveEnd, family: number): Truth {
  const own = addressesOf(end).filter((address) => familyOf(address) === family);
  if (own.length > 0)
    return own.some((address) => addresses.some((other) => sameAddress(address, other))) ? "T" : "F";
  const mayBeAnywhere = typeof end !== "string" && end.hostNetwork;
  return mayBeAnywhere && addresses.length > 0 ? "U" : "F";
}

function portMatches({ flow }: Question, port: TierPort): Truth {
  const { to, protocol, port: number } = flow;
  if (port.kind === "unknown") return "F";
  if (port.kind === "range")
    return port.protocol === protocol && port.from <= number && number <= port.to ? "T" : "F";
  if (typeof to === "string") return "F";
  const isNamed = to.ports.some(
    (each) => each.name === port.name && each.protocol === protocol && each.number === number,
  );
  return isNamed ? "T" : "F";
}

/** Final for whom they isolate in this direction; where none is sure to, the next tier may be asked as well. */
function throughNetworkPolicies({ cluster, way, flow, subject }: Question, next: () => Ends): Ends {
  const opinions = opinionsOn(cluster, way, flow, subject).filter(({ selects }) => selects !== "F");
  const isOpened = opinions.some(({ selects, admits }) => selects === "T" && admits === "T");
  return either([
    opinions.some(({ selects }) => selects === "T") ? new Set() : next(),
    opinions.some(({ admits }) => admits !== "F") ? ALLOWED : new Set(),
    !isOpened && opinions.some(({ admits }) => admits !== "T") ? DENIED : new Set(),
  ]);
}

function either(ends: readonly Ends[]): Ends {
  return new Set(ends.flatMap((each) => [...each]));
}
