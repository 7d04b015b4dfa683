import type { Problem } from "../model/problem.ts";
import type {
  PodScope,
  TierAction,
  TierPeer,
  TierPolicy,
  TierPolicyKind,
  TierPort,
  TierRule,
} from "../model/tier-policy.ts";
import { type Node, PROTOCOLS } from "../model/world.ts";
import { type AddressRange, parseRange } from "./addresses.ts";
import type { Direction } from "./answer.ts";
import { compileSelector, EVERYTHING, type Selector, selects } from "./selector.ts";
import type {
  CompiledScope,
  CompiledTier,
  CompiledTierPeer,
  CompiledTierPort,
  CompiledTierRule,
} from "./tier.ts";
import { acceptedBy } from "./tier-accepts.ts";

/**
 * Decides what absent and unknown parts of a cluster-scoped policy mean. As the API asks, what this version does not know
 * fails closed, for the whole rule: an Accept matches nothing any more, a Deny or a Pass denies.
 */
export function compileTier(policy: TierPolicy, nodes: Iterable<Node>): CompiledTier {
  const problems: Problem[] = [];
  const known = [...nodes];
  const rules = (direction: Direction): readonly CompiledTierRule[] =>
    policy[direction].map((rule, i) =>
      compileRule(rule, known, placeOf(policy.kind, direction, i), problems),
    );
  const subject = compileSubject(policy.subject, problems);
  const [egress, ingress] = [rules("egress"), rules("ingress")];
  return {
    name: `${policy.kind}/${policy.name}`,
    tier: policy.tier,
    priority: policy.priority,
    subject,
    egress,
    ingress,
    accepts: { egress: acceptedBy(egress), ingress: acceptedBy(ingress) },
    problems,
  };
}

/** What the fields of a rule are called in its own kind. */
interface Place {
  readonly rule: string;
  readonly peers: string;
  readonly ports: string;
}

function placeOf(kind: TierPolicyKind, direction: Direction, index: number): Place {
  const rule = `spec.${direction}[${index}]`;
  return {
    rule,
    peers: `${rule}.${direction === "egress" ? "to" : "from"}`,
    ports: `${rule}.${kind === "ClusterNetworkPolicy" ? "protocols" : "ports"}`,
  };
}

/** A subject of no known kind may be anybody. */
function compileSubject(subject: PodScope | undefined, problems: Problem[]): CompiledScope {
  if (subject !== undefined) return compileScope(subject, "spec.subject", problems);
  const reason = "the subject is of no known kind: use namespaces, or pods with both of its selectors";
  problems.push({ field: "spec.subject", message: reason });
  return { namespaces: { kind: "invalid", reason }, pods: EVERYTHING };
}

function compileScope(
  { namespaceSelector, podSelector }: PodScope,
  field: string,
  problems: Problem[],
): CompiledScope {
  const namespaces = compileSelector(namespaceSelector);
  if (podSelector === undefined) {
    problems.push(...invalid(namespaces, `${field}.namespaces`));
    return { namespaces, pods: EVERYTHING };
  }
  const pods = compileSelector(podSelector);
  problems.push(...invalid(namespaces, `${field}.pods.namespaceSelector`));
  problems.push(...invalid(pods, `${field}.pods.podSelector`));
  return { namespaces, pods };
}

function invalid(selector: Selector, field: string): readonly Problem[] {
  return selector.kind === "invalid" ? [{ field, message: selector.reason }] : [];
}

function compileRule(
  rule: TierRule,
  nodes: readonly Node[],
  place: Place,
  problems: Problem[],
): CompiledTierRule {
  const peers = compilePeers(rule, nodes, place, problems);
  const ports = compilePorts(rule, place, problems);
  if (peers === undefined || ports === undefined) return closedRule(rule.action, peers);
  return { action: rule.action, peers, ports };
}

/** Of a rule that we understand in part, a denial of more than it may have meant; of unknown peers, of everyone. */
function closedRule(action: TierAction, peers: CompiledTierRule["peers"] | undefined): CompiledTierRule {
  if (action === "Accept") return { action, peers: [], ports: "every" };
  return { action: "Deny", peers: peers ?? "anyone", ports: "every" };
}

/** Undefined where one of them is not known, or there is none: a field that we do not see may hold it. */
function compilePeers(
  { action, peers }: TierRule,
  nodes: readonly Node[],
  place: Place,
  problems: Problem[],
): CompiledTierRule["peers"] | undefined {
  const compiled = peers.map((peer, i) => compilePeer(peer, action, nodes, `${place.peers}[${i}]`, problems));
  if (peers.length === 0) problems.push({ field: place.peers, message: `needs a peer: ${READ_AS[action]}` });
  const known = compiled.filter((each) => each !== undefined);
  return known.length === 0 || known.length < compiled.length ? undefined : known;
}

const READ_AS: Readonly<Record<TierAction, string>> = {
  Accept: "the rule is read as one that matches nothing",
  Deny: "the rule is read as one that denies everything",
  Pass: "the rule is read as one that denies everything",
};

function compilePeer(
  peer: TierPeer,
  action: TierAction,
  nodes: readonly Node[],
  field: string,
  problems: Problem[],
): CompiledTierPeer | undefined {
  switch (peer.kind) {
    case "unknown":
      problems.push({ field, message: `is a peer of no known kind: ${READ_AS[action]}` });
      return undefined;
    case "pods":
      return { kind: "pods", scope: compileScope(peer.scope, field, problems) };
    case "networks":
      return compileNetworks(peer.cidrs, `${field}.networks`, problems);
    case "nodes":
      return compileNodes(peer, nodes, `${field}.nodes`, problems);
    case "domainNames":
      if (action !== "Accept")
        problems.push({
          field: `${field}.domainNames`,
          message: `names can be accepted only: ${action} is not for them`,
        });
      return { kind: "domainNames" };
  }
}

function compileNetworks(cidrs: readonly string[], field: string, problems: Problem[]): CompiledTierPeer {
  const ranges = cidrs.map(parseNetwork);
  const known = ranges.filter((range) => range !== undefined);
  for (const [i, range] of ranges.entries()) {
    if (range === undefined)
      problems.push({ field: `${field}[${i}]`, message: `"${cidrs[i]}" is not a CIDR` });
  }
  return { kind: "networks", ranges: known, isComplete: known.length === ranges.length };
}

/** The API server refuses an address without a prefix length. */
function parseNetwork(text: string): AddressRange | undefined {
  return text.includes("/") ? parseRange(text) : undefined;
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
  const addresses = nodes
    .filter((node) => selects(selector, node.labels) !== "no")
    .flatMap((node) => node.addresses);
  return {
    kind: "nodes",
    ranges: addresses.map(parseRange).filter((range) => range !== undefined),
    selects: selector.kind === "invalid" ? "maybe" : "yes",
  };
}

/** Undefined where one of them is not known, or the list is there and empty. */
function compilePorts(
  { action, ports }: TierRule,
  place: Place,
  problems: Problem[],
): CompiledTierRule["ports"] | undefined {
  if (ports === undefined) return "every";
  const compiled = ports.map(compilePort);
  for (const [i, port] of compiled.entries()) {
    const field = `${place.ports}[${i}]`;
    if (port === undefined)
      problems.push({ field, message: `is no port that we know: ${onEveryPort(action)}` });
  }
  if (ports.length === 0)
    problems.push({ field: place.ports, message: `needs a port: ${onEveryPort(action)}` });
  const known = compiled.filter((port) => port !== undefined);
  return known.length === 0 || known.length < compiled.length ? undefined : known;
}

function onEveryPort(action: TierAction): string {
  return action === "Accept" ? READ_AS.Accept : "the rule is read as one that denies every port";
}

function compilePort(port: TierPort): CompiledTierPort | undefined {
  switch (port.kind) {
    case "unknown":
      return undefined;
    case "named":
      return port;
    case "range": {
      const protocol = PROTOCOLS.find((each) => each === port.protocol);
      const isRange = 1 <= port.from && port.from <= port.to && port.to <= 65535;
      return protocol === undefined || !isRange ? undefined : { ...port, protocol };
    }
  }
}
