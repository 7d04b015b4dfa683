import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import type { Tier, TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { compile } from "./compile.ts";
import { compileTier } from "./compile-tier.ts";
import type { Policy } from "./policy.ts";
import { selects } from "./selector.ts";
import type { Ternary } from "./ternary.ts";
import type { CompiledTier } from "./tier.ts";
import { isInScope } from "./tier-walk.ts";

export interface EvaluatorInput {
  readonly pods: Iterable<Pod>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly policies: Iterable<NetworkPolicy>;
  /** AdminNetworkPolicies and their kin; none where the cluster has no such kinds. */
  readonly tierPolicies?: Iterable<TierPolicy>;
  readonly nodes?: Iterable<Node>;
}

/** All policies of a cluster, compiled and indexed by namespace; opaque to callers. */
export interface Evaluator {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly pods: readonly Pod[];
  readonly policies: ReadonlyMap<string, readonly Policy[]>;
  /** Cluster-scoped policies of each tier, the lowest priority value first; equal priorities stand together. */
  readonly tiers: Readonly<Record<Tier, readonly (readonly CompiledTier[])[]>>;
  /** Which policies apply, remembered per pod and direction: an answer that never changes for this evaluator. */
  readonly applying: Record<Direction, Map<Pod, readonly Applying[]>>;
}

/** The policies of one priority that have the pod as their subject, surely or perhaps. */
export type TierLevel = readonly ApplyingTier[];

export interface ApplyingTier {
  readonly policy: CompiledTier;
  readonly selects: Exclude<Ternary, "no">;
}

/** A policy that isolates a pod in the direction asked for, or may. */
export interface Applying {
  readonly policy: Policy;
  readonly selects: Exclude<Ternary, "no">;
}

export function compileCluster(input: EvaluatorInput): Evaluator {
  const policies = new Map<string, Policy[]>();
  for (const policy of input.policies) {
    const compiled = compile(policy);
    const others = policies.get(compiled.namespace);
    if (others === undefined) policies.set(compiled.namespace, [compiled]);
    else others.push(compiled);
  }
  return {
    namespaces: input.namespaces,
    pods: [...input.pods],
    policies,
    tiers: tiersOf([...(input.tierPolicies ?? [])].map((policy) => compileTier(policy, input.nodes ?? []))),
    applying: { egress: new Map(), ingress: new Map() },
  };
}

/** What policies say that the API server would refuse, or that has no defined meaning. */
export function problemsOf(
  evaluator: Evaluator,
): readonly { readonly policy: string; readonly problem: Problem }[] {
  const tiers = [...evaluator.tiers.Admin, ...evaluator.tiers.Baseline].flat();
  return [...[...evaluator.policies.values()].flat(), ...tiers].flatMap((policy) =>
    policy.problems.map((problem) => ({ policy: policy.name, problem })),
  );
}

/** The cluster-scoped policies that concern the pod, priority by priority. */
export function tierLevels(evaluator: Evaluator, tier: Tier, pod: Pod): readonly TierLevel[] {
  return evaluator.tiers[tier]
    .map((level) => level.flatMap((policy) => applyingTier(evaluator, policy, pod)))
    .filter((level) => level.length > 0);
}

function applyingTier(evaluator: Evaluator, policy: CompiledTier, pod: Pod): readonly ApplyingTier[] {
  const selected = isInScope(policy.subject, { kind: "pod", pod }, evaluator);
  return selected === "no" ? [] : [{ policy, selects: selected }];
}

function tiersOf(policies: readonly CompiledTier[]): Evaluator["tiers"] {
  return { Admin: levelsOf(policies, "Admin"), Baseline: levelsOf(policies, "Baseline") };
}

function levelsOf(policies: readonly CompiledTier[], tier: Tier): readonly (readonly CompiledTier[])[] {
  const byPriority = Map.groupBy(
    policies.filter((policy) => policy.tier === tier),
    (policy) => policy.priority,
  );
  return [...byPriority].toSorted(([a], [b]) => a - b).map(([, level]) => level);
}

/** The policies that isolate the pod in this direction, surely or perhaps. */
export function applyingTo(evaluator: Evaluator, direction: Direction, pod: Pod): readonly Applying[] {
  const known = evaluator.applying[direction].get(pod);
  if (known !== undefined) return known;
  const found = (evaluator.policies.get(pod.namespace) ?? [])
    .filter((policy) => policy[direction] !== undefined)
    .flatMap((policy) => applying(policy, pod));
  evaluator.applying[direction].set(pod, found);
  return found;
}

/** Whether policies bind a pod on the node's own network is undefined, so what selects it only may apply (S67). */
function applying(policy: Policy, pod: Pod): readonly Applying[] {
  const selected = selects(policy.subject, pod.labels);
  if (selected === "no") return [];
  return [{ policy, selects: pod.hostNetwork ? "maybe" : selected }];
}

/** The namespace of a pod; one that nobody described is known by its name only (S24). */
export function namespaceOf(evaluator: Evaluator, name: string): Namespace {
  return (
    evaluator.namespaces.get(name) ?? {
      name,
      labels: { [NAMESPACE_NAME_LABEL]: name },
      labelsKnown: false,
      terminating: false,
    }
  );
}
