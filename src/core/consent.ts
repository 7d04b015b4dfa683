import type { Tier } from "../model/tier-policy.ts";
import type { Pod } from "../model/world.ts";
import { contains } from "./addresses.ts";
import { doubtfulPortsOf, includes, portsOf } from "./admits.ts";
import type { Direction, Family } from "./answer.ts";
import { addressesOf, type Endpoint } from "./endpoint.ts";
import type { Applying, Evaluator } from "./evaluator.ts";
import { portsForwarded } from "./forwards.ts";
import { boundOnNetwork, mayVeto } from "./on-network.ts";
import {
  ALL_PORTS,
  complement,
  intersect,
  isEmptySet,
  NO_PORTS,
  type PortSet,
  subtract,
  union,
} from "./ports.ts";
import type { Profile } from "./profile.ts";
import { type LevelOutcome, walkLevel } from "./tier-walk.ts";

/** What one end of all flows between two endpoints says: disjoint port sets, the rest is denied. */
export interface Consent {
  readonly allowed: PortSet;
  readonly unknown: PortSet;
  /** What was asked, in the order of the tiers; empty where no policy concerns this end. */
  readonly layers: readonly Layer[];
  /** Where no policy was asked: why. */
  readonly exempt?: string;
  /** Of a virtual machine that lets only these ports through to its guest, whatever policies say. */
  readonly forwarded?: PortSet;
}

/** The policies that are asked together, and the ports on which they are: earlier layers may have decided the others. */
export type Layer =
  | { readonly kind: "tier"; readonly tier: Tier; readonly reach: PortSet; readonly outcome: LevelOutcome }
  | { readonly kind: "union"; readonly reach: PortSet; readonly union: Union };

/** The NetworkPolicies of an end: there is no order among them, and what none of them admits is denied. */
export interface Union {
  readonly allowed: PortSet;
  readonly unknown: PortSet;
  readonly shares: readonly Share[];
}

export interface Share {
  readonly policy: string;
  readonly selects: Applying["selects"];
  readonly sure: PortSet;
  readonly maybe: PortSet;
  /** Why the policy may not stand at all, or not be asked. */
  readonly doubt?: string;
}

/**
 * An end that no policy isolates lets everything pass; an isolated one what at least one of its policies admits (S9,
 * S10). Cluster-scoped policies stand before and after, the first that matches decides. Egress asks the source's policies
 * about the destination, ingress the destination's about the source.
 */
export function consent(
  direction: Direction,
  from: Endpoint,
  to: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Consent {
  const said = ofPolicies(direction, from, to, family, evaluator);
  const forwarded = direction === "ingress" && to.kind === "pod" ? portsForwarded(to.pod) : undefined;
  if (forwarded === undefined || (from.kind === "pod" && to.kind === "pod" && isSame(from.pod, to.pod)))
    return said;
  const { allowed, unknown } = said;
  return {
    ...said,
    allowed: intersect(allowed, forwarded),
    unknown: intersect(unknown, forwarded),
    forwarded,
  };
}

function ofPolicies(
  direction: Direction,
  from: Endpoint,
  to: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Consent {
  const [subject, other] = direction === "egress" ? [from, to] : [to, from];
  const exempt = exemption(direction, subject, other, evaluator.profile);
  if (subject.kind === "address" || exempt !== undefined) {
    return { ...OPEN, exempt: exempt ?? "no policy binds an address outside the cluster" };
  }
  const { pod } = subject;
  const levels = (tier: Tier): readonly LevelOutcome[] =>
    evaluator.levelsFor(tier, pod).map((level) => walkLevel(level, direction, other, to, family, evaluator));
  const bound = boundBy(evaluator, direction, pod);
  const asked = bound.map((applying) => share(applying, direction, other, to, family, evaluator));
  const policies = bound.map(({ policy }) => policy);
  const shares = mayVeto(policies, direction, other, family, evaluator.profile) ? asked.map(doubted) : asked;
  return settle(levels("Admin"), { ...combine(shares), shares }, levels("Baseline"));
}

const OPEN: Consent = { allowed: ALL_PORTS, unknown: NO_PORTS, layers: [] };

/**
 * Follows every port through the tiers: Admin, then the NetworkPolicies, which are final for whom they isolate, then
 * Baseline, then the default, which is to allow. A port that can end both ways is unknown.
 */
function settle(admin: readonly LevelOutcome[], policies: Union, baseline: readonly LevelOutcome[]): Consent {
  const { allowed, unknown } = policies;
  // Most clusters have NetworkPolicies only, and then these have the last word already.
  if (admin.length === 0 && baseline.length === 0) return { allowed, unknown, layers: unionLayer(policies) };
  const layers: Layer[] = [];
  const can = { Accept: NO_PORTS, Deny: NO_PORTS };
  const walk = (tier: Tier, levels: readonly LevelOutcome[], start: PortSet): PortSet => {
    let silent = start;
    let passed = NO_PORTS;
    for (const outcome of levels) {
      layers.push({ kind: "tier", tier, reach: silent, outcome });
      can.Accept = union(can.Accept, intersect(silent, outcome.can.Accept));
      can.Deny = union(can.Deny, intersect(silent, outcome.can.Deny));
      passed = union(passed, intersect(silent, outcome.can.Pass));
      silent = intersect(silent, outcome.silent);
    }
    return union(silent, passed);
  };

  const afterAdmin = walk("Admin", admin, ALL_PORTS);
  layers.push(...unionLayer(policies, afterAdmin));
  const isolation = isolationOf(policies);
  can.Accept = union(can.Accept, intersect(afterAdmin, isolation.accept));
  can.Deny = union(can.Deny, intersect(afterAdmin, isolation.deny));
  const afterPolicies = isolation.silent ? afterAdmin : NO_PORTS;
  const byDefault = walk("Baseline", baseline, afterPolicies);
  can.Accept = union(can.Accept, byDefault);
  return {
    allowed: subtract(can.Accept, can.Deny),
    unknown: intersect(can.Accept, can.Deny),
    layers: layers.filter((layer) => !isEmptySet(layer.reach)),
  };
}

function unionLayer(policies: Union, reach = ALL_PORTS): readonly Layer[] {
  return policies.shares.length === 0 ? [] : [{ kind: "union", reach, union: policies }];
}

/** What the NetworkPolicies can say, and whether it can be that they say nothing because none of them isolates. */
function isolationOf({ allowed, shares }: Union): {
  readonly accept: PortSet;
  readonly deny: PortSet;
  readonly silent: boolean;
} {
  if (shares.length === 0) return { accept: NO_PORTS, deny: NO_PORTS, silent: true };
  return {
    accept: shares.map((each) => union(each.sure, each.maybe)).reduce(union, NO_PORTS),
    deny: complement(allowed),
    silent: !shares.some((each) => each.selects === "yes"),
  };
}

/** The NetworkPolicies that bind a pod; whether any does on the node's own network, the profile may say (S67). */
export function boundBy(evaluator: Evaluator, direction: Direction, pod: Pod): readonly Applying[] {
  const applying = evaluator.applyingTo(direction, pod);
  if (pod.secondary !== undefined) return boundOnNetwork(applying, direction, pod, evaluator.profile);
  const { hostNetworkSubject } = evaluator.profile;
  if (!pod.hostNetwork || hostNetworkSubject === "bound") return applying;
  return hostNetworkSubject === "free" ? [] : applying.map(({ policy }) => ({ policy, selects: "maybe" }));
}

/** Flows that no policy can stop: a pod to itself (S62), and a node to its own pods (S65). */
function exemption(
  direction: Direction,
  subject: Endpoint,
  other: Endpoint,
  profile: Profile,
): string | undefined {
  if (!profile.enforces.includes(direction)) return notEnforced(direction, profile);
  if (subject.kind === "address") return undefined;
  if (other.kind === "pod" && isSame(other.pod, subject.pod)) {
    return "a pod always reaches itself";
  }
  if (!isOwnNode(subject, other)) return undefined;
  if (direction === "ingress") return "a pod's own node always reaches it";
  return profile.egressToOwnNode === "allowed" ? `${profile.name} lets a pod reach its own node` : undefined;
}

function notEnforced(direction: Direction, { name, enforces }: Profile): string {
  return enforces.length === 0 ? `${name} enforces no policy` : `${name} enforces no policy for ${direction}`;
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

/** What another policy may have dropped before this one was asked. */
function doubted({ sure, maybe, ...share }: Share): Share {
  const doubt = "an enforcer may drop what an except of some rule names before it asks the other rules";
  return { ...share, sure: NO_PORTS, maybe: union(sure, maybe), doubt };
}

function share(
  { policy, selects, doubt }: Applying,
  direction: Direction,
  other: Endpoint,
  destination: Endpoint,
  family: Family | undefined,
  evaluator: Evaluator,
): Share {
  const { profile } = evaluator;
  let sure = NO_PORTS;
  let possible = NO_PORTS;
  for (const rule of policy[direction] ?? []) {
    const included = includes(rule, other, family, evaluator);
    if (included === "no") continue;
    const ports = portsOf(rule, destination, profile);
    if (included === "yes") sure = union(sure, ports);
    else possible = union(possible, ports);
    possible = union(possible, doubtfulPortsOf(rule, profile));
  }
  const found = { policy: policy.name, selects, sure, maybe: subtract(possible, sure) };
  return doubt === undefined ? found : { ...found, doubt };
}

/**
 * The union of what the policies admit, in three values. Where it is not even sure that one of them isolates, a port is
 * allowed only if it passes in every case.
 */
function combine(shares: readonly Share[]): Pick<Union, "allowed" | "unknown"> {
  if (shares.length === 0) return OPEN;
  const certain = shares.filter((each) => each.selects === "yes");
  if (certain.length === 0) {
    const allowed = shares.map((each) => each.sure).reduce(intersect, ALL_PORTS);
    return { allowed, unknown: complement(allowed) };
  }
  const allowed = certain.map((each) => each.sure).reduce(union, NO_PORTS);
  const conceivable = shares.map((each) => union(each.sure, each.maybe)).reduce(union, NO_PORTS);
  return { allowed, unknown: subtract(conceivable, allowed) };
}
