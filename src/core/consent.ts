import type { Pod } from "../model/world.ts";
import { contains } from "./addresses.ts";
import { includes, portsOf } from "./admits.ts";
import type { Direction, Family } from "./answer.ts";
import { addressesOf, type Endpoint } from "./endpoint.ts";
import { type Applying, applyingTo, type Evaluator } from "./evaluator.ts";
import { ALL_PORTS, complement, intersect, NO_PORTS, type PortSet, subtract, union } from "./ports.ts";

/** What one end of all flows between two endpoints says: disjoint port sets, the rest is denied. */
export interface Consent {
  readonly allowed: PortSet;
  readonly unknown: PortSet;
  /** What each applying policy contributes; empty where the end is not isolated. */
  readonly shares: readonly Share[];
  /** Where no policy was asked: why. */
  readonly exempt?: string;
}

export interface Share {
  readonly policy: string;
  readonly selects: Applying["selects"];
  readonly sure: PortSet;
  readonly maybe: PortSet;
}

/**
 * An end that no policy isolates lets everything pass; an isolated one what at least one of its policies admits (S9,
 * S10). Egress asks the source's policies about the destination, ingress the destination's about the source.
 */
export function consent(
  direction: Direction,
  from: Endpoint,
  to: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Consent {
  const [subject, other] = direction === "egress" ? [from, to] : [to, from];
  const exempt = exemption(direction, subject, other);
  if (subject.kind === "address" || exempt !== undefined) {
    return { ...everything, exempt: exempt ?? "no NetworkPolicy binds an address outside the cluster" };
  }
  const shares = applyingTo(evaluator, direction, subject.pod).map((applying) =>
    share(applying, direction, other, to, family, evaluator),
  );
  return { ...combine(shares), shares };
}

const everything: Consent = { allowed: ALL_PORTS, unknown: NO_PORTS, shares: [] };

/** Flows that no policy can stop: a pod to itself (S62), and a node to its own pods (S65). */
function exemption(direction: Direction, subject: Endpoint, other: Endpoint): string | undefined {
  if (subject.kind === "address") return undefined;
  if (other.kind === "pod" && isSame(other.pod, subject.pod)) {
    return "a pod always reaches itself";
  }
  return direction === "ingress" && isOwnNode(subject, other)
    ? "a pod's own node always reaches it"
    : undefined;
}

/** A template of several replicas stands for different pods, whose flows are ordinary ones (S64, S74). */
function isSame(a: Pod, b: Pod): boolean {
  return a.name === b.name && a.namespace === b.namespace && a.replicas <= 1;
}

function isOwnNode({ pod }: Extract<Endpoint, { kind: "pod" }>, other: Endpoint): boolean {
  if (other.kind === "pod")
    return other.pod.hostNetwork && other.pod.node !== "" && other.pod.node === pod.node;
  const { address } = other;
  const node = { kind: "pod", pod: { ...pod, addresses: pod.nodeAddresses } } as const;
  return addressesOf(node, address.family).some((range) => contains(range, address));
}

function share(
  { policy, selects }: Applying,
  direction: Direction,
  other: Endpoint,
  destination: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Share {
  let sure = NO_PORTS;
  let possible = NO_PORTS;
  for (const rule of policy[direction] ?? []) {
    const included = includes(rule, other, family, evaluator);
    if (included === "yes") sure = union(sure, portsOf(rule, destination));
    if (included === "maybe") possible = union(possible, portsOf(rule, destination));
  }
  return { policy: policy.name, selects, sure, maybe: subtract(possible, sure) };
}

/**
 * The union of what the policies admit, in three values. Where it is not even sure that one of them isolates, a port is
 * allowed only if it passes in every case.
 */
function combine(shares: readonly Share[]): Pick<Consent, "allowed" | "unknown"> {
  if (shares.length === 0) return everything;
  const certain = shares.filter((each) => each.selects === "yes");
  if (certain.length === 0) {
    const allowed = shares.map((each) => each.sure).reduce(intersect, ALL_PORTS);
    return { allowed, unknown: complement(allowed) };
  }
  const allowed = certain.map((each) => each.sure).reduce(union, NO_PORTS);
  const conceivable = shares.map((each) => union(each.sure, each.maybe)).reduce(union, NO_PORTS);
  return { allowed, unknown: subtract(conceivable, allowed) };
}
