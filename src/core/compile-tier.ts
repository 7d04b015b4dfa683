import type { Problem } from "../model/problem.ts";
import type { PodScope, TierPeer, TierPolicy, TierPort, TierRule } from "../model/tier-policy.ts";
import { type Node, PROTOCOLS } from "../model/world.ts";
import { parseRange } from "./addresses.ts";
import { compileSelector, EVERYTHING, type Selector, selects } from "./selector.ts";
import type {
  CompiledScope,
  CompiledTier,
  CompiledTierPeer,
  CompiledTierPort,
  CompiledTierRule,
} from "./tier.ts";

/**
 * Decides what absent and unknown parts of a cluster-scoped policy mean. What this version does not know fails closed: an
 * Accept rule matches less, a Deny or Pass rule denies everything (network-policy-api, "unknown peers").
 */
export function compileTier(policy: TierPolicy, nodes: Iterable<Node>): CompiledTier {
  const problems: Problem[] = [];
  const known = [...nodes];
  const rules = (direction: "egress" | "ingress"): readonly CompiledTierRule[] =>
    policy[direction].map((rule, i) => compileRule(rule, known, `spec.${direction}[${i}]`, problems));
  return {
    name: `${policy.kind}/${policy.name}`,
    tier: policy.tier,
    priority: policy.priority,
    subject: compileSubject(policy.subject, problems),
    egress: rules("egress"),
    ingress: rules("ingress"),
    problems,
  };
}

/** A subject of no known kind may be anybody. */
function compileSubject(subject: PodScope | undefined, problems: Problem[]): CompiledScope {
  if (subject !== undefined) return compileScope(subject, "spec.subject", problems);
  const reason = "the subject is of no known kind: use namespaces or pods";
  problems.push({ field: "spec.subject", message: reason });
  return { namespaces: { kind: "invalid", reason }, pods: EVERYTHING };
}

function compileScope(scope: PodScope, field: string, problems: Problem[]): CompiledScope {
  const compiled = {
    namespaces: compileSelector(scope.namespaceSelector),
    pods: scope.podSelector === undefined ? EVERYTHING : compileSelector(scope.podSelector),
  };
  problems.push(...invalid(compiled.namespaces, `${field}.namespaceSelector`));
  problems.push(...invalid(compiled.pods, `${field}.podSelector`));
  return compiled;
}

function invalid(selector: Selector, field: string): readonly Problem[] {
  return selector.kind === "invalid" ? [{ field, message: selector.reason }] : [];
}

function compileRule(
  rule: TierRule,
  nodes: readonly Node[],
  field: string,
  problems: Problem[],
): CompiledTierRule {
  const isStrange = rule.peers.length === 0 || rule.peers.some((peer) => peer.kind === "unknown");
  if (isStrange)
    problems.push({ field, message: "a peer of no known kind: the rule is read as closed as can be" });
  const ports = compilePorts(rule, field, problems);
  if (isStrange && rule.action !== "Accept") return { action: "Deny", peers: "anyone", ports };
  const peers = rule.peers.flatMap((peer, i) => compilePeer(peer, nodes, `${field}.peers[${i}]`, problems));
  return { action: rule.action, peers, ports };
}

function compilePeer(
  peer: TierPeer,
  nodes: readonly Node[],
  field: string,
  problems: Problem[],
): readonly CompiledTierPeer[] {
  switch (peer.kind) {
    case "unknown":
      return [];
    case "pods":
      return [{ kind: "pods", scope: compileScope(peer.scope, field, problems) }];
    case "networks":
      return compileNetworks(peer.cidrs, field, problems);
    case "nodes":
      return [compileNodes(peer, nodes, field, problems)];
    case "domainNames":
      return [{ kind: "domainNames" }];
  }
}

function compileNetworks(
  cidrs: readonly string[],
  field: string,
  problems: Problem[],
): readonly CompiledTierPeer[] {
  const ranges = cidrs.map(parseRange);
  const known = ranges.filter((range) => range !== undefined);
  if (known.length === ranges.length) return [{ kind: "networks", ranges: known }];
  problems.push({ field, message: `one of ${cidrs.join(", ")} is not a CIDR` });
  return [{ kind: "networks", ranges: known }, { kind: "undetermined" }];
}

/** A node is all its addresses (NPEP-126). */
function compileNodes(
  peer: Extract<TierPeer, { kind: "nodes" }>,
  nodes: readonly Node[],
  field: string,
  problems: Problem[],
): CompiledTierPeer {
  const selector = compileSelector(peer.selector);
  problems.push(...invalid(selector, field));
  if (selector.kind === "invalid") return { kind: "undetermined" };
  const addresses = nodes
    .filter((node) => selects(selector, node.labels) === "yes")
    .flatMap((node) => node.addresses);
  return { kind: "nodes", ranges: addresses.map(parseRange).filter((range) => range !== undefined) };
}

/** An entry of no known kind fails closed as an unknown peer does. */
function compilePorts(rule: TierRule, field: string, problems: Problem[]): CompiledTierRule["ports"] {
  if (rule.ports === undefined) return "every";
  const ports = rule.ports.map(compilePort);
  const known = ports.filter((port) => port !== undefined);
  if (known.length === ports.length) return known;
  problems.push({
    field: `${field}.ports`,
    message: "a port of no known kind: the rule is read as closed as can be",
  });
  return rule.action === "Accept" ? known : "every";
}

function compilePort(port: TierPort): CompiledTierPort | undefined {
  switch (port.kind) {
    case "unknown":
      return undefined;
    case "named":
      return port;
    case "range": {
      const protocol = PROTOCOLS.find((each) => each === port.protocol);
      return protocol === undefined ? undefined : { ...port, protocol };
    }
  }
}
