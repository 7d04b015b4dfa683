import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import type { Tier, TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod, Service, Unreadable } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { createEngine } from "./engine.ts";
import type { AddressRange } from "./addresses.ts";
import type { Peer, Policy } from "./policy.ts";
import type { Profile } from "./profile.ts";
import type { PodClass } from "./room.ts";
import type { Ternary } from "./ternary.ts";
import type { CompiledTier } from "./tier.ts";

export interface EvaluatorInput {
  readonly pods: Iterable<Pod>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly policies: Iterable<NetworkPolicy>;
  /** AdminNetworkPolicies and their kin; none where the cluster has no such kinds. */
  readonly tierPolicies?: Iterable<TierPolicy>;
  readonly nodes?: Iterable<Node>;
  /** Their own addresses are no pod's. */
  readonly services?: Iterable<Service>;
  /** What is there and cannot be read. */
  readonly unreadable?: Iterable<Unreadable>;
  /** What decides the points that Kubernetes leaves open; by default nothing does, and answers may be Unknown. */
  readonly profile?: Profile;
}

/** What the policies of a cluster are at one moment, as the questions that a verdict asks. */
export interface Evaluator {
  readonly profile: Profile;
  /** What is said of this network without any plugin: what a verdict of the profile is held against. */
  readonly specification: Profile;
  /** How policies are read on this network. */
  read(policy: NetworkPolicy): Policy;
  /** Whether the range is an address of a known node. */
  isNodeAddress(range: AddressRange): boolean;
  /** Whether the range is one address, and a Service has it: no pod does. */
  isServiceAddress(range: AddressRange): boolean;
  /** A namespace that nobody described is known by its name only (S24). */
  namespaceOf(name: string): Namespace;
  /** The NetworkPolicies that isolate the pod in this direction, surely or perhaps. */
  applyingTo(direction: Direction, pod: Pod): readonly Applying[];
  /** The cluster-scoped policies that concern the pod, priority by priority. */
  levelsFor(tier: Tier, pod: Pod): readonly TierLevel[];
  /** Equal for pods of one namespace that no policy can tell apart. */
  classKey(pod: Pod): string;
  classes(): Iterable<PodClass>;
  /** Those of one namespace. */
  classesIn(namespace: string): Iterable<PodClass>;
  /** The classes that some of the peers match. */
  matching(peers: readonly Peer[]): Matching;
  /** What policies say that the API server would refuse, or that has no defined meaning. */
  problems(): readonly PolicyProblem[];
}

/** The classes that some peers match, surely or perhaps; "all" where nothing narrows them down. */
export interface Matching {
  readonly classes: "all" | Classes;
  /** Whether they are matched surely, and whatever the family of the flow. */
  readonly isExact: boolean;
}

/** Each class once; a list where they are few, which is quicker to make and as quick to search. */
export type Classes = readonly PodClass[] | ReadonlySet<PodClass>;

export interface PolicyProblem {
  /** `namespace/name`, or `Kind/name` of a cluster-scoped policy. */
  readonly policy: string;
  readonly problem: Problem;
}

/** A policy that isolates a pod in the direction asked for, or may. */
export interface Applying {
  readonly policy: Policy;
  readonly selects: Exclude<Ternary, "no">;
  /** Where enforcers do not agree whether the policy stands: on what. */
  readonly doubt?: string;
}

/** The policies of one priority that have the pod as their subject, surely or perhaps. */
export type TierLevel = readonly ApplyingTier[];

export interface ApplyingTier {
  readonly policy: CompiledTier;
  readonly selects: Exclude<Ternary, "no">;
}

/** The evaluator of a cluster that does not change. */
export function compileCluster(input: EvaluatorInput): Evaluator {
  const engine = createEngine(input.profile);
  // Policies first: what they look at decides the classes, and no pod has to change its class later.
  for (const namespace of input.namespaces.values()) engine.putNamespace(namespace);
  for (const node of input.nodes ?? []) engine.putNode(node);
  for (const service of input.services ?? []) engine.putService(service);
  for (const policy of input.tierPolicies ?? []) engine.putTier(policy);
  for (const policy of input.policies) engine.putPolicy(policy);
  for (const object of input.unreadable ?? []) engine.putUnreadable(object);
  for (const pod of input.pods) engine.putPod(pod);
  return engine;
}

export function problemsOf(evaluator: Evaluator): readonly PolicyProblem[] {
  return evaluator.problems();
}

/** The same cluster under another profile; it follows the events of the first. */
export function underProfile(evaluator: Evaluator, profile: Profile): Evaluator {
  return { ...evaluator, profile };
}
