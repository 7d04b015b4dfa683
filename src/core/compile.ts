import { keyText } from "../model/key.ts";
import type {
  IPBlock,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  PolicyPort,
} from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import { PROTOCOLS, type Protocol } from "../model/world.ts";
import { type AddressRange, contains, parseRange } from "./addresses.ts";
import type { Direction } from "./answer.ts";
import { fixedPorts, type Peer, type Policy, type PortEntry, type Rule } from "./policy.ts";
import { compileSelector, EVERYTHING, type Selector } from "./selector.ts";

/**
 * Decides what every absent and every empty field of a NetworkPolicy means; nothing past this file asks again.
 * Total: what the API server would refuse is reported in `problems` and never widens the policy.
 */
export function compile(policy: NetworkPolicy): Policy {
  const problems: Problem[] = [];
  const { namespace } = policy.metadata;
  const { spec } = policy;
  problems.push(...typeProblems(spec));
  return {
    name: keyText(policy.metadata),
    namespace,
    subject: selectorAt(spec.podSelector ?? {}, "spec.podSelector", problems),
    egress: isolates(spec, "egress")
      ? (spec.egress ?? []).map((rule, i) =>
          compileRule(rule.to, rule.ports, namespace, `spec.egress[${i}]`, "to", problems),
        )
      : undefined,
    ingress: isolates(spec, "ingress")
      ? (spec.ingress ?? []).map((rule, i) =>
          compileRule(rule.from, rule.ports, namespace, `spec.ingress[${i}]`, "from", problems),
        )
      : undefined,
    problems: problems.length === 0 ? NO_PROBLEMS : problems,
  };
}

/** Nearly every policy has none. */
const NO_PROBLEMS: readonly Problem[] = [];

/**
 * Without policyTypes a policy is for ingress, and for egress only when it has egress rules (S1, S2; defaults.go). A word
 * that is no type may have meant either: it isolates in both directions.
 */
function isolates(spec: NetworkPolicySpec, direction: Direction): boolean {
  const types: readonly string[] = spec.policyTypes ?? [];
  if (types.length > 0) return types.includes(POLICY_TYPE[direction]) || types.some(isUnknownType);
  return direction === "ingress" || (spec.egress ?? []).length > 0;
}

const POLICY_TYPE = { egress: "Egress", ingress: "Ingress" } as const;

function isUnknownType(type: string): boolean {
  return type !== POLICY_TYPE.egress && type !== POLICY_TYPE.ingress;
}

/** At most two entries, each Ingress or Egress; the same one twice is accepted (S4). */
function typeProblems(spec: NetworkPolicySpec): readonly Problem[] {
  const types: readonly string[] = spec.policyTypes ?? [];
  if (types.length <= 2 && !types.some(isUnknownType)) return NO_PROBLEMS;
  const unknown = types.flatMap((type, i) =>
    isUnknownType(type)
      ? [{ field: `spec.policyTypes[${i}]`, message: `"${type}" is not one of Ingress, Egress` }]
      : [],
  );
  const tooMany = { field: "spec.policyTypes", message: "at most two policy types: Ingress and Egress" };
  return types.length > 2 ? [tooMany, ...unknown] : unknown;
}

/** No peers is everyone (S13); no ports is every port of every protocol (S34). */
function compileRule(
  peers: readonly PolicyPeer[] | null | undefined,
  ports: readonly PolicyPort[] | null | undefined,
  namespace: string,
  field: string,
  peersField: "from" | "to",
  problems: Problem[],
): Rule {
  const isOpen = peers === null || peers === undefined || peers.length === 0;
  const isEvery = ports === null || ports === undefined || ports.length === 0;
  const entries = isEvery
    ? "every"
    : ports.map((port, i) => compilePort(port, `${field}.ports[${i}]`, problems));
  return {
    peers: isOpen
      ? "anyone"
      : peers.map((peer, i) => compilePeer(peer, namespace, `${field}.${peersField}[${i}]`, problems)),
    ports: entries,
    fixed: fixedPorts(entries),
  };
}

/** Selectors of one element are ANDed; without namespaceSelector the policy's own namespace is meant (S14-S18). */
export function compilePeer(peer: PolicyPeer, namespace: string, field: string, problems: Problem[]): Peer {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const pods = podSelector ?? undefined;
  const namespaces = namespaceSelector ?? undefined;
  if (ipBlock !== undefined && ipBlock !== null) {
    if (pods === undefined && namespaces === undefined)
      return compileBlock(ipBlock, `${field}.ipBlock`, problems);
    problems.push({
      field,
      message: "ipBlock stands alone in a peer: move the selectors to an element of their own",
    });
    return { kind: "nothing" };
  }
  if (pods === undefined && namespaces === undefined) {
    problems.push({ field, message: "a peer needs a podSelector, a namespaceSelector or an ipBlock" });
    return { kind: "nothing" };
  }
  return {
    kind: "pods",
    namespaces:
      namespaces === undefined
        ? { kind: "own", namespace }
        : { kind: "selected", selector: selectorAt(namespaces, `${field}.namespaceSelector`, problems) },
    pods: pods === undefined ? EVERYTHING : selectorAt(pods, `${field}.podSelector`, problems),
  };
}

function selectorAt(selector: LabelSelector, field: string, problems: Problem[]): Selector {
  const compiled = compileSelector(selector);
  if (compiled.kind === "invalid") problems.push({ field, message: compiled.reason });
  return compiled;
}

/** An `except` that the API server refuses (S54) makes the block undetermined, except where it cannot matter. */
function compileBlock(block: IPBlock, field: string, problems: Problem[]): Peer {
  const cidr = parseBlock(block.cidr);
  if (cidr === undefined) {
    problems.push({ field: `${field}.cidr`, message: `"${block.cidr}" is not a CIDR` });
    return { kind: "undetermined", reason: `"${block.cidr}" is not a CIDR` };
  }
  const excepts = (block.except ?? []).map((text, i) => {
    const except = parseBlock(text);
    if (except === undefined || !contains(cidr, except) || contains(except, cidr)) {
      problems.push({
        field: `${field}.except[${i}]`,
        message: `"${text}" must lie strictly inside ${block.cidr}`,
      });
    }
    return except;
  });
  const except = excepts.filter((range) => range !== undefined);
  if (except.length < excepts.length) return { kind: "undetermined", reason: "an except is not a CIDR" };
  return { kind: "block", cidr, except };
}

/** A block is a CIDR: the API server refuses an address without a prefix length. */
function parseBlock(text: string): AddressRange | undefined {
  return text.includes("/") ? parseRange(text) : undefined;
}

/** The protocol is TCP when absent, even where no port is given (S35, S37). */
function compilePort(port: PolicyPort, field: string, problems: Problem[]): PortEntry {
  const refuse = (message: string): PortEntry => {
    problems.push({ field, message });
    return { kind: "nothing" };
  };
  const protocol = protocolOf(port.protocol ?? "TCP");
  if (protocol === undefined) return refuse(`protocol ${port.protocol} is not one of TCP, UDP, SCTP`);
  const from = port.port ?? undefined;
  const to = port.endPort ?? undefined;
  if (from === undefined) {
    return to === undefined
      ? { kind: "range", protocol, from: 1, to: 65535, hasEnd: false }
      : refuse("endPort needs a numeric port");
  }
  if (typeof from === "string") {
    if (to !== undefined) return refuse("endPort needs a numeric port, not a name");
    return isPortName(from)
      ? { kind: "named", protocol, name: from }
      : refuse(`"${from}" is not a port name`);
  }
  if (!isPortNumber(from)) return refuse(`port ${from} is not in 1-65535`);
  if (to !== undefined && (!isPortNumber(to) || to < from))
    return refuse(`endPort ${to} must be in ${from}-65535`);
  return { kind: "range", protocol, from, to: to ?? from, hasEnd: to !== undefined };
}

function protocolOf(text: string): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol === text);
}

function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** IANA service names: lower case, at least one letter, at most 15 characters; so "80" is none (S52). */
function isPortName(name: string): boolean {
  return /^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= 15 && !name.includes("--");
}
