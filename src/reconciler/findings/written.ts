import { contains, parseRange, rangeText } from "../../core/addresses.ts";
import type { Peer, Rule } from "../../core/policy.ts";
import { ALL_PORTS, equalSets, hasPort, portTexts } from "../../core/ports.ts";
import { requirementsOf, type Requirement, selectorOf, selectsNamespace } from "../../core/selector.ts";
import { NAMESPACE_NAME_LABEL } from "../../model/labels.ts";
import type { Finding } from "../../model/service-access.ts";
import type { World } from "../../model/world.ts";
import { detachesSelectors } from "./detached.ts";
import type { Scene } from "./findings.ts";
import { DIRECTIONS, type Other, othersOn, otherText, peersNamed } from "./others.ts";

/** What policies of others, which isolate the object's pods, do by the way they are written. */
export function writtenFindings({ access, reach, world, evaluator }: Scene): readonly Finding[] {
  return othersOn(reach, world, evaluator).flatMap((other) =>
    TRAPS.flatMap(({ type, severity, says }): readonly Finding[] => {
      const message = says(other, world);
      return message === undefined ? [] : [{ type, severity, object: otherText(other, access), message }];
    }),
  );
}

/** A way to write a policy that does something else than it seems to. */
interface Trap extends Pick<Finding, "type" | "severity"> {
  /** What it does and what to do about it; undefined where the policy has not walked into it. */
  says(other: Other, world: World): string | undefined;
}

const TRAPS: readonly Trap[] = [
  { type: "ImplicitIngressIsolation", severity: "Warning", says: closesIngress },
  { type: "PortsDetachedFromPeers", severity: "Warning", says: detachesPorts },
  { type: "WebRuleReachesCluster", severity: "Info", says: reachesCluster },
  { type: "HealthCheckCidrTooWide", severity: "Warning", says: letsTooManyCheck },
  { type: "NamespaceLabelUnknown", severity: "Warning", says: asksForUnknownLabel },
  { type: "SelectorsDetached", severity: "Warning", says: detachesSelectors },
];

/** Policies without policyTypes are always about ingress (S2). */
function closesIngress({ written: { spec } }: Other): string | undefined {
  const isImplicit = (spec.policyTypes ?? []).length === 0;
  if (!isImplicit || (spec.egress ?? []).length === 0 || (spec.ingress ?? []).length > 0) return undefined;
  return "has rules for egress only, but no policyTypes, so it lets nobody in either: write policyTypes: [Egress] if that is not meant";
}

/** In a rule of their own the ports are for everyone, and the peers of the rule above have every port. */
function detachesPorts({ policy }: Other): string | undefined {
  for (const direction of DIRECTIONS) {
    const rules = policy[direction] ?? [];
    const open = rules.find(({ peers, ports }) => peers === "anyone" && ports !== "every");
    const named = rules.find(({ peers, ports }) => peers !== "anyone" && ports === "every");
    if (open === undefined || named === undefined) continue;
    const [list, them] = direction === "ingress" ? ["from", "come in"] : ["to", "be reached"];
    return `has a rule with ${list} and no ports beside one with ports and no ${list}: the peers of the first may ${them} on every port, and everyone on those of the second; write both into one rule if they belong together`;
  }
  return undefined;
}

/** Without peers a rule is about pods as well; who names the ports of the web may have thought of the Internet. */
function reachesCluster({ policy }: Other): string | undefined {
  const rule = policy.egress?.find(isWeb);
  if (rule?.fixed === undefined) return undefined;
  return `lets its pods out on ${portTexts(rule.fixed).join(", ")} to everyone, pods of the cluster among them: name address blocks without the cluster's own ranges if only the web is meant`;
}

function isWeb({ peers, fixed }: Rule): boolean {
  if (peers !== "anyone" || fixed === undefined || equalSets(fixed, ALL_PORTS)) return false;
  return hasPort(fixed, "TCP", 80) || hasPort(fixed, "TCP", 443);
}

/** Load balancers of Alibaba Cloud check from RFC 6598's addresses; the rest of their /8 is the Internet's. */
const CHECKERS = { text: "100.64.0.0/10", around: parseRange("100.0.0.0/8") };

function letsTooManyCheck({ policy }: Other): string | undefined {
  const checkers = parseRange(CHECKERS.text);
  const blocks = (policy.ingress ?? []).flatMap(({ peers }) => (peers === "anyone" ? [] : peers));
  for (const peer of blocks) {
    if (peer.kind !== "block" || checkers === undefined || CHECKERS.around === undefined) continue;
    const isWide = contains(peer.cidr, checkers) && !contains(checkers, peer.cidr);
    if (isWide && contains(CHECKERS.around, peer.cidr))
      return `lets in ${rangeText(peer.cidr)}, most of which is the Internet's: the health checks of load balancers come from ${CHECKERS.text}, so write that`;
  }
  return undefined;
}

/** Namespaces have their name in one label only, and no `name` unless somebody gave it to them. */
function asksForUnknownLabel({ policy }: Other, world: World): string | undefined {
  for (const requirement of peersNamed(policy).flatMap(requirementsOn)) {
    if (isMetSomewhere(requirement, world)) continue;
    const value = requirement.operator === "In" ? `=${requirement.values.join(" or ")}` : "";
    return `means a namespace with the label ${requirement.key}${value}, which none has, so that peer is nobody: label the namespace, or name it by ${NAMESPACE_NAME_LABEL}`;
  }
  return undefined;
}

/** What a peer asks of namespaces that has to be there; a name that is not there yet may come. */
function requirementsOn(peer: Peer): readonly Requirement[] {
  if (peer.kind !== "pods" || peer.namespaces.kind === "own") return [];
  return requirementsOf(peer.namespaces.selector).filter(
    ({ operator, key }) => (operator === "In" || operator === "Exists") && key !== NAMESPACE_NAME_LABEL,
  );
}

function isMetSomewhere(requirement: Requirement, { namespaces }: World): boolean {
  const alone = selectorOf([requirement]);
  return [...namespaces.values()].some((namespace) => selectsNamespace(alone, namespace) !== "no");
}
